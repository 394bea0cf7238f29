"""The words of a condition: dates as SQL writes them, days that there are, faults told plainly."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

TOKEN = re.compile(
    r"\"(?:[^\"]|\"\")*\"|`[^`]*`|'(?:[^']|'')*'|--|/\*|[A-Za-z_]\w*|\d[\w.]*|\s+|.", re.DOTALL
)

# `day` is text, which sorts as the dates do; so date('2025-12-01') is the text in it.
_DATE = re.compile(
    r"\bdate\s*\(\s*('[^']*'|day)\s*\)|\bdate\s+('[^']*')|'(?:[^']|'')*'", re.IGNORECASE
)
_DAY_PART = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
_COMPARED = ("=", "<", ">", "<=", ">=", "<>", "!=", "==")


def with_plain_dates(text: str) -> str:
    """Return a condition whose dates are texts, as `day` is."""
    return _DATE.sub(lambda found: found[1] or found[2] or found[0], text)


def no_days(text: str) -> Iterator[str]:
    """Yield the texts that `day` is compared with and that are no dates.

    Less than a date is enough for an order (`day >= '2026'`), for an equality it is not.
    """
    tokens = [one for one in TOKEN.findall(text) if not one.isspace()]
    for at, token in enumerate(tokens):
        if token.strip('"`').lower() != "day":
            continue
        for literal, exact in (*_after(tokens, at + 1), *_before(tokens, at - 1)):
            if not _is_day(literal, exact=exact):
                yield literal


def _after(tokens: list[str], at: int) -> Iterator[tuple[str, bool]]:
    if tokens[at : at + 1] and tokens[at].upper() == "NOT":
        at += 1
    word = tokens[at].upper() if at < len(tokens) else ""
    if word == "BETWEEN":
        yield from _literals([*tokens[at + 1 : at + 2], *tokens[at + 3 : at + 4]], exact=False)
    elif word == "IN" and ")" in tokens[at:]:
        yield from _literals(tokens[at : tokens.index(")", at)], exact=True)
    else:
        sign = "".join(_signs(tokens[at:]))
        if sign in _COMPARED:
            end = at + len(sign)
            yield from _literals(tokens[end : end + 1], exact="<" not in sign and ">" not in sign)


def _before(tokens: list[str], at: int) -> Iterator[tuple[str, bool]]:
    sign = "".join(_signs(tokens[at::-1] if at >= 0 else []))[::-1]
    if sign in _COMPARED and at - len(sign) >= 0:
        yield from _literals([tokens[at - len(sign)]], exact="<" not in sign and ">" not in sign)


def _signs(tokens: list[str]) -> Iterator[str]:
    for token in tokens[:2]:
        if token not in "=<>!":
            return
        yield token


def _literals(tokens: list[str], *, exact: bool) -> Iterator[tuple[str, bool]]:
    yield from ((token[1:-1], exact) for token in tokens if token.startswith("'"))


def _is_day(literal: str, *, exact: bool) -> bool:
    if not _DAY_PART.fullmatch(literal) or (exact and len(literal) < 10):
        return False
    try:
        dt.date.fromisoformat(literal + "-01-01"[len(literal) - 4 :])
    except ValueError:
        return False
    return True


def unread(text: str) -> str:
    """Say what of a condition that SQL does not take can be said."""
    tokens = TOKEN.findall(text)
    if "'" in tokens or '"' in tokens or "`" in tokens:
        return "a quotation mark is not closed"
    open_ = tokens.count("(") - tokens.count(")")
    if open_:
        return "a bracket is not closed" if open_ > 0 else "a bracket is closed and was not opened"
    return f"`{' '.join(text.split())}` cannot be read as a condition"


def mixed(kinds: Mapping[str, pl.DataType]) -> tuple[str, str]:
    """Say that columns are asked what their kind does not answer, and what would be."""
    told = ", ".join(f"`{name}` is {kind_of(kind)}" for name, kind in sorted(kinds.items()))
    said = f"this compares or joins what does not go together: {told or 'it reads no column'}"
    lists = [name for name, kind in sorted(kinds.items()) if kind_of(kind) == "a list"]
    if lists:
        return said, f"a list is asked array_contains({lists[0]}, 'chips')"
    return said, "text is written 'so', a number 0.05, and a condition is true or false"


def kind_of(kind: pl.DataType) -> str:
    """Return what a reader calls the values of a column."""
    if kind.is_numeric():
        return "a number"
    if kind.is_nested():
        return "a list"
    return "true or false" if str(kind) == "Boolean" else "text"
