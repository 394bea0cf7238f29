"""Characters that would command a terminal instead of being read.

An escape sequence in a title can recolour, hide or overwrite what a terminal shows, and a mark that
turns the direction of writing can make a line say what it does not. Input is refused where it has
them; messages, which may quote anything, show them as escapes.
"""

from __future__ import annotations

import re

_RANGES = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_COMMANDS = re.compile(f"[{_RANGES}]")

PATTERN = r"[\x00-\x08\x0b-\x1f\x7f-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
"""The same for Polars: control characters but tab and line feed, and marks of direction."""


def command_in(text: str) -> str | None:
    """Return the name of the first such character, as `U+001B`; None where there is none."""
    found = _COMMANDS.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def printable(text: str) -> str:
    """Return the text with such characters written out: `\\x1b[31m`."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


LONGEST_LINE = 2_000
"""Characters of a message; nobody reads more of what it quotes."""


def shortened(text: str, most: int = LONGEST_LINE) -> str:
    """Return the text, without its middle where it has more characters than `most`."""
    if len(text) <= most:
        return text
    left = most * 3 // 4
    right = most - left
    lost = len(text) - most
    return f"{text[:left]} … ({lost:,} characters left out) … {text[-right:]}"
