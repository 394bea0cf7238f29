"""Cutting event and estimation windows out of a dense panel."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from backtest.engine.arrays import Floats, Ints
from backtest.spec import Window


def gather(series: Floats, rows: Ints, day0: Ints, window: Window) -> Floats:
    """Return `series[rows, day0 + window]`, shape (n, len(window)); NaN outside the panel.

    Windows that lie inside the panel are copied as whole runs of memory from a strided view, which
    is several times faster than indexing single cells; the few that stick out are indexed.

    Args:
        series: (securities, sessions), security-contiguous.
        rows: (n,) row of each observation.
        day0: (n,) session index of τ = 0.
        window: sessions relative to τ = 0.
    """
    sessions = series.shape[1]
    length = len(window)
    first = day0 + window.start
    inside = (first >= 0) & (first + length <= sessions)
    if length <= sessions and inside.all():
        return sliding_window_view(series, length, axis=1)[rows, first]
    out = np.full((len(rows), length), np.nan)
    if length <= sessions and inside.any():
        view = sliding_window_view(series, length, axis=1)
        out[inside] = view[rows[inside], first[inside]]
    odd = np.flatnonzero(~inside)
    index = first[odd, None] + np.arange(length)
    present = (index >= 0) & (index < sessions)
    cells = series[rows[odd, None], index.clip(0, sessions - 1)]
    out[odd] = np.where(present, cells, np.nan)
    return out
