"""The point of a polytope nearest to the origin, exactly: an active set with QR updates.

The nearest point of the convex hull of points p_j solves a problem without the constraint on the
sum (Lawson & Hanson 1974, ch. 23): for any s > 0

    min_{u ≥ 0}  s² (1 − Σ u)² + ‖Σ u_j p_j‖²,    w = u / Σ u,

because for u = t·w the best t leaves s² f/(s² + f), which grows with f(w) = ‖Σ w_j p_j‖². That is
non-negative least squares, solved by adding the point that lowers it most, solving without the
constraint on the support, and dropping by line search what would turn negative. Every problem on a
support is solved by a QR factorisation of the points, never by their normal equations, which would
lose half of the digits.

Lawson, C. L. & Hanson, R. J. (1974). Solving Least Squares Problems. Prentice-Hall.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats

_DEPENDENT = 1e-11
"""Part of a point outside of the support's span, below which it is in it."""


def nearest_point(points: Floats, start: Floats, accepted: float) -> tuple[Floats, int]:
    """Return the weights (m,) of the hull's point nearest to 0, and the number of solves.

    Args:
        points: (m, D), a point a row.
        start: (m,) weights to begin with, sum 1.
        accepted: end where no point p has p·x < x·x − accepted, x being the nearest so far.
    """
    active = _ActiveSet(points, start)
    refused: set[int] = set()
    for _ in range(20 * len(points) + 100):
        gain = active.gains()
        gain[[*active.chosen, *refused]] = -np.inf
        entering = int(np.argmax(gain))
        if not gain[entering] > accepted:
            break
        if active.enter(entering):
            refused.clear()
        else:
            refused.add(entering)
    return active.weights(), active.solves


class _ActiveSet:
    """Points with a positive u, and the QR factorisation of them under a row of s.

    Attributes:
        chosen: their places, in the order of the factorisation's columns.
        solves: least-squares problems solved.
    """

    def __init__(self, points: Floats, start: Floats) -> None:
        from scipy.linalg import qr

        self._points = points
        scale = float(np.sqrt(np.einsum("md,md->", points, points) / len(points))) or 1.0
        self._columns = np.hstack([np.full((len(points), 1), scale), points])
        self.chosen: list[int] = np.flatnonzero(start).tolist()
        self.solves = 0
        # Room for all columns there can be; the first ones, as many as are chosen, are the factors.
        most = min(self._columns.shape)
        self._room = np.zeros((self._columns.shape[1], most), order="F")
        self._corner = np.zeros((most, most), order="F")
        self._put(*qr(self._columns[self.chosen].T, mode="economic", check_finite=False))
        self._u = start[self.chosen]
        self._walk(self._optimum())

    @property
    def _q(self) -> Floats:
        """Orthonormal columns, (D + 1, k)."""
        return self._room[:, : len(self.chosen)]

    @property
    def _r(self) -> Floats:
        """The upper triangle, (k, k)."""
        return self._corner[: len(self.chosen), : len(self.chosen)]

    def _put(self, q: Floats, r: Floats) -> None:
        self._q[:], self._r[:] = q, r

    def weights(self) -> Floats:
        """Return w (m,)."""
        out = np.zeros(len(self._points))
        out[self.chosen] = self._u / self._u.sum()
        return out

    def gains(self) -> Floats:
        """Return x·x − p·x (m,) of all points at the nearest one so far, x."""
        x = (self._u / self._u.sum()) @ self._points[self.chosen]
        gains: Floats = x @ x - self._points @ x
        return gains

    def enter(self, place: int) -> bool:
        """Add a point and return to the optimum; say no where rounding forbids a step to it."""
        size = len(self.chosen)
        if size == self._room.shape[1]:  # They span everything there is.
            return False
        column, q = self._columns[place], self._q
        # Gram and Schmidt's step twice: once would leave rounding that is not orthogonal.
        along = column @ q
        rest = column - q @ along
        again = rest @ q
        rest -= q @ again
        length = float(np.sqrt(rest @ rest))
        if not length > _DEPENDENT * float(np.sqrt(column @ column)):
            return False
        self._room[:, size] = rest / length
        self._corner[size, :size], self._corner[:size, size] = 0.0, along + again
        self._corner[size, size] = length
        self.chosen.append(place)
        wanted = self._optimum()
        if not wanted[-1] > 0:
            self.chosen.pop()
            return False
        self._u = np.append(self._u, 0.0)
        self._walk(wanted)
        return True

    def _walk(self, wanted: Floats) -> None:
        """Go towards the optimum of the support; who reaches 0 on the way leaves it."""
        while not (wanted > 0).all():
            falling = np.flatnonzero(wanted <= 0)
            reach = self._u[falling] / (self._u[falling] - wanted[falling])
            self._u = np.maximum(self._u + reach.min() * (wanted - self._u), 0.0)
            self._u[falling[reach <= reach.min()]] = 0.0
            for at in np.flatnonzero(self._u <= 0)[::-1].tolist():
                self._leave(at)
            self._u = self._u[self._u > 0]
            wanted = self._optimum()
        self._u = wanted

    def _leave(self, at: int) -> None:
        """Take one away, by its place in the order."""
        from scipy.linalg import qr_delete

        q, r = qr_delete(self._q, self._r, at, 1, "col", check_finite=False)
        del self.chosen[at]
        # SciPy takes a square Q for the full one and keeps all of it.
        self._put(
            np.asarray(q, np.float64)[:, : len(self.chosen)],
            np.asarray(r, np.float64)[: len(self.chosen)],
        )

    def _optimum(self) -> Floats:
        """Return the u (k,) that solves least squares on the support, of any sign."""
        from scipy.linalg.lapack import dtrtrs

        self.solves += 1
        u: Floats
        u, _ = dtrtrs(self._r, self._columns[0, 0] * self._q[0])
        return u
