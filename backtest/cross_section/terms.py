"""The words of `--on` and `--difference`: which attribute each of them means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backtest.errors import BadUsage, Problem, did_you_mean
from backtest.events.attributes import TAG

DEAL_TO_CAP = "deal_to_cap"
DEAL_VALUE = "deal_value"
COMPUTED = (DEAL_TO_CAP, DEAL_VALUE)
"""Attributes that the study itself has: announced value, and that over the market value before."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of `--on`.

    Attributes:
        name: as it was written.
        base: the attribute it is read from.
        value: the class that is 1, None for a number or for every class of `base`.
    """

    name: str
    base: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One word of `--difference`: the first group, or all, against the second, or the others."""

    base: str
    first: str | None = None
    second: str | None = None


def terms(words: Iterable[str], known: Sequence[str]) -> tuple[Term, ...]:
    """Read `deal_to_cap`, `role`, `role:counterparty`, `tag:chips`, or any attribute.

    Raises:
        BadUsage: every word that nothing is known by, with what there is.
    """
    found: list[Term] = []
    problems: list[Problem] = []
    for word in words:
        base, colon, value = word.partition(":")
        if word in known or word in COMPUTED:
            found.append(Term(word, word))
        elif colon and value and base in known:
            found.append(Term(word, base, value))
        else:
            problems.append(_unknown(word, known, "on"))
    if problems:
        raise BadUsage(problems)
    return tuple(found)


def pairs(words: Iterable[str], known: Sequence[str]) -> tuple[Pair, ...]:
    """Read `role`, `role:counterparty` or `role:counterparty,competitor`; `tag` likewise.

    Raises:
        BadUsage: every word that cannot be meant.
    """
    found: list[Pair] = []
    problems: list[Problem] = []
    for word in words:
        base, colon, rest = word.partition(":")
        groups = [group.strip() for group in rest.split(",")] if colon else []
        if base not in _bases(known):
            problems.append(_unknown(base, known, "difference"))
        elif len(groups) > 2 or not all(groups) or len(set(groups)) < len(groups):
            problems.append(
                Problem(
                    "bad-difference",
                    f"`{word}` does not name one or two groups",
                    field="difference",
                    hint="for example role, role:counterparty, or role:counterparty,competitor",
                )
            )
        else:
            found.append(Pair(base, *groups))
    if problems:
        raise BadUsage(problems)
    return tuple(found)


def attributes_of(
    on: Iterable[Term], differences: Iterable[Pair], known: Sequence[str]
) -> Iterator[str]:
    """Yield the attributes to read for some words."""
    yield from (term.base for term in on if term.base not in COMPUTED)
    for pair in differences:
        if pair.base == TAG[:-1]:
            yield from (name for name in known if name.startswith(TAG))
        else:
            yield pair.base


def unknown_class(name: str, value: str, there: Iterable[str], field: str) -> BadUsage:
    """Return the error of a class that no row has."""
    listed = sorted(there)
    return BadUsage.because(
        "unknown-class",
        f"no observation has the {name} `{value}`; there are: {', '.join(listed)}",
        field=field,
        hint=did_you_mean(value, listed),
    )


def _unknown(word: str, known: Sequence[str], field: str) -> Problem:
    names = [*COMPUTED, *known] if field == "on" else _bases(known)
    return Problem(
        "unknown-attribute",
        f"nothing is known by `{word}`; there are: {', '.join(names)}",
        field=field,
        hint=did_you_mean(word, names),
    )


def _bases(known: Sequence[str]) -> list[str]:
    """Return what groups can be made of: attributes, and tags as one of them."""
    return list(dict.fromkeys(TAG[:-1] if n.startswith(TAG) else n for n in known))
