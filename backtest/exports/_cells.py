"""How the columns of a workbook are written: number formats by unit, widths by content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.contracts import Column, Frame

if TYPE_CHECKING:
    import polars as pl

PERCENT = "0.00%"
MILLIONS = '#,##0.0,,"m"'
"""Money stands in its units and is shown in millions; the cell keeps every dollar."""

P_VALUE = '[<0.0005]"<0.001";0.000'
CLAIMED = ("claimed", "measured")
"""Columns that hold returns or money, row by row: what is beyond `MONEY` is money."""

MONEY = 1_000.0

_BY_UNIT = {"decimal": PERCENT, "currency": MILLIONS, "shares": "#,##0", "sessions": "0"}
_BY_NAME = {
    **dict.fromkeys(("p", "p_holm", "p_bh"), P_VALUE),
    **dict.fromkeys(CLAIMED, PERCENT),
    "dof": "General",
    "missing": PERCENT,
    **dict.fromkeys(("r_squared", "r_bar", "r_bar_widest"), "0.000"),
}
_BY_TYPE = {"Float64": "0.00", "Int32": "#,##0", "Date": "yyyy-mm-dd"}

WIDEST = 60
"""Characters of a column at most."""

_FILTER = 4
"""Characters that the button of a filter takes in a heading."""

_SEEN = 2_000
"""Rows that are looked at to find a column's width."""

_PIXELS = 7
"""Of a character in the usual font."""

_LINE = 20
"""Pixels of a line."""


def number_format(column: Column, *, decimals: bool = True) -> str:
    """Return the format of a column.

    Args:
        column: its contract.
        decimals: whether `decimal` means per cent, which it does in studies of returns.
    """
    if column.name in _BY_NAME:
        return _BY_NAME[column.name]
    if column.unit == "decimal" and not (decimals or column.name == "share_positive"):
        return "0.000"
    return _BY_UNIT.get(column.unit) or _BY_TYPE.get(column.dtype, "General")


def widths(frame: pl.DataFrame, contract: Frame, *, decimals: bool = True) -> dict[str, int]:
    """Return the width of every column in pixels: its heading, or its widest cell as shown."""
    sizes = {}
    for column in contract.columns:
        shown = max(len(column.name) + _FILTER, _longest(frame[column.name], column, decimals))
        sizes[column.name] = (min(shown, WIDEST) + 1) * _PIXELS
    return sizes


def row_heights(table: pl.DataFrame, sizes: dict[str, int]) -> dict[int | tuple[int, ...], int]:
    """Return the heights in pixels of rows whose texts take several lines, by row of the sheet.

    Spreadsheets do not find them by themselves. A long table gets none: its texts stay on one line.
    """
    import polars as pl
    import polars.selectors as cs

    if table.height > _SEEN:
        return {}
    texts = table.select(cs.string()).columns
    lines = [(pl.col(name).str.len_chars() / (sizes[name] // _PIXELS + 4)).ceil() for name in texts]
    counts = table.select(pl.max_horizontal(pl.lit(1.0), *lines)).to_series().to_list()
    return {row: int(count) * _LINE for row, count in enumerate(counts, start=1) if count > 1}


def _longest(values: pl.Series, column: Column, decimals: bool) -> int:
    """Return the characters of the widest cell, as its format shows it."""
    import polars as pl

    known = values.head(_SEEN).drop_nulls()
    if known.is_empty():
        return 0
    if column.dtype == "String":
        return int(known.str.len_chars().max())  # type: ignore[arg-type]
    if not known.dtype.is_float():
        return 10 if known.dtype == pl.Date else len(str(known.max())) + 2
    largest = float(known.abs().max())  # type: ignore[arg-type]
    shown = number_format(column, decimals=decimals)
    if shown == PERCENT and (column.name not in CLAIMED or largest < MONEY):
        return len(f"{largest:.2%}") + 1
    if shown in (MILLIONS, PERCENT):
        return len(f"{largest / 1e6:,.1f}m") + 1
    return len(f"{largest:,.0f}") + 4
