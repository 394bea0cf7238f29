"""Placing observations in the panels; what cannot be placed is excluded with the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import EXCLUDED
from backtest.engine.arrays import Bools, Ints
from backtest.results.event_frames import OBS
from backtest.results.markets import Market, Markets
from backtest.spec import StudySpec
from backtest.stages import stage
from backtest.valuation.claims_table import Located
from backtest.valuation.currency import currency_unit

if TYPE_CHECKING:
    import polars as pl

SECOND = "second candidate session: "

_PARTY = ("event_id", "ticker")


@dataclass(frozen=True, slots=True)
class Placed:
    """Observations of one exchange with their panel coordinates, all (n,)."""

    market: Market
    observations: pl.DataFrame
    rows: Ints
    day0: Ints

    def take(self, chosen: Bools) -> Placed:
        """Return some of the observations."""
        import polars as pl

        if chosen.all():
            return self
        kept = self.observations.filter(pl.Series(chosen))
        return Placed(self.market, kept, self.rows[chosen], self.day0[chosen])


@stage("align")
def place(observations: pl.DataFrame, markets: Markets) -> tuple[list[Placed], pl.DataFrame]:
    """Return the observations by exchange, and those excluded at stage `prices`.

    Args:
        observations: `OBSERVATIONS`; each gets its row number as `OBS`.
        markets: the panels.
    """
    import polars as pl

    placed, excluded = [], []
    observations = observations.with_row_index(OBS)
    for exchange, market in markets.by_exchange.items():
        own = observations.filter(pl.col("exchange") == exchange)
        rows = market.panel.rows(own["ticker"].to_list())
        sessions = own["session"].to_numpy().astype("datetime64[D]")
        day0 = market.panel.index(sessions)
        first, last = (bound[rows.clip(0)] for bound in market.span)
        # Beyond the axis means after the last price: the axis ends at the last price or later.
        there = (rows >= 0) & (day0 >= first) & (day0 <= last) & (day0 >= 0)
        everything = Placed(market, own, rows, day0)
        placed.append(everything.take(there))
        excluded.append(_excluded(everything.take(~there), markets))
    frame = pl.concat(excluded) if excluded else EXCLUDED.empty()
    return placed, frame


def barred_by_factors(
    placed: Placed, columns: Collection[str], spec: StudySpec
) -> dict[str, Bools]:
    """Return reason → (n,) of the observations that some factors do not reach."""
    factors = placed.market.factors
    if factors is None or not columns:
        return {}
    _, last = placed.market.span
    reach = np.minimum(placed.day0 + spec.window.end, last[placed.rows])
    return factors.barred(columns, placed.day0, reach, spec)


def _excluded(left: Placed, markets: Markets) -> pl.DataFrame:
    """Name what is left out; a second candidate session only where the main one is studied."""
    import polars as pl

    rows: list[dict[str, Any]] = []
    mains = set(left.observations.filter(~pl.col("alternative")).select(_PARTY).rows())
    for one, row in zip(left.observations.iter_rows(named=True), left.rows, strict=True):
        if one["alternative"] and (one["event_id"], one["ticker"]) in mains:
            continue
        prefix = SECOND if one["alternative"] else ""
        rows.append(
            {
                "event_id": one["event_id"],
                "ticker": one["ticker"],
                "stage": "prices",
                "reason": prefix + _reason(left.market, one, int(row), markets),
            }
        )
    return EXCLUDED.check(pl.DataFrame(rows, schema=EXCLUDED.schema(), orient="row"))


def _reason(market: Market, one: dict[str, Any], row: int, markets: Markets) -> str:
    if row < 0:
        return markets.missing.get(one["ticker"], "the price source has no such ticker")
    session: dt.date = one["session"]
    first, last = (int(bound[row]) for bound in market.span)
    sessions = market.panel.sessions
    if last < 0:
        return "no usable price"
    if session > sessions[last].item():
        return f"not yet traded: prices end {sessions[last]}, the event reacts {session}"
    if session < sessions[first].item():
        return f"prices start {sessions[first]}, the event reacts {session}"
    return f"{session} is not among the sessions of the prices"


def located(placed: Sequence[Placed], statements: pl.DataFrame) -> list[Located]:
    """Return where the securities of claims stand on their event's main session.

    Args:
        placed: the observations.
        statements: the claims, by `event_id` and `ticker`.
    """
    import polars as pl

    asked = statements.select(*_PARTY).with_row_index("claim")
    found = []
    for one in placed:
        main = one.observations.select(*_PARTY, "alternative", "currency").with_row_index("at")
        hits = asked.join(main.filter(~pl.col("alternative")), on=list(_PARTY)).sort("claim")
        at = hits["at"].to_numpy().astype(np.int64)
        units = {quoted: currency_unit(quoted)[1] for quoted in hits["currency"].unique()}
        unit = hits["currency"].replace_strict(units, return_dtype=pl.Float64).to_numpy()
        claims = hits["claim"].to_numpy().astype(np.int64)
        market = one.market
        found.append(Located(market.panel, market.counts, claims, one.rows[at], one.day0[at], unit))
    return found


def absent(excluded: pl.DataFrame) -> dict[tuple[str, str], str]:
    """Return why a security has no price on its event's main session, by event and ticker."""
    rows = excluded.filter(excluded["stage"].is_in(["sessions", "prices"])).rows()
    return {
        (event, ticker): reason
        for event, ticker, _, reason in rows
        if not reason.startswith(SECOND)
    }
