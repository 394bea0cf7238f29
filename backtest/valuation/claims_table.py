"""The `claims` table: every headline number with its verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import CLAIMS
from backtest.engine.arrays import Floats
from backtest.engine.windows import gather
from backtest.prices.panel import Panel
from backtest.spec import Window
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
    unit: float = 1.0
    """Money that one unit of the price is: 0.01 where it is quoted in pence."""


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

    claims = statements.rows(named=True)
    located = [places.get((claim["event_id"], claim["ticker"])) for claim in claims]
    measured = _measure_all(claims, located)
    rows = [
        _row(claim, _judged(claim, measured.get(number), absent))
        for number, claim in enumerate(claims)
    ]
    return CLAIMS.check(pl.DataFrame(rows, schema=CLAIMS.schema(), orient="row"))


def _judged(
    claim: dict[str, Any], measured: Measured | None, absent: Mapping[tuple[str, str], str]
) -> Verdict:
    if measured is None:
        reason = absent.get((claim["event_id"], claim["ticker"]), "no price")
        return Verdict("unverifiable", np.nan, None, reason)
    return judge(
        claim["quantity"],
        claim["basis"],
        claim["value"],
        claim["tolerance"],
        claim["comparison"],
        measured,
    )


def _row(claim: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    copied = ("event_id", "claim_id", "ticker", "quantity", "basis", "start", "end", "source")
    return {
        **{name: claim[name] for name in copied},
        "claimed": claim["value"],
        "measured": verdict.measured if math.isfinite(verdict.measured) else None,
        "verdict": verdict.verdict,
        "best_basis": verdict.best_basis,
        "reason": verdict.reason,
    }


def _measure_all(
    claims: Sequence[dict[str, Any]], located: Sequence[Place | None]
) -> dict[int, Measured]:
    """Measure all claims of one panel and window together; by the claim's number."""
    together: dict[tuple[int, int, int], list[int]] = {}
    for number, (claim, place) in enumerate(zip(claims, located, strict=True)):
        if place is not None:
            group = id(place.panel), claim["start"], claim["end"]
            together.setdefault(group, []).append(number)
    measured: dict[int, Measured] = {}
    for (_, start, end), numbers in together.items():
        own = [place for number in numbers if (place := located[number]) is not None]
        measured.update(zip(numbers, _measure(own, Window(start, end)), strict=True))
    return measured


def _measure(places: Sequence[Place], window: Window) -> list[Measured]:
    """Measure claims over one window of one panel."""
    panel, counts = places[0].panel, places[0].counts
    rows = np.array([place.row for place in places])
    day0 = np.array([place.day0 for place in places])

    def cut(name: str, sessions: Window = window) -> Floats:
        prices = panel.prices.get(name)
        if prices is None:
            return np.full((len(rows), len(sessions)), np.nan)
        return gather(prices, rows, day0, sessions)

    last = day0 + window.end
    inside = (last >= 0) & (last < len(panel.sessions))
    dates = panel.sessions[last.clip(0, len(panel.sessions) - 1)]
    shares, _ = counts.known(rows, np.where(inside, dates, np.datetime64("NaT", "D")))
    before = cut("close", Window(window.start - 1, window.start - 1))[:, 0]
    shares = shares * np.array([place.unit for place in places])
    return measure(before, cut("close"), cut("high"), cut("low"), cut("open"), shares)
