"""The specification curve for a terminal: how far choices agree, and each of them for one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from backtest.notation import LEGEND, STARS, number, percent, span, stars
from backtest.report._console import console_for, write
from backtest.report._grid import Column, Grid
from backtest.report._lines import hanging, no_room, row
from backtest.spec import Window
from backtest.specifications.agreement import by_choice

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

    from backtest.specifications.tables import Curve

REASONS = 8
"""Reasons printed for specifications without a CAR."""

_SUMMARY = (
    Column("n"),
    Column("same sign"),
    Column("p < 5 %"),
    Column("median"),
    Column("lowest", 1),
    Column("highest", 1),
)


def show_curve(made: Curve, stream: TextIO) -> None:
    """Print how far specifications agree; of a single event × ticker every one of them."""
    write(_blocks(made, console_for(stream).width), stream)


def _blocks(made: Curve, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(f"Specification curve of {made.provenance.events}", style="bold")
    for name, values in made.grid.as_dict().items():
        yield row(f"{name:<12}{', '.join(values)}")
    yield row("same sign   as the median; p < 5 % by the t of the prediction error", "dim")
    yield Text()
    curves = made.curves.to_dicts()
    columns = [Column("event", 2, left=True), Column("ticker", left=True), *_SUMMARY]
    yield from _table(columns, [_curve(one) for one in curves], width)
    if len(curves) == 1:
        yield from _choices(made.specifications, width)
        yield from _specifications(made.specifications, width)
    elif curves:
        yield row("--ticker and one event print every specification, --out DIR writes all", "dim")
    yield from _missing(made.missing)


def _curve(one: dict[str, Any]) -> dict[str, str]:
    return {
        "event": one["event_id"],
        "ticker": one["ticker"],
        "n": f"{one['n']:,}",
        "same sign": f"{one['share_same_sign'] * 100:.0f}%",
        "p < 5 %": f"{one['significant']:,}",
        "median": percent(one["median"]),
        "lowest": percent(one["low"]),
        "highest": percent(one["high"]),
    }


def _choices(specifications: pl.DataFrame, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text()
    yield Text("Each choice, all others varying", style="bold")
    lines = [
        {
            "choice": one["choice"],
            "value": one["value"].replace("-", "−") if ":" in one["value"] else one["value"],
            "n": f"{one['n']:,}",
            "positive": f"{one['share_positive'] * 100:.0f}%",
            "p < 5 %": f"{one['significant']:,}",
            "median": percent(one["median"]),
            "lowest": percent(one["low"]),
            "highest": percent(one["high"]),
        }
        for one in by_choice(specifications).iter_rows(named=True)
    ]
    names = [Column("choice", left=True), Column("value", left=True), Column("positive", 1)]
    first, *rest = _SUMMARY
    yield from _table([*names[:2], first, names[2], *rest[1:]], lines, width)


def _specifications(specifications: pl.DataFrame, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text()
    yield Text("Every specification by its CAR", style="bold")
    lines = [
        {
            "rank": str(one["rank"]),
            "CAR": percent(one["car"]) + stars(one["p"]),
            "t": number(one["t"]),
            "window": span(Window(one["start"], one["end"])),
            "model": one["model"],
            "benchmark": one["benchmark"] or "",
            "returns": one["returns"],
            "estimation": span(Window(one["estimation_start"], one["estimation_end"])),
        }
        for one in specifications.iter_rows(named=True)
    ]
    columns = [
        Column("rank"),
        Column("CAR", tail=STARS),
        Column("t"),
        Column("window"),
        *(Column(name, left=True) for name in ("model", "benchmark", "returns")),
        Column("estimation"),
    ]
    yield from _table(columns, lines, width)
    yield Text(LEGEND, style="dim")


def _table(
    columns: list[Column], lines: list[dict[str, str]], width: int
) -> Iterator[RenderableType]:
    if not lines:
        return
    laid = Grid.fitted(columns, lines, width)
    yield row(laid.header(), "dim")
    yield from (row(laid.line(one)) for one in lines)
    if laid.hidden:
        yield no_room(laid.hidden)


def _missing(missing: pl.DataFrame) -> Iterator[RenderableType]:
    """Say why there is no CAR, the most frequent reason first."""
    counts = Counter(missing["reason"].to_list()).most_common()
    for reason, count in counts[:REASONS]:
        yield hanging((f"no CAR {count:>5,}", "dim"), (reason, "dim"))
    rest = sum(count for _, count in counts[REASONS:])
    if rest:
        told = "for other reasons, in the table `missing`"
        yield hanging((f"no CAR {rest:>5,}", "dim"), (told, "dim"))
