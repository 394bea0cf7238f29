"""Which prices a study had: of each security the first and the last, and a digest of all it read.

The digest is the difference of two prefix sums (`prices.digest`), so it costs nothing where the
results cache made them already, and does not depend on what else was read beside.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.engine.arrays import Dates, Ints
from backtest.engine.sample import uses_placebos
from backtest.engine.shifts import reach
from backtest.inference import sample_tests_of
from backtest.models import models
from backtest.prices.digest import Words, range_digests
from backtest.results.markets import Market, Markets
from backtest.results.place import Placed
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

STUDIED, BENCHMARK, FACTOR, CONTROL = "studied", "benchmark", "factor", "control"
_TEXTS = ("ticker", "role", "exchange", "place", "digest", "counts", "reason")
COLUMNS = (
    *("ticker", "role", "exchange", "place", "first", "last", "reads_from", "reads_to"),
    *("sessions", "digest", "counts", "reason"),
)
DAYS = ("first", "last", "reads_from", "reads_to")

Key = tuple[str | None, str]
"""Exchange and ticker; of a security without prices, no exchange."""


def coverage(
    markets: Markets,
    placed: Sequence[Placed],
    studied: Collection[str],
    spec: StudySpec,
    source: object,
) -> pl.DataFrame:
    """Return what the study had of each security it read.

    Args:
        markets: the panels.
        placed: the observations in them.
        studied: tickers of the observations.
        spec: the study.
        source: of the prices; one that takes securities from several places says which.

    Returns:
        `COLUMNS`, by exchange and ticker: `first` and `last` are the days of the prices that were
        there when the study ran, as far as it looked; its windows reach the sessions `reads_from`
        to `reads_to`, `sessions` counts those of them with a price, and `digest` and `counts` name
        these and the share counts known by then; `reason` says why there are none.
    """
    import polars as pl

    rows: list[dict[str, Any]] = []
    for one in placed:
        rows += _of_market(one.market, _span(one, spec), studied, spec)
    there = {row["ticker"] for row in rows}
    rows += [
        {"ticker": ticker, "role": _role(ticker, studied, spec), "reason": why}
        for ticker, why in sorted(markets.missing.items())
        if ticker not in there
    ]
    place_of = getattr(source, "place_of", None)
    if callable(place_of):
        rows = [{**row, "place": place_of(row["ticker"])} for row in rows]
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    return pl.DataFrame(columns, schema=schema())


def covered_within(
    markets: Markets, windows: Mapping[Key, tuple[dt.date, dt.date]]
) -> dict[Key, tuple[str, str]]:
    """Return `digest` and `counts` of securities as if the windows reached other sessions.

    Args:
        markets: the panels, which have prices on these sessions, if there are any.
        windows: of each security, `reads_from` and `reads_to`; others are not in the answer.
    """
    out: dict[Key, tuple[str, str]] = {}
    for exchange, market in markets.by_exchange.items():
        sessions, known = market.panel.sessions, set(market.panel.tickers)
        for key, days in windows.items():
            if key[0] != exchange or key[1] not in known:
                continue
            begin, end = np.array(days, dtype="datetime64[D]")
            low = int(np.searchsorted(sessions, begin))
            high = int(np.searchsorted(sessions, end, side="right")) - 1
            if high >= low:
                out[key] = _digests(market, market.panel.rows([key[1]]), low, high)[0]
    return out


def nothing_covered() -> pl.DataFrame:
    """Return the table without rows."""
    import polars as pl

    return pl.DataFrame(schema=schema())


def schema() -> Mapping[str, Any]:
    """Polars types of `COLUMNS`."""
    import polars as pl

    types: dict[str, Any] = dict.fromkeys(_TEXTS, pl.String)
    types |= {**dict.fromkeys(DAYS, pl.Date), "sessions": pl.Int64}
    return {name: types[name] for name in COLUMNS}


def _span(placed: Placed, spec: StudySpec) -> tuple[int, int]:
    """Return the first and last session that any observation reads, also beyond the panel."""
    size = len(placed.market.panel.sessions)
    if not len(placed.day0) or any(map(uses_placebos, sample_tests_of(spec.tests))):
        return 0, size - 1
    before, after = reach(models.get(key) for key in spec.models)
    first = int(placed.day0.min()) + spec.estimation.start - 1 - before
    last = int(placed.day0.max()) + max(0, spec.window.end) + after
    return first, last


def _of_market(
    market: Market, span: tuple[int, int], studied: Collection[str], spec: StudySpec
) -> list[dict[str, Any]]:
    panel = market.panel
    low, high = max(0, span[0]), min(len(panel.sessions) - 1, span[1])
    # By the calendar: where the panel begins depends on what else was read.
    within = np.clip(np.array(span) + market.offset, 0, len(market.calendar) - 1)
    reads_from, reads_to = (day.item() for day in market.calendar[within])
    wanted = {*studied, spec.benchmark, *spec.factor_tickers}
    names = panel.tickers if market.pool is not None else [t for t in panel.tickers if t in wanted]
    rows = panel.rows(names)
    there = np.isfinite(panel.prices["total_return"][rows, low : high + 1])
    digests = _digests(market, rows, low, high)
    first, last = market.span
    return [
        {
            "ticker": name,
            "role": _role(name, studied, spec),
            "exchange": market.exchange,
            "sessions": int(own.sum()),
            **_ends(panel.sessions, int(first[row]), int(last[row])),
            "reads_from": reads_from,
            "reads_to": reads_to,
            "digest": digest,
            "counts": counts,
        }
        for name, row, own, (digest, counts) in zip(names, rows, there, digests, strict=True)
    ]


def _digests(market: Market, rows: Ints, low: int, high: int) -> list[tuple[str, str]]:
    """Return of each row of a panel the digests of its prices on some sessions, and its counts."""
    counts = market.counts.known_by(market.panel.sessions[high])
    prices = range_digests(market.prefix, rows, np.full(len(rows), low), np.full(len(rows), high))
    shares = counts.digests(len(market.panel.tickers))[:, rows]
    return [(_hex(prices[:, at]), _hex(shares[:, at])) for at in range(len(rows))]


def _ends(sessions: Dates, first: int, last: int) -> dict[str, Any]:
    if last < 0:
        return {"reason": "no price on the sessions that the study reads"}
    return {"first": sessions[first].item(), "last": sessions[last].item()}


def _role(ticker: str, studied: Collection[str], spec: StudySpec) -> str:
    if ticker in studied:
        return STUDIED
    if ticker == spec.benchmark:
        return BENCHMARK
    return FACTOR if ticker in spec.factor_tickers else CONTROL


def _hex(words: Words) -> str:
    return "".join(f"{int(word):016x}" for word in words)
