"""`PATH?name=value&…`: where a source is, and what is to be known about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backtest.errors import BadUsage, did_you_mean
from backtest.prices._address import is_address, is_on_disk

CLOSE = "close"
"""The option that says what a close is (`prices/closes.py`)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path or address without its options, and the options."""

    path: str
    options: dict[str, str]


def split_place(text: str, *known: str) -> Place:
    """Separate a place from its options.

    Values are taken as they stand, up to the next `&name=` of a known name, so that a query may
    hold any character. An address keeps whatever other question it asks of its server.

    Raises:
        BadUsage: an option that is not known.
    """
    path, mark, tail = text.partition("?")
    pattern = rf"(?:^|[?&])({'|'.join(map(re.escape, known))})="
    if is_address(text):
        found = re.search(rf"[?&](?:{'|'.join(map(re.escape, known))})=", text)
        path, mark, tail = (
            (text[: found.start()], "?", text[found.start() + 1 :])
            if found
            else (
                text,
                "",
                "",
            )
        )
    if not mark or is_on_disk(text):
        return Place(text, {})
    _, *parts = re.split(pattern, tail)
    if not re.match(pattern, tail):
        name = tail.partition("=")[0]
        raise BadUsage.because(
            "unknown-option",
            f"`{name}` is no option of such a source; there are: {', '.join(known)}",
            field="prices",
            hint=did_you_mean(name, known) or f"write it as {path}?{known[0]}=…",
        )
    return Place(path, dict(zip(parts[::2], parts[1::2], strict=True)))
