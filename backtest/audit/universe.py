"""The securities that placebo events are drawn from: a whole price table as returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats
from backtest.errors import BadUsage, DataUnavailable
from backtest.prices.panel import build_panel
from backtest.results.source import Source
from backtest.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Universe:
    """Daily total returns of all securities of a source.

    Attributes:
        returns: (securities, S) decimals, NaN where there is none.
        market: row of the benchmark.
        described: the source in one line.
        notes: sentences for the user.
    """

    returns: Floats
    market: int
    described: str
    notes: tuple[str, ...] = ()


def read_universe(source: Source, spec: StudySpec) -> Universe:
    """Read every security of a source; the sessions are those of the benchmark.

    Raises:
        BadUsage: the source cannot list its securities.
        DataUnavailable: it has no prices of the benchmark.
    """
    import polars as pl

    tickers = _listed(source)
    bars = source.bars(tickers, None, None)
    benchmark = bars.frame.filter(pl.col("ticker") == spec.benchmark, pl.col("close").is_not_null())
    if benchmark.is_empty():
        raise DataUnavailable.because(
            "no-benchmark",
            f"the benchmark {spec.benchmark} has no prices in {source.describe()}",
            field="benchmark",
            hint="name one the price source has with --benchmark",
        )
    sessions = np.sort(benchmark["date"].to_numpy()).astype("datetime64[D]")
    panel, notes = build_panel(bars.frame, sessions, tickers)
    return Universe(
        panel.returns(spec.returns),
        tickers.index(spec.benchmark),
        source.describe(),
        (*bars.notes, *notes),
    )


def _listed(source: Source) -> list[str]:
    """Return all securities of a source, sorted."""
    listed = getattr(source, "tickers", ())
    tickers = sorted(listed() if callable(listed) else listed)
    if not tickers:
        raise BadUsage.because(
            "no-universe",
            "an audit draws from all securities of a price table, and this source cannot list them",
            field="prices",
            hint="name a table (.parquet, .csv, a folder) or `snapshot`",
        )
    return tickers
