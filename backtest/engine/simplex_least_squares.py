"""Least squares with weights that are not negative and sum to 1, and a certificate of optimality.

    min_w  f(w) = ‖y − X w‖² + ζ² ‖w‖²    subject to  w ≥ 0, Σ w = 1      (METHODS §7)

With P = X − y 1ᵀ this is the point of the donors' convex hull that is nearest to y: Wolfe's (1976)
problem. Thousands of donors are priced only now and then: the optimum is found among the support
and the donors that would lower f the most (`active_set`), then all of them are priced, until none
is left that would lower f. That last pricing is the certificate: f is convex, so with half the
gradient h = Pᵀ(P w) + ζ² w

    f(w) − min f  ≤  gap = 2 (f(w) − min_j h_j),

the Frank–Wolfe duality gap (Jaggi 2013), computed from the weights as they are returned. It
vanishes where the conditions of Karush, Kuhn and Tucker hold, and only there.

Wolfe, P. (1976). Finding the nearest point in a polytope. Mathematical Programming 11, 128–149.
Jaggi, M. (2013). Revisiting Frank–Wolfe: projection-free sparse convex optimization. ICML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backtest.engine.active_set import nearest_point
from backtest.engine.arrays import Bools, Floats, Ints

CERTIFIED = 1e-8
"""Relative gap up to which weights pass for the optimum."""

_SOUGHT = 1e-10
"""Relative gap at which the search ends."""

_NEARLY_EXACT = 1e-6
"""A fit this close, f over the mean squared distance of y from a donor, counts as this close.

The relative gap divides by f, and f can be rounding where y is a mixture of donors."""

_ENTERING = 96
"""Donors taken up after each pricing of all."""

_PRICINGS = 1_000


@dataclass(frozen=True, slots=True)
class SimplexFit:
    """The weights of one y and what is proved of them.

    Attributes:
        weights: (n,) not negative, sum 1.
        objective: f(w), in the unit of y squared.
        gap: the duality gap, at least f(w) − min f, in the same unit; at least 0.
        relative_gap: gap over f(w), or over 1e-6 of the mean squared distance between y and a
            donor where that is more.
        iterations: least-squares problems solved on a support.
    """

    weights: Floats
    objective: float
    gap: float
    relative_gap: float
    iterations: int

    @property
    def certified(self) -> bool:
        """Whether f(w) is within 1e-8 (relative) of the optimum."""
        return self.relative_gap <= CERTIFIED

    @property
    def free(self) -> int:
        """Weights that are free once their sum is given, at least 1: K."""
        return max(int(np.count_nonzero(self.weights)) - 1, 1)

    def expected(self, returns: Floats) -> Floats:
        """Return what the weighted donors come to (T,), given all donors' returns (T, n).

        Donors without weight are not looked at, so they need not have a return.
        """
        held = np.flatnonzero(self.weights)
        out: Floats = np.einsum("tk,k->t", returns[:, held], self.weights[held])
        return out


@dataclass(frozen=True, slots=True)
class _Problem:
    """One y among donors, both less the donors' mean of each day, which changes no optimum.

    Attributes:
        donors: (n, T), a donor a row.
        y: (T,).
        ridge: ζ.
        scale: mean squared distance of y from a donor.
        barred: donors that may not have a weight.
    """

    donors: Floats
    y: Floats
    ridge: float
    scale: float
    barred: Ints


def simplex_least_squares(y: Floats, X: Floats, ridge: float = 0.0) -> SimplexFit:
    """Return the simplex-constrained least squares of y (T,) on X (T, n), n ≥ 1, all finite.

    Args:
        y: (T,).
        X: (T, n), a donor a column; fewer or more of them than days, collinear or twice the same.
        ridge: ζ ≥ 0. With ζ = 0 the weights need not be unique; the fitted X w are.

    Raises:
        ValueError: no donor, or something is not finite.
    """
    return next(simplex_fits(y[None], X, ridge))


def simplex_fits(
    targets: Floats, X: Floats, ridge: float = 0.0, allowed: Bools | None = None
) -> Iterator[SimplexFit]:
    """Yield the fit of each y of `targets` (k, T) on the same donors X (T, n).

    What depends on the donors alone is made once. Every y has the bits it would have alone.
    `allowed` (k, n) are the donors that may have a weight, at least one for each y; None for all.

    Raises:
        ValueError: no donor, or something is not finite.
    """
    if not X.shape[1]:
        raise ValueError("simplex least squares needs a donor")
    if not (np.isfinite(X).all() and np.isfinite(targets).all()):
        raise ValueError("simplex least squares needs finite numbers")
    centre = X.mean(axis=1)
    donors = np.ascontiguousarray(X.T - centre)
    shifted = targets - centre
    squares = np.einsum("nt,nt->n", donors, donors)
    mean_square = float(squares.mean())
    for at, y in enumerate(shifted):
        barred = np.empty(0, np.int64) if allowed is None else np.flatnonzero(~allowed[at])
        problem = _Problem(donors, y, ridge, mean_square + float(y @ y), barred)
        distance = squares - 2 * (donors @ y)
        distance[barred] = np.inf
        yield _solve(problem, int(np.argmin(distance)))


def _solve(problem: _Problem, nearest: int) -> SimplexFit:
    """Go from the nearest donor alone to the optimum, by pricing all and solving among some."""
    weights = np.zeros(len(problem.donors))
    weights[nearest] = 1.0
    iterations = 0
    best = _certified(problem, weights, iterations)
    for _ in range(_PRICINGS):
        if best.fit.relative_gap <= _SOUGHT:
            break
        some = np.union1d(np.flatnonzero(best.fit.weights), best.entering)
        weights, steps = _among(problem, some, best.fit.weights, best.accepted)
        iterations += steps
        following = _certified(problem, weights, iterations)
        if not following.fit.objective < best.fit.objective:
            # Rounding: there is nothing left to gain. The more certain of the two is returned.
            return min(best.fit, following.fit, key=lambda fit: fit.relative_gap)
        best = following
    return best.fit


@dataclass(frozen=True, slots=True)
class _Priced:
    """A fit, the donors that would lower f the most, and the gap at which none would."""

    fit: SimplexFit
    entering: Ints
    accepted: float


def _certified(problem: _Problem, weights: Floats, iterations: int) -> _Priced:
    """Price all donors at some weights."""
    support = np.flatnonzero(weights)
    chosen, used = weights[support], problem.donors[support]
    residual = chosen @ used - problem.y
    half = problem.donors @ residual - problem.y @ residual
    half[problem.barred] = np.inf
    half[support] += problem.ridge**2 * chosen
    objective = float(residual @ residual) + problem.ridge**2 * float(chosen @ chosen)
    gap = max(2 * (objective - float(half.min())), 0.0)
    scale = max(objective, _NEARLY_EXACT * problem.scale)
    fit = SimplexFit(weights, objective, gap, gap / scale if scale > 0 else 0.0, iterations)
    count = min(_ENTERING, len(half))
    entering = np.argpartition(half, count - 1)[:count]
    return _Priced(fit, entering[half[entering] < objective], _SOUGHT * scale / 4)


def _among(problem: _Problem, some: Ints, weights: Floats, accepted: float) -> tuple[Floats, int]:
    """Return the optimal weights (n,) if only some donors may have any, and the steps it took."""
    points = problem.donors[some] - problem.y
    if problem.ridge > 0:
        points = np.hstack([points, problem.ridge * np.eye(len(some))])
    found, steps = nearest_point(points, weights[some], accepted)
    out = np.zeros_like(weights)
    out[some] = found
    return out, steps
