"""How values are distributed, in one line of blocks, with places pointed out below it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backtest.engine.arrays import Floats

_BLOCKS = " ▁▂▃▄▅▆▇█"
_PLAIN = " .:-=+*#@"


def density(
    values: Floats, marks: Mapping[str, float], width: int, *, plain: bool = False
) -> tuple[str, str]:
    """Return a line of blocks over the range of values and marks, and a line that points.

    Args:
        values: (N,) at least one, all finite.
        marks: the value that each character points to; a later one stands over an earlier.
        width: characters of both lines.
        plain: whether only ASCII may be used.
    """
    every = np.concatenate([values, [one for one in marks.values() if np.isfinite(one)]])
    low, high = float(every.min()), float(every.max())
    if high <= low:
        low, high = low - 1.0, high + 1.0
    counts, _ = np.histogram(values, bins=width, range=(low, high))
    blocks = _PLAIN if plain else _BLOCKS
    # One value shows, however many there are elsewhere.
    height = np.ceil(counts / counts.max() * (len(blocks) - 1)).astype(int)
    line = [" "] * width
    for sign, value in marks.items():
        if np.isfinite(value):
            line[min(width - 1, int((value - low) / (high - low) * width))] = sign
    return "".join(blocks[one] for one in height), "".join(line).rstrip()
