"""The list of models or tests: what each computes, after whom, and what it is robust to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from backtest.report._console import console_for, write
from backtest.report._grid import Column, Grid
from backtest.report._lines import beside, row

if TYPE_CHECKING:
    import polars as pl
    from rich.console import RenderableType

UNTOLD = "–"


def show_plugins(frame: pl.DataFrame, noun: str, stream: TextIO) -> None:
    """Print plug-ins: key and title, then what each says of itself.

    Args:
        frame: `key`, `title`, `source`, `formula`, `robust_to` (list).
        noun: what they are called.
        stream: where to.
    """
    write(_blocks(frame.to_dicts(), noun, console_for(stream).width), stream)


def _blocks(
    plugins: Sequence[dict[str, object]], noun: str, width: int
) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(f"{len(plugins)} {noun}", style="bold")
    columns = [Column("key", left=True), Column("title", left=True)]
    lines = [{one.name: str(plugin[one.name] or UNTOLD) for one in columns} for plugin in plugins]
    laid = Grid.fitted(columns, lines, width)
    yield row(laid.header(), "dim")
    for plugin, line in zip(plugins, lines, strict=True):
        yield row(laid.line(line))
        told = [(name, str(plugin[name] or UNTOLD)) for name in ("formula", "source")]
        told.append(("robust to", robustness(plugin["robust_to"])))
        yield beside([((name, "dim"), [(text, "")]) for name, text in told], indent=6)


def robustness(traits: object) -> str:
    """Return what a plug-in withstands, or that it is none of the usual departures."""
    return ", ".join(map(str, traits)) if isinstance(traits, list) and traits else "none of these"
