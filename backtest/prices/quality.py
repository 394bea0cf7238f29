"""Prices that a reader should look at before believing a number made from them.

Nothing is changed here: an odd print stays as published, and a note points at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["odd-print", "stale", "not-positive", "crossed"]

_ODD_RATIO = 14.0
_ODD_SIZE = 0.03
_STALE_SESSIONS = 10
_ENOUGH_SESSIONS = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: which price, when, and why."""

    kind: Kind
    ticker: str
    date: date
    column: str
    value: float
    why: str

    def __str__(self) -> str:
        return f"{self.ticker} {self.date}: {self.column} {self.value:.2f} {self.why}"


def find(bars: pl.DataFrame) -> tuple[Finding, ...]:
    """Look for odd prints, constant stretches, impossible bars and prices that are not positive.

    Args:
        bars: `BARS` rows of any securities, in any order.
    """
    ordered = bars.sort("ticker", "date")
    found = [*_stale(ordered), *_not_positive(ordered)]
    if not ordered["high"].is_null().all():
        found += [*_odd(ordered), *_crossed(ordered)]
    return tuple(sorted(found, key=lambda finding: (finding.ticker, finding.date, finding.column)))


def quality_notes(bars: pl.DataFrame, most: int = 8) -> tuple[str, ...]:
    """Return the findings as sentences; of more than `most`, the rest as a count."""
    found = find(bars)
    notes = [f"check {finding}" for finding in found[:most]]
    if len(found) > most:
        rest = found[most:]
        names = sorted({finding.ticker for finding in rest})
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        notes.append(f"{len(rest)} more prices to check ({shown})")
    return tuple(notes)


def _odd(bars: pl.DataFrame) -> Iterable[Finding]:
    """Highs and lows that neither their own bar nor the bars beside it come near.

    The spike is how far a high stands above its open and close *and* above the highs of the
    sessions before and after (a low likewise below). It is odd when it is fourteen times what the
    security's wicks usually measure: Oracle's real +43 % high of 2025-09-10 stays below ten.
    """
    import polars as pl

    body = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    for column, wick, beyond in (
        ("high", (pl.col("high") / body[0]).log(), (pl.col("high") / _beside("high")).log()),
        ("low", (body[1] / pl.col("low")).log(), (_beside("low") / pl.col("low")).log()),
    ):
        spike = pl.min_horizontal(wick, beyond)
        usual = wick.median().over("ticker")
        long_enough = pl.col("date").count().over("ticker") >= _ENOUGH_SESSIONS
        odd = (spike > _ODD_RATIO * usual) & (spike > _ODD_SIZE) & long_enough & (usual > 0)
        side = "above" if column == "high" else "below"
        for row in bars.filter(odd.fill_null(False)).iter_rows(named=True):
            edge = (
                max(row["open"], row["close"])
                if side == "above"
                else min(row["open"], row["close"])
            )
            far = abs(row[column] / edge - 1)
            why = f"stands {far:.1%} {side} its open and close and far off the days beside it"
            yield Finding("odd-print", row["ticker"], row["date"], column, row[column], why)


def _beside(column: str) -> pl.Expr:
    import polars as pl

    before, after = (pl.col(column).shift(step).over("ticker") for step in (1, -1))
    if column == "high":
        return pl.max_horizontal(before, after)
    return pl.min_horizontal(before, after)


def _crossed(bars: pl.DataFrame) -> Iterable[Finding]:
    """A high below the bar's own open or close, or a low above (beyond rounding)."""
    import polars as pl

    slack = 1e-4
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    for column, wrong, side in (
        ("high", pl.col("high") < top * (1 - slack), "below"),
        ("low", pl.col("low") > bottom * (1 + slack), "above"),
    ):
        for row in bars.filter(wrong.fill_null(False)).iter_rows(named=True):
            why = f"is {side} its own open or close"
            yield Finding("crossed", row["ticker"], row["date"], column, row[column], why)


def _stale(bars: pl.DataFrame) -> Iterable[Finding]:
    """Closes that do not move for two weeks: a halt, a delisting or a feed that stopped."""
    import polars as pl

    closes = bars.lazy().filter(pl.col("close").is_not_null()).select("ticker", "date", "close")
    other = pl.col("ticker").ne_missing(pl.col("ticker").shift())
    begins = other | (pl.col("close") != pl.col("close").shift())
    starts = closes.with_row_index("row").filter(begins.fill_null(True))
    length = pl.coalesce(pl.col("row").shift(-1), closes.select(pl.len()).collect().item())
    runs = starts.with_columns(sessions=length.cast(pl.Int64) - pl.col("row").cast(pl.Int64))
    for row in runs.filter(pl.col("sessions") >= _STALE_SESSIONS).collect().iter_rows(named=True):
        why = f"stays the same for {row['sessions']} sessions"
        yield Finding("stale", row["ticker"], row["date"], "close", row["close"], why)


def _not_positive(bars: pl.DataFrame) -> Iterable[Finding]:
    import polars as pl

    for column in ("open", "high", "low", "close", "adj_close"):
        bad = bars.filter((pl.col(column) <= 0).fill_null(False))
        for row in bad.iter_rows(named=True):
            why = "is not a price"
            yield Finding("not-positive", row["ticker"], row["date"], column, row[column], why)
