"""A simulated universe whose returns follow the market model exactly, for audits of known size."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from backtest.audit.size import SizeAudit, audit_size
from backtest.audit.size_plan import SizePlan
from backtest.audit.universe import Universe
from backtest.engine.arrays import Floats
from backtest.prices.source import open_source
from backtest.spec import StudySpec, Window

SPEC = StudySpec(window=Window(0, 0), cars=(Window(0, 0),))


def market_model(
    noise: Floats, seed: int = 3, *, common: float = 0.0, scale: float = 0.015
) -> Floats:
    """Return daily returns (securities, S) with α = 0 whose row 0 is the market.

    Args:
        noise: (securities, S) of variance 1.
        seed: of the betas and the market.
        common: variance of a factor that all share and the market does not have.
        scale: standard deviation of the noise, a decimal.
    """
    rng = np.random.default_rng(seed)
    securities, sessions = noise.shape
    market = rng.normal(0.0003, 0.01, sessions)
    shared = np.sqrt(common) * rng.standard_normal(sessions)
    beta = rng.uniform(0.5, 1.5, (securities, 1))
    returns = beta * market + scale * (np.sqrt(1.0 - common) * noise + shared)
    returns[0] = market
    returns[:, 0] = np.nan
    return returns


def normal_universe(securities: int, sessions: int, *, common: float = 0.0) -> Universe:
    """Return a universe of normal returns."""
    noise = np.random.default_rng(11).standard_normal((securities, sessions))
    return Universe(market_model(noise, common=common), 0, "simulated")


def price_table(folder: Path, returns: Floats, name: str = "prices.parquet") -> Path:
    """Write returns as a table of closes on consecutive days; row 0 is SPY."""
    closes = 100.0 * np.cumprod(1.0 + np.nan_to_num(returns), axis=1)
    securities, sessions = closes.shape
    names = ["SPY", *(f"S{row:03}" for row in range(1, securities))]
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=day) for day in range(sessions)]
    frame = pl.DataFrame(
        {
            "date": days * securities,
            "ticker": np.repeat(names, sessions),
            "close": closes.ravel(),
        }
    )
    path = folder / name
    frame.write_parquet(path)
    return path


def audited(prices: Path | str, plan: SizePlan, *, jobs: int = 1) -> SizeAudit:
    """Audit a price table."""
    source = open_source(
        str(prices), cache_dir=Path("cache"), now=dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    )
    return audit_size(plan, source, jobs=jobs)
