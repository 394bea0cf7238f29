"""Made-up bars and orders to trade on."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtest.strategy.bars import TradeBars
from backtest.strategy.orders import Orders, orders


def bars_of(close: list[list[float]], first: str = "2025-09-08", **others: Any) -> TradeBars:
    """Return bars on business days; an open that is not given is the close of the day."""
    closes = np.array(close, dtype=np.float64)
    days = np.busday_offset(first, np.arange(closes.shape[1]), roll="forward")
    given = {name: np.array(value, dtype=np.float64) for name, value in others.items()}
    given.setdefault("open", closes.copy())
    names = [f"T{row}" for row in range(len(closes))]
    return TradeBars.of(names, days.astype("datetime64[D]"), closes, **given)


def walk(seed: int, securities: int = 4, sessions: int = 60) -> TradeBars:
    """Return simulated bars with opens, ranges, volumes and a few dividends."""
    rng = np.random.default_rng(seed)
    shape = (securities, sessions)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, shape), axis=1))
    before = np.concatenate([close[:, :1], close[:, :-1]], axis=1)
    opened = before * np.exp(rng.normal(0.0, 0.01, shape))
    dividend = np.where(rng.random(shape) < 0.05, 0.4, 0.0)
    dividend[:, 0] = 0.0
    factor = (close + dividend) / before
    return bars_of(
        close.tolist(),
        open=opened,
        high=np.maximum(opened, close) * 1.004,
        low=np.minimum(opened, close) / 1.004,
        volume=rng.integers(100_000, 900_000, shape),
        dividend=dividend,
        total_return=100.0 * np.cumprod(factor, axis=1),
    )


def some_orders(seed: int, bars: TradeBars, count: int = 25, *, hedged: bool = True) -> Orders:
    """Return random round trips inside the bars, some of them hedged."""
    rng = np.random.default_rng(seed)
    securities, sessions = bars.shape
    entry = rng.integers(0, 2 * sessions - 2, count)
    held = rng.integers(1, 2 * sessions - entry)
    return orders(
        security=rng.integers(0, securities, count),
        known=entry,
        entry=entry,
        exit=entry + held,
        side=rng.choice([-1.0, 1.0], count),
        notional=rng.uniform(1_000.0, 90_000.0, count),
        hedge_security=rng.integers(-1 if hedged else -2, securities if hedged else -1, count),
        hedge_ratio=rng.uniform(0.2, 1.5, count) if hedged else np.zeros(count),
    )
