"""Share counts that stay where a table without any takes the place of what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices._record import Damaged, Record
from backtest.prices.provider import SHARES, SPLIT
from backtest.prices.share_counts import cleaned_shares
from backtest.prices.store import PriceStore

if TYPE_CHECKING:
    import polars as pl

_FAR = 1.4
"""Closes that differ by this factor are on another scale: hardly a split is below 3 for 2, and
dividends in a close make less of a difference for many years."""
_FEW = 0.05
"""A share of the sessions that may be wrong in either table."""


def kept_counts(
    store: PriceStore, there: Record | None, bars: pl.DataFrame
) -> tuple[pl.DataFrame, list[str]]:
    """Return the stored share counts of a security that stay with its new bars.

    Args:
        store: where they are.
        there: what the store says of the security, None where it has nothing.
        bars: `BARS` rows of the security, which take the place of the stored ones.

    Returns:
        `SHARES` rows on the basis of the stored closes, and what to say of them. None stay where
        the new closes are on another scale, as before and after a split: the market values would
        be wrong by as much.
    """
    import polars as pl

    if there is None or "shares" not in there.digests:
        return SHARES.empty(), []
    try:
        counts, actions = store.part(there, "shares"), store.part(there, "actions")
    except Damaged as damage:
        return SHARES.empty(), [
            f"its share counts cannot be kept ({damage}); --shares gives others"
        ]
    if _on_another_scale(store, there, bars):
        why = "its share counts do not go with closes on another scale; --shares gives others"
        return SHARES.empty(), [why]
    split = actions.filter(pl.col("kind") == SPLIT).height
    # What was reported before a split is brought to its basis here: an import has no splits.
    return (cleaned_shares(counts, actions) if split else counts), []


def _on_another_scale(store: PriceStore, there: Record, bars: pl.DataFrame) -> bool:
    """Whether the closes of sessions in both differ by a factor; unknown is no."""
    import polars as pl

    try:
        before = store.part(there, "bars")
    except Damaged:
        return False
    both = before.select("date", was="close").join(bars.select("date", now="close"), on="date")
    far = (pl.col("now") / pl.col("was")).log().abs() > pl.lit(_FAR).log()
    return bool((both.select(far.mean().fill_null(0.0)).item() or 0.0) > _FEW)
