"""What prices did around events and long after them, read once for all events.

A study reads no further than its event windows. Whoever asks how long a reaction lasted needs the
same abnormal returns, by the same coefficients, up to the last price; whoever looks at an event
wants its prices and volumes. One pass over the price source gives both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Bools, Dates, Floats
from backtest.engine.block import ExpectedReturnModel
from backtest.engine.estimate import estimate
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.windows import gather
from backtest.prices.factors import Factors
from backtest.prices.panel import VOLUME
from backtest.prices.sectors import Sectors
from backtest.results.compute import study_series
from backtest.results.controls import with_pools
from backtest.results.event_frames import OBS, OK
from backtest.results.markets import Market, read_markets, with_factors
from backtest.results.place import Placed, place
from backtest.results.source import Source
from backtest.spec import FARTHEST, StudySpec, Window

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock
    from backtest.results.result import StudyResult

BEFORE = 20
"""Sessions of prices before the event."""

AFTER = 60
"""Sessions at least that are followed, as far as there are prices."""

SHOWN = ("close", "high", "low")
"""Prices that are returned, besides volumes."""


_PAIR = ("event_id", "ticker")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a study was made from.

    Attributes:
        source: the prices.
        clocks: session clock by exchange code.
        model: the study's first model.
        factors, sectors: as the study had them.
        map_blocks: where blocks are computed.
    """

    source: Source
    clocks: Callable[[str], SessionClock]
    model: ExpectedReturnModel
    factors: Factors | None = None
    sectors: Sectors | None = None
    map_blocks: Mapper = one_by_one


@dataclass(frozen=True, slots=True)
class Followed:
    """Prices and abnormal returns of n observations, and how far the prices of securities reach.

    Attributes:
        rows: (n rows) `event_id, ticker, session` of the main sessions studied.
        dates: (n, L) sessions from −`BEFORE` on, NaT beyond the prices.
        prices: by name of `SHOWN` and `volume`, each (n, L) on the same sessions; what the price
            source does not have is not there.
        abnormal: (n, A) abnormal returns from τ = 0 on, by the first model.
        errors: (n,) standard errors of those of τ = 0.
        residuals: (n, T) abnormal returns of the estimation window.
        last: last day with a price by ticker, of all securities of the study.
        prices_end: last day of the price source that was read.
    """

    rows: pl.DataFrame
    dates: Dates
    prices: Mapping[str, Floats]
    abnormal: Floats
    errors: Floats
    residuals: Floats
    last: Mapping[str, dt.date] = field(default_factory=dict)
    prices_end: dt.date | None = None

    def sessions_after(self, at: int, day: dt.date) -> int:
        """Return the first session of observation `at` on or after a day, as offset from τ = 0.

        −1 where the day is before the event or after the last session with prices.
        """
        own = self.dates[at, BEFORE:]
        own = own[~np.isnat(own)]
        when = np.datetime64(day, "D")
        found = int(np.searchsorted(own, when))
        return found if found < len(own) and when >= own[0] else -1


def follow(result: StudyResult, inputs: Inputs, events: Collection[str] | None = None) -> Followed:
    """Read the prices of a study's securities once, and follow its events to the last price.

    Args:
        result: the study.
        inputs: what it was made from.
        events: the ids to follow; None for all. Only they are estimated again.

    Raises:
        DataUnavailable: the benchmark has no prices any more.
    """
    import polars as pl

    studied = result.observations.filter(~pl.col("alternative"))
    wanted = _used(result, events)
    if not wanted:
        return _nothing(result.spec)
    reach = _reach(studied, inputs.clocks)
    wide = replace(result.spec, window=Window(result.spec.window.start, reach))
    read = read_markets(studied, inputs.source, wide, inputs.clocks, volumes=True)
    markets = with_factors(read, inputs.factors, wide)
    placed, _ = place(markets.quoted(studied), markets)
    parts = [
        _followed(_chosen(one, wanted), inputs, wide)
        for one in with_pools(placed, wide, inputs.sectors)
    ]
    last = _last(market for market in markets.by_exchange.values())
    return replace(_joined(parts), last=last, prices_end=markets.last_date)


def _used(result: StudyResult, events: Collection[str] | None) -> set[tuple[str, str]]:
    """Return the event × ticker whose main session the first model could use."""
    import polars as pl

    used = result.fits.filter(
        ~pl.col("alternative"),
        pl.col("status") == OK,
        pl.col("model") == result.spec.models[0],
    )
    chosen = used if events is None else used.filter(pl.col("event_id").is_in(list(events)))
    return set(chosen.select(*_PAIR).rows())


def _reach(studied: pl.DataFrame, clocks: Callable[[str], SessionClock]) -> int:
    """Return the sessions from the first event to `AFTER` beyond the last one."""
    import polars as pl

    spans = studied.group_by("exchange").agg(
        pl.col("session").min().alias("first"), pl.col("session").max().alias("last")
    )
    longest = 0
    for exchange, first, last in spans.iter_rows():
        ends = np.array([first, last], dtype="datetime64[D]")
        begin, end = np.searchsorted(clocks(exchange).dates, ends)
        longest = max(longest, int(end - begin))
    return min(FARTHEST, longest + AFTER)


def _chosen(placed: Placed, wanted: set[tuple[str, str]]) -> Placed:
    pairs = placed.observations.select(*_PAIR).rows()
    chosen: Bools = np.array([pair in wanted for pair in pairs], dtype=np.bool_)
    return placed.take(chosen)


def _followed(placed: Placed, inputs: Inputs, wide: StudySpec) -> Followed:
    """Follow the observations of one exchange."""
    panel, day0 = placed.market.panel, placed.day0
    seen = Window(-BEFORE, wide.window.end)
    places = day0[:, None] + np.arange(seen.start, seen.end + 1)
    inside = (places >= 0) & (places < len(panel.sessions))
    dates = panel.sessions[places.clip(0, len(panel.sessions) - 1)]
    prices = {
        name: gather(panel.prices[name], placed.rows, day0, seen)
        for name in (*SHOWN, VOLUME)
        if name in panel.prices
    }
    return Followed(
        placed.observations.select(*_PAIR, "session", OBS),
        np.where(inside, dates, np.datetime64("NaT", "D")),
        prices,
        *_estimated(placed, inputs, wide),
    )


def _estimated(placed: Placed, inputs: Inputs, wide: StudySpec) -> tuple[Floats, Floats, Floats]:
    """Return abnormal returns from τ = 0, the errors of that day, and those of the estimation."""
    size = len(wide.estimation)
    if not len(placed.rows):
        return np.empty((0, wide.window.end + 1)), np.empty(0), np.empty((0, size))
    series = study_series(placed, wide)
    rows = series.place[placed.rows]
    job = Job(
        series.returns, series.commons, rows, placed.day0, inputs.model, wide, placed.market.pool
    )
    found = estimate(job, inputs.map_blocks)
    zero = -wide.window.start
    return found.abnormal[:, zero:], found.std_error[:, zero], found.history[:, :size]


def _joined(parts: Sequence[Followed]) -> Followed:
    """Join the exchanges in the order of the study, without sessions that nobody has."""
    import polars as pl

    rows = pl.concat([part.rows for part in parts])
    order = np.argsort(rows[OBS].to_numpy(), kind="stable")
    dates = np.concatenate([part.dates for part in parts])[order]
    some = np.flatnonzero((~np.isnat(dates)).any(axis=0))
    length = max(BEFORE + 1, int(some.max(initial=0)) + 1)
    names = set.intersection(*(set(part.prices) for part in parts))
    return Followed(
        rows[order.tolist()].drop(OBS),
        dates[:, :length],
        {
            name: np.concatenate([part.prices[name] for part in parts])[order][:, :length]
            for name in (*SHOWN, VOLUME)
            if name in names
        },
        np.concatenate([part.abnormal for part in parts])[order][:, : length - BEFORE],
        np.concatenate([part.errors for part in parts])[order],
        np.concatenate([part.residuals for part in parts])[order],
    )


def _last(markets: Iterable[Market]) -> dict[str, dt.date]:
    """Return the last day with a price by ticker."""
    found: dict[str, dt.date] = {}
    for market in markets:
        for ticker, at in zip(market.panel.tickers, market.span[1].tolist(), strict=True):
            if at >= 0:
                found[ticker] = market.panel.sessions[at].item()
    return found


def _nothing(spec: StudySpec) -> Followed:
    import polars as pl

    schema = {"event_id": pl.String, "ticker": pl.String, "session": pl.Date}
    return Followed(
        pl.DataFrame(schema=schema),
        np.empty((0, BEFORE + 1), dtype="datetime64[D]"),
        {},
        np.empty((0, 1)),
        np.empty(0),
        np.empty((0, len(spec.estimation))),
    )
