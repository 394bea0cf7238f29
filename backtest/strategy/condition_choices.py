"""What a condition compares a column with whose words are few: parts of the day, roles.

Only a comparison that stands for itself is looked at (`hour = 'pre'`, `role NOT IN ('issuer')`);
what is joined, cut or computed first can be any text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from backtest.strategy.condition_words import TOKEN
from backtest.strategy.moments import REACTION, TIMED

HOURS = ("pre", "intraday", "post", "unknown", REACTION, TIMED)
"""Words for the part of the day; `TIMED` is every announcement with a time, whatever its part."""

# Announcements without a time have no instant.
_HOUR_OR_TIMED = f"(CASE WHEN instant IS NULL THEN hour ELSE '{TIMED}' END)"

_EQUAL = (("=",), ("=", "="), ("!", "="), ("<", ">"))
_LEFT = frozenset(("", "(", ",", "AND", "OR", "NOT", "WHEN", "THEN", "ELSE"))
_RIGHT = frozenset(("", ")", ",", "AND", "OR", "WHEN", "THEN", "ELSE", "END"))
"""What a whole comparison stands between."""


class Compared(NamedTuple):
    """A column that is compared: its place among the tokens, and the words it is held against."""

    at: int
    words: tuple[str, ...]


def words_for(text: str, column: str) -> tuple[str, ...]:
    """Return the words that a condition compares a column with, each once."""
    found = compared(TOKEN.findall(text), column)
    return tuple(dict.fromkeys(word for one in found for word in one.words))


def compared(tokens: Sequence[str], column: str) -> Iterator[Compared]:
    """Yield every comparison of a column with texts: equal or not, in a list of them or not."""
    places = [at for at, token in enumerate(tokens) if not token.isspace()]
    solid = ["", *(tokens[at] for at in places), ""]
    for place, at in enumerate(places, 1):
        if tokens[at].strip('"`') == column:
            words = _after(solid, place) or _before(solid, place)
            if words:
                yield Compared(at, words)


def with_timed(tokens: Sequence[str]) -> list[str]:
    """Return a condition's words; where it asks for `known`, it asks whether there is a time."""
    asked = {one.at for one in compared(tokens, "hour") if TIMED in one.words}
    return TOKEN.findall(
        "".join(_HOUR_OR_TIMED if at in asked else token for at, token in enumerate(tokens))
    )


def _after(solid: Sequence[str], place: int) -> tuple[str, ...]:
    """Return the words of `column = 'word'` and `column IN ('word', …)`."""
    if solid[place - 1].upper() not in _LEFT:
        return ()
    rest = solid[place + 1 :]
    if rest[0].upper() == "NOT":
        rest = rest[1:]
    if [one.upper() for one in rest[:2]] == ["IN", "("]:
        return _listed(rest[2:])
    for sign in _EQUAL:
        size = len(sign)
        if tuple(rest[:size]) == sign and rest[size].startswith("'"):
            return (_word(rest[size]),) if rest[size + 1].upper() in _RIGHT else ()
    return ()


def _before(solid: Sequence[str], place: int) -> tuple[str, ...]:
    """Return the word of `'word' = column`."""
    if solid[place + 1].upper() not in _RIGHT:
        return ()
    for sign in _EQUAL:
        at = place - len(sign) - 1
        if at > 0 and tuple(solid[at + 1 : place]) == sign and solid[at].startswith("'"):
            return (_word(solid[at]),) if solid[at - 1].upper() in _LEFT else ()
    return ()


def _listed(rest: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a list, none where anything else stands in it."""
    if ")" not in rest:
        return ()
    end = rest.index(")")
    items, commas = rest[:end:2], rest[1:end:2]
    if rest[end + 1].upper() not in _RIGHT or any(one != "," for one in commas):
        return ()
    return tuple(_word(one) for one in items) if all(one[:1] == "'" for one in items) else ()


def _word(literal: str) -> str:
    return literal[1:-1].replace("''", "'")
