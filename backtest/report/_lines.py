"""Lines that wrap under themselves, so that a mark or label at their left stays visible."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

Styled = tuple[str, str]
"""A text and its style."""


def hanging(mark: Styled, *body: Styled, indent: int = 2) -> RenderableType:
    """Return `mark` with lines of `body` beside it; long ones wrap beside it too."""
    return beside([(mark, body)], indent=indent)


def beside(rows: Iterable[tuple[Styled, Iterable[Styled]]], *, indent: int = 0) -> RenderableType:
    """Return rows of a mark and a text, each text wrapped to the right of the marks."""
    from rich.padding import Padding
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for mark, body in rows:
        table.add_row(_text([mark]), _text(body))
    return Padding(table, (0, 0, 0, indent), expand=False)


def no_room(
    names: Iterable[str], otherwise: str = "--format csv or json has the figures"
) -> RenderableType:
    """Return the line that names columns which the terminal is too narrow for.

    Args:
        names: the columns.
        otherwise: where else they can be seen.
    """
    how = f"a wider terminal shows more, {otherwise}"
    return beside([(("hidden    ", ""), [(f"{', '.join(names)}: {how}", "")])])


def row(line: str, style: str = "") -> Text:
    """Return a line of a table, which is cut rather than wrapped."""
    from rich.text import Text

    return Text(line, style=style, no_wrap=True, overflow="ellipsis")


def _text(parts: Iterable[Styled]) -> Text:
    from rich.text import Text

    return Text("\n").join(Text(text, style=style) for text, style in parts)
