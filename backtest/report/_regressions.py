"""Cross-sectional regressions for a terminal: a table a window, and who was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from backtest.notation import LEGEND, STARS, number, percent, span, stars
from backtest.report._console import console_for, write
from backtest.report._grid import Cells, Column, Grid
from backtest.report._lines import hanging, no_room, row
from backtest.spec import Window

if TYPE_CHECKING:
    from rich.console import RenderableType

    from backtest.cross_section.tables import CrossSection

REASONS = 8
"""Reasons printed for rows left out."""

_WHICH = ("model", "start", "end")
_ERRORS = {"hc3": "HC3 errors", "hc1": "HC1 errors", "cluster-date": "errors by reaction date"}

Row = dict[str, Any]


def show_regressions(made: CrossSection, stream: TextIO) -> None:
    """Print every regression and difference."""
    write(_blocks(made, console_for(stream).width), stream)


def _blocks(made: CrossSection, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    response = made.spec.response
    for one in made.regressions.iter_rows(named=True):
        yield Text(_title(one, response), style="bold")
        yield from _told(one)
        own = [r for r in made.coefficients.iter_rows(named=True) if _which(r) == _which(one)]
        columns = [Column("name", left=True), Column("coefficient", tail=STARS)]
        yield from _table([*columns, *_figures()], (_cells(r, response) for r in own), width)
        left = [r for r in made.left_out.iter_rows(named=True) if _which(r) == _which(one)]
        yield from _left_out(left)
        yield Text()
    rows = list(made.differences.iter_rows(named=True))
    for which in dict.fromkeys(_which(one) for one in rows):
        own = [one for one in rows if _which(one) == which]
        yield Text(f"{_title(own[0], response)}: differences of means", style="bold")
        yield row(f"{_ERRORS[made.spec.errors]}; first − second", "dim")
        yield from _differences(own, response, width)
        yield Text()
    yield Text(LEGEND, style="dim")


def _title(one: Row, response: str) -> str:
    return f"{response.upper()} {span(Window(one['start'], one['end']))}, {one['model']}"


def _which(one: Row) -> tuple[Any, ...]:
    return tuple(one[name] for name in _WHICH)


def _told(one: Row) -> Iterator[RenderableType]:
    """Say what the regression is, or why there is none."""
    if one["reason"]:
        yield hanging(("not made", ""), (one["reason"], ""))
        return
    kind = "OLS" if one["weights"] == "none" else "WLS by inverse forecast variance"
    clusters = f" ({one['clusters']} dates)" if one["clusters"] else ""
    yield row(
        f"{kind}, {_ERRORS[one['errors']]}{clusters}, n = {one['n']:,}, "
        f"R² = {one['r_squared']:.3f}, t({one['dof']:,})"
    )
    if one["references"]:
        yield row(f"measured against {one['references']}", "dim")


def _figures() -> list[Column]:
    return [
        Column("std error"),
        Column("t", 1),
        Column("p", 1),
        Column("95 % low", 2),
        Column("95 % high", 2),
    ]


def _cells(one: Row, response: str, name: str = "coefficient") -> Cells:
    unit = _unit(response, one["std_error"])
    return {
        "name": one.get("name", ""),
        name: unit(one[name]) + stars(one["p"]),
        "std error": unit(one["std_error"]).lstrip("+"),
        "t": number(one["t"]),
        "p": number(one["p"], 3),
        "95 % low": unit(one["low"]),
        "95 % high": unit(one["high"]),
    }


def _unit(response: str, std_error: float | None) -> Any:
    """Return how a row's figures are written; where all are tiny, with their digits.

    That is the change for a dollar of something, say; a small figure beside a usual error is zero.
    """
    if response == "scar":
        return number
    return _scientific if std_error is not None and 0 < std_error < 5e-5 else percent


def _scientific(value: float | None) -> str:
    return percent(value) if value is None else f"{value:.2e}".replace("-", "−")


def _table(
    columns: Sequence[Column], rows: Iterable[Cells], width: int
) -> Iterator[RenderableType]:
    lines = list(rows)
    if not lines:
        return
    laid = Grid.fitted(columns, lines, width)
    yield row(laid.header(), "dim")
    yield from (row(laid.line(one)) for one in lines)
    if laid.hidden:
        yield no_room(laid.hidden)


def _differences(rows: Sequence[Row], response: str, width: int) -> Iterator[RenderableType]:
    columns = [
        Column("first", left=True),
        Column("second", left=True),
        Column("n"),
        Column("difference", tail=STARS),
        *_figures(),
    ]
    lines = [
        {
            **_cells(one, response, "difference"),
            "first": one["first"],
            "second": one["second"],
            "n": f"{one['n_first']}/{one['n_second']}",
        }
        for one in rows
        if not one["reason"]
    ]
    yield from _table(columns, lines, width)
    for one in rows:
        if one["reason"]:
            named = f"{one['first']} − {one['second']}: {one['reason']}"
            yield hanging(("not made", "dim"), (named, "dim"))


def _left_out(left: Sequence[Row]) -> Iterator[RenderableType]:
    """Count who is missing by reason, the most frequent first."""
    counts = Counter(one["reason"] for one in left)
    for reason, count in counts.most_common(REASONS):
        yield hanging((f"left out {count:>4,}", "dim"), (reason, "dim"))
    rest = len(left) - sum(count for _, count in counts.most_common(REASONS))
    if rest:
        yield hanging((f"left out {rest:>4,}", "dim"), ("for other reasons, in JSON", "dim"))
