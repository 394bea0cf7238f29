"""Where reports are printed: a terminal as wide as it is, or a pipe wide enough for all columns."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_WIDTH = 160


def write(blocks: Iterable[RenderableType], stream: TextIO, width: int | None = None) -> None:
    """Print blocks; colours only on a terminal and where NO_COLOR allows them.

    Everything is laid out first and written at once, so that a reader who goes away (`| head`) is
    seen by whoever called, and no line ends in blanks.
    """
    console = console_for(stream, width)
    with console.capture() as captured:
        for block in blocks:
            console.print(block)
    lines = (line.rstrip(" ") for line in captured.get().split("\n"))
    _say_what_it_can(stream)
    stream.write("\n".join(lines))


def plain(blocks: Iterable[RenderableType], width: int) -> str:
    """Return blocks as text without styles."""
    stream = io.StringIO()
    write(blocks, stream, width)
    return stream.getvalue().rstrip("\n")


def console_for(stream: TextIO, width: int | None = None) -> Console:
    """Return a console for a stream, as wide as it is or as `width` says."""
    from rich.console import Console

    if os.environ.get("NO_COLOR"):
        # Bold and dim are escape codes too, and a pipe has none either.
        quiet = Console(file=stream, highlight=False, color_system=None)
        return quiet if quiet.is_terminal and not width else _sized(stream, width)
    console = Console(file=stream, highlight=False)
    return console if console.is_terminal and not width else _sized(stream, width)


def _sized(stream: TextIO, width: int | None) -> Console:
    from rich.console import Console

    columns = os.environ.get("COLUMNS", "")
    told = int(columns) if columns.isdigit() and int(columns) > 0 else PIPE_WIDTH
    return Console(file=stream, highlight=False, color_system=None, width=width or told)


def _say_what_it_can(stream: TextIO) -> None:
    """Write ? for characters that a terminal of another age cannot show, instead of failing."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    if isinstance(stream, io.TextIOWrapper) and encoding != "utf8":
        stream.reconfigure(errors="replace")
