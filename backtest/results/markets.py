"""The prices of a study, one dense panel per exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from backtest.engine.arrays import Dates, Ints
from backtest.engine.shifts import reach
from backtest.errors import DataUnavailable
from backtest.models import models
from backtest.prices.digest import Words, prefix_digests
from backtest.prices.panel import Panel, build_panel
from backtest.prices.provider import Bars
from backtest.spec import StudySpec
from backtest.valuation.shares import ShareCounts

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

SHARE_OF_SESSIONS = 0.98
"""Below this share of price dates on the exchange's sessions the table is of another market."""

WITNESSES = 50
"""Securities whose dates are asked; more would only take longer."""


class Source(Protocol):
    """What a study asks of a price source."""

    def bars(self, tickers: list[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return bars."""
        ...

    def shares(self, tickers: list[str]) -> pl.DataFrame:
        """Return share counts."""
        ...

    def describe(self) -> str:
        """Return one line about the source."""
        ...

    def fingerprint(self) -> str | None:
        """Return what changes whenever the source's content does, or None if that is unknown."""
        ...


@dataclass(frozen=True)
class Market:
    """One exchange's panel and everything derived from it once.

    Attributes:
        exchange: ISO 10383 code.
        panel: prices on the sessions for which there are any.
        calendar: (C,) sessions before, of and after the panel.
        offset: place of the panel's first session in the calendar.
        counts: share counts by panel row.
    """

    exchange: str
    panel: Panel
    calendar: Dates
    offset: int
    counts: ShareCounts
    known_prefix: Words | None = None

    @cached_property
    def prefix(self) -> Words:
        """Prefix digests of all prices."""
        return prefix_digests(self.panel) if self.known_prefix is None else self.known_prefix

    @cached_property
    def span(self) -> tuple[Ints, Ints]:
        """First and last session index with a price per security."""
        return self.panel.span()


@dataclass(frozen=True, slots=True)
class Markets:
    """All panels of a study.

    Attributes:
        by_exchange: exchange code → market.
        missing: ticker → why it has no prices.
        notes: sentences for the user.
        described: the source in one line.
        last_date: last session with a price.
    """

    by_exchange: dict[str, Market]
    missing: dict[str, str]
    notes: tuple[str, ...]
    described: str
    last_date: dt.date | None


def read_markets(
    observations: pl.DataFrame,
    source: Source,
    spec: StudySpec,
    clocks: Callable[[str], SessionClock],
    *,
    whole: bool = False,
) -> Markets:
    """Read the prices of all observations and the benchmark, and build a panel per exchange.

    Args:
        observations: `OBSERVATIONS`.
        source: the prices.
        spec: the study.
        clocks: session clock by exchange code.
        whole: read every security and date that the source has, not only what is needed.

    Raises:
        DataUnavailable: the benchmark has no prices.
    """
    needed = {*observations["ticker"].to_list(), spec.benchmark}
    tickers = sorted({*needed, *all_tickers(source)} if whole else needed)
    start, end = (None, None) if whole else _needed(observations, spec, clocks)
    bars = source.bars(tickers, start, end)
    if spec.benchmark in bars.missing or bars.frame.is_empty():
        raise DataUnavailable.because(
            "no-benchmark",
            f"the benchmark {spec.benchmark} has no prices: "
            f"{bars.missing.get(spec.benchmark, 'the source is empty over these dates')}",
            field="benchmark",
            hint="name one the price source has with --benchmark",
        )
    shares = source.shares(tickers)
    markets: dict[str, Market] = {}
    notes = list(bars.notes)
    exchanges = observations["exchange"].unique(maintain_order=True).to_list()
    for exchange in exchanges:
        own = observations.filter(observations["exchange"] == exchange)["ticker"].unique().to_list()
        names = tickers if len(exchanges) == 1 else [*own, spec.benchmark]
        names = sorted(set(names) - set(bars.missing))
        frame = bars.frame if len(exchanges) == 1 else _only(bars.frame, names)
        clock = clocks(exchange)
        calendar, low, high = _axis(frame, clock)
        if not _follows(frame, own, clock):
            calendar = _own_dates(source, bars.frame)
            low, high = 0, len(calendar)
            notes.append(
                f"the price dates do not follow the sessions of {exchange}; the dates of the "
                "whole table serve as sessions"
            )
        if len(exchanges) > 1 and spec.benchmark not in own:
            frame = _on_sessions(frame, spec.benchmark, calendar)
        panel, more = build_panel(frame, calendar[low:high], names)
        notes += more
        counts = ShareCounts.of(shares, names)
        markets[exchange] = Market(exchange, panel, calendar, low, counts)
    last = bars.frame["date"].max()
    return Markets(
        markets,
        dict(bars.missing),
        tuple(dict.fromkeys(notes)),
        source.describe(),
        last if isinstance(last, dt.date) else None,
    )


def all_tickers(source: Source) -> list[str]:
    """Return every ticker of a source that can list them, else none."""
    lister = getattr(source, "tickers", None)
    return list(lister()) if callable(lister) else []


def _only(frame: pl.DataFrame, tickers: list[str]) -> pl.DataFrame:
    import polars as pl

    return frame.filter(pl.col("ticker").is_in(tickers))


def _on_sessions(frame: pl.DataFrame, benchmark: str, calendar: Dates) -> pl.DataFrame:
    """Drop the days on which only a benchmark of another exchange traded."""
    import polars as pl

    sessions = pl.Series(calendar).implode()
    return frame.filter((pl.col("ticker") != benchmark) | pl.col("date").is_in(sessions))


def _needed(
    observations: pl.DataFrame, spec: StudySpec, clocks: Callable[[str], SessionClock]
) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and last date that any window or model of any observation reaches."""
    import polars as pl

    first: list[dt.date] = []
    last: list[dt.date] = []
    before, after = reach(models.get(key) for key in spec.models)
    by_exchange = observations.group_by("exchange").agg(
        pl.col("session").min().alias("first"), pl.col("session").max().alias("last")
    )
    for exchange, earliest, latest in by_exchange.iter_rows():
        dates = clocks(exchange).dates
        begins, ends = np.searchsorted(dates, np.array([earliest, latest], dtype="datetime64[D]"))
        begin = int(begins) + spec.estimation.start - 1 - before
        end = int(ends) + max(0, spec.window.end) + after
        first.append(dates[max(0, begin)].item())
        last.append(dates[min(len(dates) - 1, end)].item())
    return min(first, default=None), max(last, default=None)


def _axis(frame: pl.DataFrame, clock: SessionClock) -> tuple[Dates, int, int]:
    """Return the exchange's sessions and the part of them, from–to, for which there are prices.

    The exchange's own calendar makes a day that a table lacks altogether visible as a gap.
    """
    first, last = np.array([frame["date"].min(), frame["date"].max()], dtype="datetime64[D]")
    low = int(np.searchsorted(clock.dates, first))
    return clock.dates, low, int(np.searchsorted(clock.dates, last, side="right"))


def _follows(frame: pl.DataFrame, securities: Collection[str], clock: SessionClock) -> bool:
    """Whether prices follow the exchange's sessions; its own securities decide.

    A table of another market or of simulated days does not; a benchmark may trade elsewhere.
    """
    import polars as pl

    own = pl.col("ticker").is_in(sorted(securities)[:WITNESSES])
    dates = frame.filter(own)["date"].unique().to_numpy()
    return not dates.size or bool(clock.is_session(dates).mean() >= SHARE_OF_SESSIONS)


def _own_dates(source: Source, frame: pl.DataFrame) -> Dates:
    """Return all dates of a source: sessions must not depend on which securities a study reads."""
    everything = all_tickers(source)
    whole = source.bars(everything, None, None).frame if everything else frame
    return np.sort(whole["date"].unique().to_numpy()).astype("datetime64[D]")
