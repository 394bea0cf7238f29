"""The `claims` table: every headline number with its verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


_COPIED = ("event_id", "claim_id", "ticker", "quantity", "basis", "start", "end", "source")
_ASKED = ("quantity", "basis", "value", "tolerance", "comparison")
"""What is asked of a claim, in the order of `judge`."""


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

    keys = statements.select("event_id", "ticker").rows()
    windows = statements.select("start", "end").rows()
    measured = _measure_all(windows, [places.get(key) for key in keys])
    asked = statements.select(*_ASKED).rows()
    verdicts = [
        judge(quantity, basis, claimed, tolerance, comparison, measured[number])
        if number in measured
        else Verdict("unverifiable", math.nan, None, absent.get(key, "no price"))
        for number, (key, (quantity, basis, claimed, tolerance, comparison)) in enumerate(
            zip(keys, asked, strict=True)
        )
    ]
    answers = pl.DataFrame(
        {
            "measured": pl.Series([one.measured for one in verdicts], dtype=pl.Float64),
            "verdict": pl.Series([one.verdict for one in verdicts], dtype=pl.String),
            "best_basis": pl.Series([one.best_basis for one in verdicts], dtype=pl.String),
            "reason": pl.Series([one.reason for one in verdicts], dtype=pl.String),
        }
    ).with_columns(pl.col("measured").fill_nan(None))
    copied = statements.select(*_COPIED, pl.col("value").alias("claimed"))
    return CLAIMS.check(copied.hstack(answers))


def _measure_all(
    windows: Sequence[tuple[int, int]], located: Sequence[Place | None]
) -> dict[int, Measured]:
    """Measure all claims of one panel and window together; by the claim's number."""
    together: dict[tuple[int, int, int], list[int]] = {}
    for number, (window, place) in enumerate(zip(windows, located, strict=True)):
        if place is not None:
            together.setdefault((id(place.panel), *window), []).append(number)
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
