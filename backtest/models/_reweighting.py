"""Huber's line by iteratively reweighted least squares (Holland & Welsch 1977)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import SMALLEST_SIGMA
from backtest.engine.line import dot

K = 1.345
"""Robust standard deviations up to which a residual counts in full: 95 % efficient if normal."""

NORMAL_MAD = 0.6744897501960817
"""Median absolute deviation of a standard normal variable."""

MOST_ROUNDS = 500
SETTLED = 1e-11
"""Scales by which the last round may still move the line on a typical day."""


@dataclass(frozen=True, slots=True)
class Robust:
    """Huber's line, all (n,).

    Attributes:
        height: its value where the regressor has its mean.
        slope: its slope.
        scale: median absolute residual over 0.6745; next to 0 there is no robust line, and height
            and slope are those of least squares.
        settled: whether the reweighting came to rest.
    """

    height: Floats
    slope: Floats
    scale: Floats
    settled: Bools


def robust_line(y: Floats, away: Floats, valid: Bools) -> Robust:
    """Reweight until no line moves; the scale is taken anew in every round.

    A line that has settled is left as it is, so that an observation does not see the others.

    Args:
        y: (n, M), 0 on days that are not valid.
        away: (n, M) the regressor less its mean, 0 on those days; not 0 on all.
        valid: (n, M).
    """
    nothing = np.full(len(y), np.nan)
    out = Robust(nothing, nothing.copy(), nothing.copy(), np.zeros(len(y), dtype=bool))
    rows = np.arange(len(y))
    spread = np.sqrt(dot(away, away) / valid.sum(axis=1))
    line = _weighted(y, away, valid.astype(np.float64))
    for _ in range(MOST_ROUNDS):
        size = np.abs(y - line[0][:, None] - line[1][:, None] * away)
        scale = _median(np.where(valid, size, np.inf), valid.sum(axis=1)) / NORMAL_MAD
        flat = scale < SMALLEST_SIGMA
        limit = np.where(flat, SMALLEST_SIGMA, K * scale)[:, None]
        new = _weighted(y, away, np.where(valid, limit / np.maximum(size, limit), 0.0))
        moved = np.abs(new[0] - line[0]) + np.abs(new[1] - line[1]) * spread
        rest = moved <= SETTLED * scale
        done = flat | rest
        at = rows[done]
        for name, old, now in zip((out.height, out.slope), line, new, strict=True):
            name[at] = np.where(flat, old, now)[done]
        out.scale[at], out.settled[at] = scale[done], True
        go = ~done
        line = (new[0][go], new[1][go])
        if done.any():
            rows, spread, y, away, valid = rows[go], spread[go], y[go], away[go], valid[go]
        if not rows.size:
            break
    return out


def _weighted(y: Floats, away: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted least-squares line (n,): its height where `away` is 0, and its slope."""
    total = weights.sum(axis=1)
    mean, level = dot(weights, away) / total, dot(weights, y) / total
    pull = weights * (away - mean[:, None])
    slope = dot(pull, y - level[:, None]) / dot(pull, away - mean[:, None])
    return level - slope * mean, slope


def _median(values: Floats, count: Ints) -> Floats:
    """Return the medians (n,) of the `count` smallest of each row."""
    ascending = np.sort(values, axis=1)
    middle = np.stack([(count - 1) // 2, count // 2], axis=1)
    middles: Floats = np.take_along_axis(ascending, middle, axis=1).mean(axis=1)
    return middles
