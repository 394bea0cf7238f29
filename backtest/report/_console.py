"""Where reports are printed: a terminal as wide as it is, or a pipe wide enough for all columns."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_WIDTH = 160

_PLAIN = str.maketrans("−–—·→Δ÷×†…✓✗▴“”‘’", "---->d/x+.+x^\"\"''")
"""What stands for characters that a terminal of another age may lack, as wide as they are."""


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
    stream.write(_sayable("\n".join(lines), stream))


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


def speaks_utf8(stream: TextIO) -> bool:
    """Whether a stream can show every character."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding == "utf8"


def _sayable(text: str, stream: TextIO) -> str:
    """Return a text in characters that its stream can show: similar ones, else ?."""
    if speaks_utf8(stream) or not stream.encoding:
        return text
    encoding = stream.encoding
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        lacking = {char for char in set(text) if not _has(encoding, char)}
        similar = {ord(char): chr(_PLAIN[ord(char)]) for char in lacking if ord(char) in _PLAIN}
        return text.translate(similar).encode(encoding, "replace").decode(encoding)
    return text


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
