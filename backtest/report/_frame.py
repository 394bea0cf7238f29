"""Any table for a terminal: numbers rounded for reading, columns as far as there is room."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Collection, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, TextIO

from backtest.report._console import console_for, write
from backtest.report._grid import GAP, INDENT, NOTHING, Column, Grid
from backtest.report._lines import no_room, row

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

SHORTEST = 16
"""Characters that a text keeps at least when a table is too wide."""

SPACE = 1
"""Blanks between columns besides the grid's own."""

_LARGE = 1e5


def show_frame(frame: pl.DataFrame, stream: TextIO) -> None:
    """Print every row of a table."""
    write(_blocks(frame, console_for(stream).width), stream)


def _blocks(frame: pl.DataFrame, width: int) -> Iterator[RenderableType]:
    cells = {name: _texts(frame[name]) for name in frame.columns}
    sizes = {name: max([len(name), *map(len, lines)]) for name, lines in cells.items()}
    left = {name for name, dtype in frame.schema.items() if not dtype.is_numeric()}
    texts = {name for name in left if not frame.schema[name].is_temporal()}
    longest = _longest(sizes, texts, width)
    sizes |= {name: max(len(name), min(sizes[name], longest)) for name in texts}
    shown = _with_room(sizes, width)
    if len(shown) < len(sizes):
        yield no_room(list(sizes)[len(shown) :], "a query may name fewer columns")
    columns = [Column(name, left=name in left) for name in shown]
    laid = Grid(tuple(columns), {name: sizes[name] + SPACE for name in shown})
    yield row(laid.header(), "dim")
    for place in range(frame.height):
        yield row(laid.line({name: _cut(cells[name][place], sizes[name]) for name in shown}))


def _longest(sizes: Mapping[str, int], texts: Collection[str], width: int) -> int:
    """Return how many characters texts may have, so that the table fits if that is possible."""
    longest = max((sizes[name] for name in texts), default=0)
    while longest > SHORTEST:
        short = (min(size, longest) if name in texts else size for name, size in sizes.items())
        if INDENT + sum(size + SPACE + GAP for size in short) <= width:
            break
        longest -= 1
    return longest


def _with_room(sizes: Mapping[str, int], width: int) -> list[str]:
    """Return the first columns that fit, at least one."""
    ends = accumulate((size + SPACE + GAP for size in sizes.values()), initial=INDENT)
    fitting = sum(end - SPACE - GAP <= width for end in list(ends)[1:])
    return list(sizes)[: max(fitting, 1)]


def _texts(values: pl.Series) -> list[str]:
    """Return the cells of a column; floats have as many digits as the column's size asks for."""
    if values.dtype.is_float():
        finite = [abs(value) for value in values.to_list() if _finite(value)]
        digits = _digits(max(finite, default=0.0))
        return [_figure(value, digits) for value in values.to_list()]
    return [_text(value) for value in values.to_list()]


def _digits(largest: float) -> int:
    return 0 if largest >= _LARGE else 2 if largest >= 100 else 3 if largest >= 10 else 4


def _figure(value: float | None, digits: int) -> str:
    if value is None:
        return NOTHING
    if not _finite(value):
        return str(value)
    if digits == 0 and abs(value) < 100 and value != round(value):
        digits = _digits(abs(value))  # a return among dollars, as in the claims
    tiny = value != 0 and abs(value) < 0.5 * 10**-digits
    return f"{value:.1e}" if tiny else f"{value:,.{digits}f}"


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _text(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(_rounded(value), ensure_ascii=False, default=str)
    if isinstance(value, dt.date):
        return str(value)
    return " ".join(str(value).split())


def _rounded(value: object) -> object:
    """Return a nested value with four significant digits."""
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1].rstrip()}…"
