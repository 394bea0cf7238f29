"""p-values adjusted for a family of tests."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats


def holm(p: Floats) -> Floats:
    """Step-down adjusted p-values (Holm 1979); NaNs stay NaN and do not count."""
    adjusted, order, m = _sorted(p)
    stepped = p[order] * (m - np.arange(m))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return adjusted


def benjamini_hochberg(p: Floats) -> Floats:
    """False-discovery-rate adjusted p-values (Benjamini & Hochberg 1995); NaNs stay NaN."""
    adjusted, order, m = _sorted(p)
    stepped = p[order] * m / np.arange(1, m + 1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return adjusted


def _sorted(p: Floats) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.intp]], int]:
    """Return a NaN-filled answer, the places of the p-values in ascending order, their count."""
    order = np.argsort(p, kind="stable")
    order = order[np.isfinite(p[order])]
    return np.full(len(p), np.nan), order, len(order)
