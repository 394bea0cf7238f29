"""What can be wrong with strategies before any price is read: all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Problem, did_you_mean
from backtest.strategy.blame import blamed
from backtest.strategy.candidates import ESTIMATED, KNOWN, MEASURED
from backtest.strategy.condition_choices import words_for
from backtest.strategy.load import LoadedStrategy
from backtest.strategy.selection import REACTION, read_condition

if TYPE_CHECKING:
    import polars as pl

_SLIP = 0.8
"""Likeness of words from which on one is a slip of the other; counterparty and competitor: 0.4."""

HIDDEN = ("instant",)
"""What of the moments no condition reads."""


def check_rules(
    strategies: Sequence[LoadedStrategy],
    moments: pl.DataFrame,
    roles: Callable[[], Collection[str]] = tuple,
) -> None:
    """Refuse conditions that cannot be read, entries before they are known, and unknown ends.

    Args:
        strategies: the rules.
        moments: `moments.read_moments`.
        roles: returns those of all announcements, also of those that are not selected.

    Raises:
        BadInput: with every problem of every strategy.
    """
    told = [name for name in moments.columns if name not in HIDDEN]
    columns = [*dict.fromkeys((*KNOWN, *MEASURED, *ESTIMATED, *told))]
    ids = moments["event_id"].unique(maintain_order=True).to_list()
    problems = [problem for one in strategies for problem in _problems(one, columns, ids)]
    for one in strategies:
        problems += _mistyped(one, roles)
    if problems:
        raise BadInput(dict.fromkeys(problems))


def _mistyped(loaded: LoadedStrategy, roles: Callable[[], Collection[str]]) -> Iterator[Problem]:
    """Yield roles of a rule that no announcement has, where one that some have is near.

    Another calendar may well lack a role; then there is nothing to trade by it, and no fault.
    """
    rule = loaded.strategy
    direction = rule.direction if isinstance(rule.direction, dict) else {}
    paths: list[tuple[str, tuple[str, ...]]] = [(one, ("direction", one)) for one in direction]
    paths += [(one, ("where",)) for one in words_for(rule.where or "", "role")]
    known = [*roles()] if paths else []
    for role, path in paths:
        near = get_close_matches(role, known, n=1, cutoff=_SLIP)
        if role not in known and near:
            told = f"no announcement has a party of the role `{role}`"
            hint = f"did you mean `{near[0]}`?"
            yield blamed("unknown-role", told, loaded.where(*path), path[0], hint)


def foresight(loaded: LoadedStrategy, reads: frozenset[str]) -> Problem | None:
    """Return the problem of an entry on a reaction before the close that tells it."""
    seen = sorted(reads & REACTION)
    if not seen or not loaded.strategy.at_once:
        return None
    told = (
        f"`{loaded.strategy.entry.at}` comes before the close of the reaction's session, which is "
        f"what tells `{seen[0]}`"
    )
    place = loaded.where("entry")
    hint = "write entry: {at: next_open}, or sessions later by `after`"
    if isinstance(place, str):
        hint = "name next_open, or sessions later: close+1"
    return blamed("foresight", told, place, "entry", hint)


def _problems(loaded: LoadedStrategy, columns: list[str], ids: list[str]) -> Iterator[Problem]:
    rule = loaded.strategy
    reads = frozenset({"ar"} if rule.reads_sign else ())
    if rule.where is not None:
        try:
            reads |= read_condition(rule.where, columns, loaded.where("where")).reads
        except BadInput as error:
            yield from error.problems
    early = foresight(loaded, reads)
    if early:
        yield early
    until = rule.exit.until
    if until is not None and until not in ids:
        told = f"no announcement is called `{until}`"
        where = loaded.where("exit", "until")
        yield blamed("unknown-event", told, where, "exit.until", did_you_mean(until, ids))
