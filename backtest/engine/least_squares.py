"""Ordinary least squares of many observations at once, sharing designs between them.

Events on the same session have the same regressors, so the orthogonal factor of a design is
computed once and used by all of them. An observation with missing days has a design of its own:
the same columns with those rows struck out. Householder QR throughout: unlike normal equations it
keeps its digits when a regressor's mean is large against its spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Solution:
    """Least squares of n observations with K coefficients.

    Attributes:
        coefficients: (n, K).
        residuals: (n, M), NaN on days that did not enter.
        n_obs: (n,) days that entered.
        ssr: (n,) sum of squared residuals.
        explained: (n,) sum of squares that the columns after the first explain; with a constant
            first, what the regressors take off the sum of squares about the mean.
        inverse_r: (n, K, K) inverse of the triangular factor R, so (X'X)⁻¹ = R⁻¹R⁻ᵀ.
        deficient: (n,) whether the regressors are collinear or constant on the days that entered;
            coefficients, residuals and sums of squares are then NaN.
    """

    coefficients: Floats
    residuals: Floats
    n_obs: Ints
    ssr: Floats
    explained: Floats
    inverse_r: Floats
    deficient: Bools


def solve(y: Floats, x: Floats, group: Ints) -> Solution:
    """Regress every row of `y` on the design of its group, each on its own valid days.

    Args:
        y: (n, M) responses, NaN where missing.
        x: (g, K, M) designs by column, NaN where a regressor is missing.
        group: (n,) design of each row.
    """
    usable: Bools = np.logical_and.reduce(np.isfinite(x), axis=1)
    valid = np.isfinite(y) & usable[group]
    designs, design_of = _designs(x, usable, valid, group)
    q, inverse_r, deficient = factor(designs)
    response = np.where(valid, y, 0.0)
    rotated = np.empty((len(y), x.shape[1]))
    residuals = response.copy()
    for k in range(x.shape[1]):
        direction = q[design_of, k]
        rotated[:, k] = np.einsum("nm,nm->n", response, direction)
        residuals -= rotated[:, k, None] * direction
    ssr = np.einsum("nm,nm->n", residuals, residuals)
    explained = np.einsum("nk,nk->n", rotated[:, 1:], rotated[:, 1:])
    inverse, lost = inverse_r[design_of], deficient[design_of]
    residuals[~valid | lost[:, None]] = np.nan
    return Solution(
        coefficients=np.where(lost[:, None], np.nan, np.einsum("nij,nj->ni", inverse, rotated)),
        residuals=residuals,
        n_obs=valid.sum(axis=1),
        ssr=np.where(lost, np.nan, ssr),
        explained=np.where(lost, np.nan, explained),
        inverse_r=inverse,
        deficient=lost,
    )


def _designs(x: Floats, usable: Bools, valid: Bools, group: Ints) -> tuple[Floats, Ints]:
    """Return all distinct designs (d, K, M), unusable days zeroed, and the design of each row."""
    own = np.flatnonzero((valid != usable[group]).any(axis=1))
    shared = np.where(usable[:, None, :], x, 0.0)
    if not own.size:
        return shared, group
    design_of = group.copy()
    design_of[own] = len(x) + np.arange(own.size)
    struck = np.where(valid[own, None, :], shared[group[own]], 0.0)
    return np.concatenate([shared, struck]), design_of


def factor(designs: Floats) -> tuple[Floats, Floats, Bools]:
    """QR of each design: orthonormal columns (d, K, M), R⁻¹ (d, K, K), and rank deficiency (d,).

    Args:
        designs: (d, K, M) by column, 0 on days that do not enter.
    """
    q, r = np.linalg.qr(designs.transpose(0, 2, 1))
    scale = np.linalg.norm(designs, axis=2)
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    tolerance = designs.shape[2] * np.finfo(np.float64).eps
    deficient = (diagonal <= tolerance * scale).any(axis=1)
    r[deficient] = np.eye(r.shape[1])
    return np.ascontiguousarray(q.transpose(0, 2, 1)), np.linalg.inv(r), deficient
