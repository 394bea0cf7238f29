"""What a sweep varies: entries, exits, hedges and conditions, and the cells they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

from backtest.errors import BadUsage, Problem, did_you_mean
from backtest.strategy.schema import Entry, Exit, Hedge, Strategy

if TYPE_CHECKING:
    from backtest.strategy.load import LoadedStrategy

Made = TypeVar("Made")

ENTRIES = "auction,close,next_open,close+1"
EXITS = "1,3,5,10,20"
HEDGES = "none,market,beta"
MOST = 100_000
"""Cells of a strategy; a figure beyond it is a slip."""

_AT = ("auction", "open", "close", "next_open")
_ENTRY = {"entry": "--entries"}
_VARIED = {**_ENTRY, "where": "--where"}
_BY = ("none", "market", "sector", "beta", "matched")


@dataclass(frozen=True, slots=True)
class Axes:
    """What is varied.

    Attributes:
        entries: where a trade is entered.
        exits: sessions held and the auction of the exit.
        hedges: what is held against it.
        filters: conditions in place of the strategy's own; None for that.
    """

    entries: tuple[Entry, ...]
    exits: tuple[Exit, ...]
    hedges: tuple[Hedge, ...]
    filters: tuple[str | None, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Cell:
    """One strategy of a sweep, and how its choices are called."""

    entry: str
    exit: str
    hedge: str
    where: str | None
    loaded: LoadedStrategy

    @property
    def name(self) -> str:
        """The choices in a line."""
        words = [f"in at {self.entry}", f"out after {self.exit}"]
        words += [f"hedge {self.hedge}"] if self.hedge != "none" else []
        return ", ".join([*words, *([self.where] if self.where else [])])


def read_axes(
    entries: str | None = None,
    exits: str | None = None,
    hedges: str | None = None,
    filters: Sequence[str] = (),
) -> Axes:
    """Read what is varied, words by comma.

    Args:
        entries: `auction`, `open`, `close`, `next_open`, each also with sessions later: `close+1`.
        exits: sessions after the entry, at the close, or at the open: `5:open`.
        hedges: none, market, beta, matched, or sector where the strategy names the funds.
        filters: conditions.

    Raises:
        BadUsage: words that are none of these, all of them at once.
    """
    problems: list[Problem] = []
    axes = Axes(
        tuple(_each(entries or ENTRIES, "entries", _entry, problems)),
        tuple(_each(exits or EXITS, "exits", _exit, problems)),
        tuple(_each(hedges or HEDGES, "hedges", _hedge, problems)),
        tuple(dict.fromkeys(one.strip() for one in filters if one.strip())) or (None,),
    )
    if problems:
        raise BadUsage(problems)
    return axes


def cells_of(loaded: LoadedStrategy, axes: Axes) -> tuple[Cell, ...]:
    """Return every combination of a strategy, in the order of the axes.

    Its `until`, stop and target stay, so does all else that is not varied.

    Raises:
        BadUsage: more than `MOST`, or a sector hedge without funds.
    """
    own = loaded.strategy
    sizes = [len(one) for one in (axes.entries, axes.exits, axes.hedges, axes.filters)]
    count = sizes[0] * sizes[1] * sizes[2] * sizes[3]
    if count > MOST:
        raise BadUsage.because(
            "large-sweep",
            f"{count:,} strategies are more than {MOST:,}",
            field="sweep",
            hint="vary fewer things",
        )
    _refuse_without_funds(loaded, axes)
    return tuple(
        Cell(
            entry_word(entry),
            exit_word(leave),
            hedge.by,
            where,
            replace(
                loaded,
                strategy=_varied(own, entry, leave, hedge, where),
                options=_VARIED if where is not None else _ENTRY,
            ),
        )
        for hedge, where, entry, leave in product(
            axes.hedges, axes.filters, axes.entries, axes.exits
        )
    )


def hedged_ways(loaded: LoadedStrategy, axes: Axes) -> tuple[LoadedStrategy, ...]:
    """Return the strategy with each hedge and, besides, with each condition.

    So the prices that the hedges need can be read, and the conditions are looked at before.

    Raises:
        BadUsage: as `cells_of`.
    """
    _refuse_without_funds(loaded, axes)
    own = loaded.strategy
    ways = [{"hedge": _hedged(own, hedge)} for hedge in axes.hedges]
    hedged = [replace(loaded, strategy=own.model_copy(update=way)) for way in ways]
    return (*hedged, *(_asking(loaded, where) for where in axes.filters if where is not None))


def _asking(loaded: LoadedStrategy, where: str) -> LoadedStrategy:
    """Return the strategy with another condition, and so late that it may read anything."""
    changed = {"where": where, "entry": Entry(at="next_open")}
    strategy = loaded.strategy.model_copy(update=changed)
    return replace(loaded, strategy=strategy, options=_VARIED)


def entry_word(entry: Entry) -> str:
    """Return `close+1` for a close one session later."""
    return f"{entry.at}+{entry.after}" if entry.after else entry.at


def exit_word(leave: Exit) -> str:
    """Return `5` for the close of the fifth session, `5:open` for its open."""
    word = str(leave.after)
    return word if leave.at == "close" else f"{word}:{leave.at}"


def _varied(own: Strategy, entry: Entry, leave: Exit, hedge: Hedge, where: str | None) -> Strategy:
    ends = own.exit.model_copy(update={"after": leave.after, "at": leave.at})
    changed: dict[str, Any] = {"entry": entry, "exit": ends, "hedge": _hedged(own, hedge)}
    if where is not None:
        changed["where"] = where
    return own.model_copy(update=changed)


def _hedged(own: Strategy, hedge: Hedge) -> Hedge:
    """Return the hedge; one by sector is the strategy's own, which names the funds."""
    return own.hedge if hedge.by == "sector" else hedge


def _refuse_without_funds(loaded: LoadedStrategy, axes: Axes) -> None:
    if any(one.by == "sector" for one in axes.hedges) and loaded.strategy.hedge.by != "sector":
        raise BadUsage.because(
            "no-funds",
            f"`{loaded.id}` names no funds to hedge sectors with",
            field="hedges",
            hint="give it `hedge: {by: sector, funds: {ORCL: IGV}}`",
        )


def _each(
    text: str, name: str, read: Callable[[str], Made | Problem], problems: list[Problem]
) -> Iterator[Made]:
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not words:
        problems.append(Problem("no-words", "nothing is named", field=name))
    for word in words:
        made = read(word)
        if isinstance(made, Problem):
            problems.append(made)
        else:
            yield made


def _entry(word: str) -> Entry | Problem:
    at, _, later = word.partition("+")
    if at in _AT and (not later or re.fullmatch(r"\d{1,3}", later)):
        return Entry.model_validate({"at": at, "after": int(later or 0)})
    hint = did_you_mean(at, _AT) or "for example auction,close,next_open,close+1"
    return Problem("bad-entry", f"`{word}` is no entry", None, "entries", hint)


def _exit(word: str) -> Exit | Problem:
    after, _, at = word.partition(":")
    if re.fullmatch(r"\d{1,4}", after) and at in ("", "open", "close") and int(after) <= 2000:
        return Exit.model_validate({"after": int(after), "at": at or "close"})
    told = f"`{word}` is no exit: sessions after the entry, at most 2000"
    return Problem("bad-exit", told, None, "exits", "for example 1,5,10:open")


def _hedge(word: str) -> Hedge | Problem:
    if word == "sector":
        # The funds are the strategy's own; `cells_of` puts them in.
        return Hedge.model_construct(by="sector")
    if word in _BY:
        return Hedge.model_validate({"by": word})
    hint = did_you_mean(word, _BY) or f"known are {', '.join(_BY)}"
    return Problem("bad-hedge", f"`{word}` is no hedge", None, "hedges", hint)
