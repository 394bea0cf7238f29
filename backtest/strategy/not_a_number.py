"""Arithmetic of a condition that gives no number is made unknown, as a missing value is.

Polars holds NaN for greater than every number, so `sqrt(ar) > 0.1` would be true of a negative
`ar`. Every operand that could be NaN becomes `NULLIF(operand, NaN)`, wherever it stands, so that
what is asked of it has the three values of SQL: true, false, not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_OPERATORS = frozenset("/%")
_FUNCTIONS = frozenset(("SQRT", "LN", "POW", "MOD", "EXP"))
"""What makes NaN of numbers, or infinity, of which others make it."""

_STEPS = frozenset("+-*")
"""What makes NaN of infinities."""

_ENDS = frozenset(
    (
        *("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "IS", "NULL", "ESCAPE"),
        *("WHEN", "THEN", "ELSE", "AS", ",", "=", "<", ">", "!"),
    )
)
"""What an operand ends at."""

_OPENS = {"(": ")", "CASE": "END"}

_NAN = "CAST('NaN' AS DOUBLE)"


def numbers_alone(tokens: Sequence[str]) -> str:
    """Return a condition, given as its words and blanks, with NULL for every operand that is NaN.

    Args:
        tokens: of a condition that can be read.
    """
    return _level(iter(tokens), "")[0]


def _level(tokens: Iterator[str], until: str) -> tuple[str, bool]:
    """Return the text up to the word that closes, and whether anything in it makes NaN."""
    out: list[str] = []
    operand: list[str] = []
    makes = deep = steps = found = False
    before = ""
    for token in tokens:
        word = token.upper()
        if word == until:
            break
        if word in _ENDS:
            out += [_guarded(operand, makes=makes or (deep and steps)), token]
            operand, makes, deep, steps = [], False, False, False
            continue
        operand.append(token)
        if word in _OPENS:
            makes = makes or (word == "(" and before in _FUNCTIONS)
            inner, within = _level(tokens, _OPENS[word])
            operand += [inner, _OPENS[word]]
            deep = deep or within
        makes, steps = makes or word in _OPERATORS, steps or word in _STEPS
        found = found or makes or deep
        before = before if token.isspace() else word
    return "".join([*out, _guarded(operand, makes=makes or (deep and steps))]), found


def _guarded(operand: list[str], *, makes: bool) -> str:
    text = "".join(operand)
    return f" NULLIF({text.strip()}, {_NAN}) " if makes else text
