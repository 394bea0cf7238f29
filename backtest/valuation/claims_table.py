"""The `claims` table: every headline number with its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import CLAIMS
from backtest.prices.panel import Panel
from backtest.valuation.claims import Measured, Verdict, judge, measure
from backtest.valuation.shares import ShareCounts

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Place:
    """Where one event's security stands: its panel, row, and session index of τ = 0."""

    panel: Panel
    counts: ShareCounts
    row: int
    day0: int


def claims_table(
    statements: pl.DataFrame,
    places: Mapping[tuple[str, str], Place],
    absent: Mapping[tuple[str, str], str],
) -> pl.DataFrame:
    """Judge every claim of `statements` on the event's main session.

    Args:
        statements: claims as made.
        places: by (event, ticker).
        absent: why a security has no place, by (event, ticker).
    """
    import polars as pl

    rows = []
    for claim in statements.iter_rows(named=True):
        key = claim["event_id"], claim["ticker"]
        place = places.get(key)
        if place is None:
            reason = absent.get(key, "no price")
            verdict = Verdict("unverifiable", np.nan, None, reason)
        else:
            verdict = judge(
                claim["quantity"],
                claim["basis"],
                claim["value"],
                claim["tolerance"],
                claim["comparison"],
                _measured(place, claim["start"], claim["end"]),
            )
        rows.append(_row(claim, verdict))
    return CLAIMS.check(pl.DataFrame(rows, schema=CLAIMS.schema(), orient="row"))


def _row(claim: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    copied = ("event_id", "claim_id", "ticker", "quantity", "basis", "start", "end", "source")
    return {
        **{name: claim[name] for name in copied},
        "claimed": claim["value"],
        "measured": verdict.measured if np.isfinite(verdict.measured) else None,
        "verdict": verdict.verdict,
        "best_basis": verdict.best_basis,
        "reason": verdict.reason,
    }


def _measured(place: Place, start: int, end: int) -> Measured:
    """Cut a claim's window out of the panel."""
    sessions = place.panel.sessions
    first, last = place.day0 + start, place.day0 + end

    def cut(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        prices = place.panel.prices.get(name)
        if prices is None or first < 0 or last >= len(sessions):
            return np.full(end - start + 1, np.nan)
        return prices[place.row, first : last + 1]

    closes = place.panel.prices["close"][place.row]
    before = float(closes[first - 1]) if 0 < first <= len(sessions) else np.nan
    shares = np.nan
    if 0 <= last < len(sessions):
        known, _ = place.counts.known(np.array([place.row]), sessions[[last]])
        shares = float(known[0])
    return measure(before, cut("close"), cut("high"), cut("low"), cut("open"), shares)
