"""The events of the bench: many on securities with a price on every session."""

from __future__ import annotations

import numpy as np
import polars as pl
from workload.universe import BENCHMARK, Universe

from others.task import AFTER, BEFORE, ESTIMATION, Task


def task_on(universe: Universe, count: int, seed: int = 7) -> Task:
    """Draw SIMULATED events, any session with its windows and any security as likely.

    Securities with gaps or late listings are left out: most packages cannot take them, and how they
    fail is not what is measured.
    """
    table = universe.prices.sort("ticker", "date")
    sessions = table["date"].unique().sort()
    whole = table.filter(pl.len().over("ticker") == len(sessions))
    moving = whole.filter(pl.col("close").n_unique().over("ticker") > len(sessions) // 2)
    others = moving.filter(pl.col("ticker") != BENCHMARK)
    prices = others["close"].to_numpy().reshape(-1, len(sessions))
    market = whole.filter(pl.col("ticker") == BENCHMARK)["close"].to_numpy()
    rng = np.random.default_rng(seed)
    first, end = BEFORE + ESTIMATION + 1, len(sessions) - AFTER
    return Task(
        sessions.to_numpy().astype("datetime64[D]"),
        np.vstack([market, prices]),
        rng.integers(1, len(prices) + 1, count),
        rng.integers(first, end, count),
    )
