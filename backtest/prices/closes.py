"""What a close is: whether dividends are in it, and what follows for returns and market values.

Returns want dividends in, market values want them out: a share count times a close that was
lowered by all later dividends is too small a value. Splits are out of every close that we use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from backtest.errors import BadUsage, did_you_mean

if TYPE_CHECKING:
    import polars as pl

_NAMED = 4


class Closes(StrEnum):
    """What a source says about its closes."""

    BOTH = "unadjusted + adj_close"
    """No dividends in the close, and a total-return close beside it."""
    SPLIT_ONLY = "split-adjusted only"
    """No dividends in the close, and none to be had: returns leave them out."""
    TOTAL_RETURN = "total-return"
    """Dividends are in the close."""
    UNKNOWN = "unknown"


STATED = {
    "split-adjusted": Closes.SPLIT_ONLY,
    "total-return": Closes.TOTAL_RETURN,
    "unknown": Closes.UNKNOWN,
}
"""What a user can say about the closes of a table, whose columns do not tell."""


def stated_closes(word: str, field: str) -> Closes:
    """Return what a user says about a close.

    Raises:
        BadUsage: the word is none of `STATED`; `field` names the option.
    """
    if word not in STATED:
        raise BadUsage.because(
            "unknown-closes",
            f"`{word}` is no adjustment of a close; there are: {', '.join(STATED)}",
            field=field,
            hint=did_you_mean(word, STATED),
        )
    return STATED[word]


def closes_in(frame: pl.DataFrame, stated: Closes = Closes.UNKNOWN) -> dict[str, Closes]:
    """Return what each security's close is.

    Args:
        frame: `BARS` rows.
        stated: what is said of the closes; one that has a total-return close beside it is taken to
            be without dividends, unless it was said to be with them.
    """
    import polars as pl

    names = frame["ticker"].unique()
    if stated is Closes.TOTAL_RETURN or frame["adj_close"].null_count() == frame.height:
        return dict.fromkeys(names.to_list(), stated)
    if not frame["adj_close"].null_count():
        return dict.fromkeys(names.to_list(), Closes.BOTH)
    both = set(frame.filter(pl.col("adj_close").is_not_null())["ticker"].unique().to_list())
    return {name: Closes.BOTH if name in both else stated for name in names.to_list()}


def told_closes(closes: Mapping[str, Closes]) -> str:
    """Say what the closes are in a few words, the most frequent kind first."""
    kinds = Counter(closes.values()).most_common()
    if not kinds:
        return "close: unknown"
    (usual, _), *others = kinds
    parts = (f"{kind} for {_named(_of(closes, kind))}" for kind, _ in others)
    return "; ".join([f"close: {usual}", *parts])


def unfit_for_value(closes: Mapping[str, Closes], counted: Collection[str]) -> Iterator[str]:
    """Yield a note for each kind of close that market values should not be made of.

    Args:
        closes: by ticker.
        counted: the tickers that have share counts.
    """
    for kind, what in (
        (Closes.TOTAL_RETURN, "the close has dividends in it"),
        (Closes.UNKNOWN, "it is not known whether the close has dividends in it"),
    ):
        names = [name for name in _of(closes, kind) if name in counted]
        if names:
            yield (
                f"{_named(names)}: {what}; market values need a close without them, and are too "
                "low before every dividend otherwise"
            )


def _of(closes: Mapping[str, Closes], kind: Closes) -> list[str]:
    return sorted(name for name, own in closes.items() if own is kind)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
