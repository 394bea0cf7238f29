"""The prices of a study, one dense panel per exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Dates, Ints
from backtest.engine.pool import Pool
from backtest.engine.sample import uses_placebos
from backtest.engine.shifts import reach
from backtest.errors import DataUnavailable, Problem
from backtest.inference import sample_tests_of
from backtest.models import models
from backtest.prices.closes import Closes, closes_in, told_closes, unfit_for_value
from backtest.prices.digest import Words, prefix_digests
from backtest.prices.factors import FACTORS, Factors
from backtest.prices.panel import Panel, build_panel
from backtest.prices.provider import Bars
from backtest.results.axes import follows, on_sessions, own_dates, sessions_of
from backtest.results.factor_series import FactorSeries
from backtest.results.pool_members import home, pool_of
from backtest.results.source import Source, all_tickers
from backtest.spec import StudySpec
from backtest.stages import count, stage
from backtest.valuation.currency import currency_unit
from backtest.valuation.shares import ShareCounts

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

NAMED = 5
"""Securities named in a note."""


@dataclass(frozen=True)
class Market:
    """One exchange's panel and everything derived from it once.

    Attributes:
        exchange: ISO 10383 code.
        panel: prices on the sessions for which there are any.
        calendar: (C,) sessions before, of and after the panel.
        offset: place of the panel's first session in the calendar.
        counts: share counts by panel row.
        known_prefix: prefix digests, where they were made before.
        factors: factor returns on the panel's sessions, where a model needs any.
        pool: possible control securities by panel row, where a model chooses any.
    """

    exchange: str
    panel: Panel
    calendar: Dates
    offset: int
    counts: ShareCounts
    known_prefix: Words | None = None
    factors: FactorSeries | None = None
    pool: Pool | None = None

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
        described: the source in one line, and what its closes are.
        last_date: last session with a price.
        currencies: ticker → how its price is quoted, where the source says so.
    """

    by_exchange: dict[str, Market]
    missing: dict[str, str]
    notes: tuple[str, ...]
    described: str
    last_date: dt.date | None
    currencies: dict[str, str] = field(default_factory=dict)

    def quoted(self, observations: pl.DataFrame) -> pl.DataFrame:
        """Return the observations in the currency of the prices, where that is another one.

        An exchange tells how most of its listings are quoted; who has the prices knows. A deal
        value stays only where it is money of the same currency, for nothing is converted.
        """
        import polars as pl

        pairs = observations.select("ticker", "currency").unique().rows() if self.currencies else []
        named = [(one, told, self.currencies.get(one, told)) for one, told in pairs]
        changed = [(*row, currency_unit(row[1])[0] == currency_unit(row[2])[0]) for row in named]
        changed = [row for row in changed if row[1] != row[2]]
        if not changed:
            return observations
        columns = {
            "ticker": pl.String,
            "currency": pl.String,
            "true": pl.String,
            "same": pl.Boolean,
        }
        others = pl.DataFrame(changed, schema=columns, orient="row")
        joined = observations.join(
            others, on=["ticker", "currency"], how="left", maintain_order="left"
        )
        return joined.with_columns(
            pl.coalesce("true", "currency").alias("currency"),
            pl.when(pl.col("same").fill_null(True)).then("deal_value").alias("deal_value"),
        ).drop("true", "same")


def read_markets(
    observations: pl.DataFrame,
    source: Source,
    spec: StudySpec,
    clocks: Callable[[str], SessionClock],
    *,
    whole: bool = False,
    volumes: bool = False,
) -> Markets:
    """Read the prices of all observations and common series, and build a panel per exchange.

    Args:
        observations: `OBSERVATIONS`.
        source: the prices.
        spec: the study.
        clocks: session clock by exchange code.
        whole: read every security and date that the source has, not only what is needed.
        volumes: whether the panels have volumes though the measure is another.

    Raises:
        DataUnavailable: the benchmark or a factor has no prices.
    """
    common = (spec.benchmark, *spec.factor_tickers)
    exchanges = observations["exchange"].unique(maintain_order=True).to_list()
    pool = pool_of(source, spec, exchanges)
    needed = {*observations["ticker"].to_list(), *common, *pool}
    tickers = sorted({*needed, *all_tickers(source)} if whole else needed)
    everything = whole or any(map(uses_placebos, sample_tests_of(spec.tests)))
    start, end = (None, None) if everything else _needed(observations, spec, clocks)
    with stage("prices"):
        bars = source.bars(tickers, start, end)
        if bars.frame.is_empty() and not whole:
            bars = _at_any_time(source, tickers, bars)
        shares = source.shares(tickers)
    count("prices", len(tickers))
    if spec.benchmark in bars.missing or bars.frame.is_empty():
        raise DataUnavailable.because(
            "no-benchmark",
            f"the benchmark {spec.benchmark} has no prices: "
            f"{bars.missing.get(spec.benchmark, 'the source is empty over these dates')}",
            field="benchmark",
            hint="name one the price source has with --benchmark",
        )
    _refuse_missing(spec.factor_tickers, bars.missing)
    markets: dict[str, Market] = {}
    closes = bars.closes or closes_in(bars.frame)
    notes = [*bars.notes, *_uncounted(bars, observations), *_unfit(closes, shares, observations)]
    for exchange in exchanges:
        own = observations.filter(observations["exchange"] == exchange)["ticker"].unique().to_list()
        peers = [ticker for ticker in pool if home(ticker) == exchange]
        names = tickers if len(exchanges) == 1 else [*own, *common, *peers]
        names = sorted(set(names) - set(bars.missing))
        frame = bars.frame if len(exchanges) == 1 else _only(bars.frame, names)
        clock = clocks(exchange)
        calendar, low, high = sessions_of(frame, clock)
        if low == high or not follows(frame, own, clock):
            calendar = own_dates(source, bars.frame)
            low, high = 0, len(calendar)
            notes.append(
                f"the price dates do not follow the sessions of {exchange}; the dates of the "
                "whole table serve as sessions"
            )
        abroad = set(common).difference(own)
        if len(exchanges) > 1 and abroad:
            frame = on_sessions(frame, abroad, calendar)
        wanted = volumes or spec.measure == "volume"
        panel, more = build_panel(frame, calendar[low:high], names, volumes=wanted)
        notes += more
        counts = ShareCounts.of(shares, names)
        markets[exchange] = Market(exchange, panel, calendar, low, counts)
    last = bars.frame["date"].max()
    return Markets(
        markets,
        dict(bars.missing),
        tuple(dict.fromkeys(notes)),
        f"{source.describe()}; {told_closes(closes)}",
        last if isinstance(last, dt.date) else None,
        bars.currencies,
    )


def _at_any_time(source: Source, tickers: list[str], bars: Bars) -> Bars:
    """Ask for all dates where those needed have no price at all, to say when there are some."""
    everything = source.bars(tickers, None, None)
    return replace(everything, notes=(*bars.notes, *everything.notes))


def _uncounted(bars: Bars, observations: pl.DataFrame) -> Iterator[str]:
    """Say once why which of the studied securities have no share counts."""
    studied = set(observations["ticker"].to_list()) & bars.uncounted.keys()
    for reason in sorted({bars.uncounted[ticker] for ticker in studied}):
        names = sorted(ticker for ticker in studied if bars.uncounted[ticker] == reason)
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"{', '.join(names[:NAMED])}{more}: {reason}"


def _unfit(
    closes: Mapping[str, Closes], shares: pl.DataFrame, observations: pl.DataFrame
) -> Iterator[str]:
    """Say which studied securities have market values of closes that may have dividends in them."""
    studied = set(observations["ticker"].to_list())
    yield from unfit_for_value(closes, studied & set(shares["ticker"].to_list()))


def with_factors(markets: Markets, factors: Factors | None, spec: StudySpec) -> Markets:
    """Return the markets with factor returns on the sessions of each."""
    if factors is None:
        return markets
    by_exchange = {
        exchange: replace(one, factors=FactorSeries.of(factors, one.panel.sessions, spec.returns))
        for exchange, one in markets.by_exchange.items()
    }
    return replace(markets, by_exchange=by_exchange, notes=(*markets.notes, *factors.notes))


def _refuse_missing(tickers: Collection[str], missing: dict[str, str]) -> None:
    lacking = [ticker for ticker in tickers if ticker in missing]
    if lacking:
        raise DataUnavailable(
            Problem(
                "no-factor-prices",
                f"the factor {ticker} has no prices: {missing[ticker]}",
                field="factors",
                hint=f"columns of the factor data are written small: {ticker.lower()}"
                if ticker.lower() in FACTORS.names
                else None,
            )
            for ticker in lacking
        )


def _only(frame: pl.DataFrame, tickers: list[str]) -> pl.DataFrame:
    import polars as pl

    return frame.filter(pl.col("ticker").is_in(tickers))


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
