"""Plain scalars by the core schema of YAML 1.2, and nothing more.

YAML 1.1 readers take the tickers `ON`, `NO`, `Y` for booleans and `16:05` for 965; here they are
text, as are dates, which the announcement schema reads itself.
"""

from __future__ import annotations

import re

Scalar = bool | int | float | str | None

_INF = (".inf", ".Inf", ".INF")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{f"{sign}{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in _INF},
}
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NUMERIC_START = frozenset("0123456789+-.")


def resolve(text: str) -> Scalar:
    """Return what an unquoted scalar means: null, a truth value, a number, or its own text."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NUMERIC_START else text


def _number(text: str) -> Scalar:
    if _INT.fullmatch(text):
        try:
            return int(text)
        except ValueError:  # longer than Python converts; no field wants such a number
            return text
    if _FLOAT.fullmatch(text):
        return float(text)
    return int(text, 0) if _BASED.fullmatch(text) else text
