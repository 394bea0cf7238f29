"""Prices as the checks look at them: sorted, in batches of whole securities."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backtest.contracts import Frame, frame_columns
from backtest.prices.provider import ACTIONS, BARS

if TYPE_CHECKING:
    import polars as pl

FINDINGS = Frame(
    "findings",
    "what to look at",
    ("check", "ticker", "date", "column"),
    frame_columns("check:String ticker:String date:Date until:Date column:String value why:String"),
)
"""`until` is the last day of a finding that spans several; `value` is the price or count."""

CODE = "_code"
SAME = "_same"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known besides the prices.

    Attributes:
        exchange: by ticker, where it is known.
        sessions: by exchange, ascending datetime64[D].
        ends: by ticker, the day up to which there should be prices.
        latest: the last day that can have a price; None if any day can.
        actions: `ACTIONS` where the source knows them, of all securities in `with_actions`.
        with_actions: securities whose splits and dividends are all known.
        currencies: by ticker, what the source says.
        expected: by ticker, what its exchange quotes in.
    """

    exchange: Mapping[str, str] = field(default_factory=dict)
    sessions: Mapping[str, NDArray[np.datetime64]] = field(default_factory=dict)
    ends: Mapping[str, dt.date] = field(default_factory=dict)
    latest: dt.date | None = None
    actions: pl.DataFrame = field(default_factory=ACTIONS.empty)
    with_actions: frozenset[str] = frozenset()
    currencies: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prices:
    """Some securities, all of their rows.

    Attributes:
        raw: `BARS` rows with `CODE`, sorted by security and date, with duplicates.
        rows: the first of each session's, with `SAME`: whether the row before is of the security.
        valid: those of them with a close that is a price; `SAME` is about these.
        setting: what is known besides.
    """

    raw: pl.DataFrame
    rows: pl.DataFrame
    valid: pl.DataFrame
    setting: Setting

    def has(self, *columns: str) -> bool:
        """Whether any row has all of these columns filled."""
        return all(self.rows[name].null_count() < self.rows.height for name in columns)


def prepared(bars: pl.DataFrame, setting: Setting, size: int) -> Iterator[Prices]:
    """Sort prices by security and date, and yield them in batches of about `size` rows."""
    import polars as pl

    codes = bars["ticker"].cast(pl.Categorical).to_physical().cast(pl.Int64)
    key = codes * (1 << 32) + bars["date"].to_physical().cast(pl.Int64)
    frame = bars.select(BARS.names).with_columns(codes.cast(pl.UInt32).alias(CODE), _key=key)
    if not key.is_sorted():
        frame = frame.sort("_key", maintain_order=True)
    code = frame[CODE].to_numpy()
    starts = np.flatnonzero(np.diff(code, prepend=-1 if len(code) else 0))
    bounds = [*starts.tolist(), len(code)]
    first = 0
    for end in bounds[1:]:
        if end - first >= size or end == len(code):
            yield _batch(frame.slice(first, end - first), setting)
            first = end


def _batch(frame: pl.DataFrame, setting: Setting) -> Prices:
    import polars as pl

    again = frame["_key"] == frame["_key"].shift()
    raw = frame.drop("_key")
    rows = raw.filter(~again.fill_null(False)) if again.any() else raw
    close = pl.col("close")
    valid = rows.filter((close > 0) & close.is_finite())
    return Prices(raw, _with_same(rows), _with_same(valid), setting)


def _with_same(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    same = (pl.col(CODE) == pl.col(CODE).shift()).fill_null(False)
    return rows.with_columns(same.alias(SAME))


def before(name: str, by: int = 1) -> pl.Expr:
    """Return a column of the row before of the same security, null at its beginning.

    Args:
        name: the column.
        by: rows; negative ones are after.
    """
    import polars as pl

    there = pl.col(CODE) == pl.col(CODE).shift(by)
    return pl.when(there).then(pl.col(name).shift(by))


def findings(
    rows: pl.DataFrame,
    check: str,
    why: pl.Expr,
    *,
    column: str = "close",
    value: pl.Expr | None = None,
    until: pl.Expr | None = None,
) -> pl.DataFrame:
    """Return rows as `FINDINGS`.

    Args:
        rows: with `ticker` and `date`.
        check: its name.
        why: a sentence about each.
        column, value: what is pointed at; the column's own value by default.
        until: the last day.
    """
    import polars as pl

    if rows.is_empty():
        return FINDINGS.empty()
    # Polars 2.1 panics where it puts text together from columns that are cut differently.
    return rows.rechunk().select(
        pl.lit(check).alias("check"),
        "ticker",
        "date",
        (pl.lit(None) if until is None else until).cast(pl.Date).alias("until"),
        pl.lit(column).alias("column"),
        (pl.col(column) if value is None else value).cast(pl.Float64).alias("value"),
        why.cast(pl.String).alias("why"),
    )


def told(name: str) -> pl.Expr:
    """Return a price as text with four figures behind the point at most."""
    import polars as pl

    return pl.col(name).round(4).cast(pl.String)


def share(name: str) -> pl.Expr:
    """Return a decimal as text in percent, a figure behind the point."""
    import polars as pl

    return (pl.col(name) * 100).round(1).cast(pl.String) + "%"
