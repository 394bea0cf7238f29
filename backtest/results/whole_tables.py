"""Whole price tables read once: a study of much of a table keeps its panel for the next one."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import backtest
from backtest.errors import BadInput
from backtest.prices.kept_panel import KeptPanel, keep_panel, load_panel
from backtest.results.markets import Market, Markets, read_markets
from backtest.results.pool_members import pool_of
from backtest.results.source import Source, all_tickers
from backtest.spec import StudySpec
from backtest.stages import count, stage
from backtest.valuation.shares import ShareCounts

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock

WHOLE = 0.5
"""From this share of a table's securities on, all of it is read and its panel kept."""


@stage("panel")
def load_markets(
    observations: pl.DataFrame,
    source: Source,
    spec: StudySpec,
    clocks: Callable[[str], SessionClock],
    panels: Path | None = None,
) -> Markets:
    """Return the panels of a study, from a kept one where the table is unchanged.

    Args:
        observations: `OBSERVATIONS`.
        source: the prices.
        spec: the study.
        clocks: session clock by exchange code.
        panels: where panels of whole tables are kept, None for nowhere.

    Raises:
        DataUnavailable: the benchmark has no prices.
    """
    exchanges = observations["exchange"].unique().to_list()
    fingerprint = source.fingerprint() if panels and len(exchanges) == 1 else None
    if panels and fingerprint:
        wanted = {*observations["ticker"].to_list(), spec.benchmark, *spec.factor_tickers}
        wanted |= {*pool_of(source, spec, exchanges)}
        key = _panel_key(fingerprint, exchanges[0], spec)
        kept = load_panel(panels, key)
        if kept is not None and set(spec.factor_tickers).issubset(kept.panel.tickers):
            count("panel", len(kept.panel.tickers), reused=len(kept.panel.tickers))
            return _from_kept(kept, exchanges[0], clocks, wanted)
        if len(wanted) >= WHOLE * len(all_tickers(source)) > 0:
            markets = _whole(observations, source, spec, clocks)
            if markets is not None:
                _keep(panels, key, markets)
                return _counted(markets)
    return _counted(read_markets(observations, source, spec, clocks))


def _counted(markets: Markets) -> Markets:
    for one in markets.by_exchange.values():
        count("panel", len(one.panel.tickers))
    return markets


def _whole(
    observations: pl.DataFrame,
    source: Source,
    spec: StudySpec,
    clocks: Callable[[str], SessionClock],
) -> Markets | None:
    """Read the whole table, or None where it has anything to complain of.

    What is wrong with securities that nobody asked for is not to stop or to trouble a study.
    """
    try:
        markets = read_markets(observations, source, spec, clocks, whole=True)
    except BadInput:
        return None
    return None if markets.notes else markets


def _panel_key(fingerprint: str, exchange: str, spec: StudySpec) -> str:
    parts = (backtest.__version__, fingerprint, exchange, spec.benchmark)
    text = "|".join((*parts, "volume") if spec.measure == "volume" else parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _keep(panels: Path, key: str, markets: Markets) -> None:
    (market,) = markets.by_exchange.values()
    if len(market.counts.code):
        return  # a source with share counts is small; its panel is quicker made than kept
    facts = {
        "described": markets.described,
        "last_date": str(markets.last_date or ""),
        "own_calendar": len(market.calendar) == len(market.panel.sessions),
        "missing": markets.missing,
        "currencies": markets.currencies,
    }
    keep_panel(panels, key, KeptPanel(market.panel, market.prefix, facts))


def _from_kept(
    kept: KeptPanel,
    exchange: str,
    clocks: Callable[[str], SessionClock],
    wanted: Collection[str],
) -> Markets:
    sessions, facts = kept.panel.sessions, kept.facts
    calendar = sessions if facts["own_calendar"] else clocks(exchange).dates
    low = int(np.searchsorted(calendar, sessions[0]))
    market = Market(exchange, kept.panel, calendar, low, ShareCounts.none(), kept.prefix)
    return Markets(
        {exchange: market},
        {ticker: reason for ticker, reason in facts["missing"].items() if ticker in wanted},
        (),
        facts["described"],
        dt.date.fromisoformat(facts["last_date"]) if facts["last_date"] else None,
        facts.get("currencies", {}),
    )
