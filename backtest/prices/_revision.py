"""Whether a new history contradicts the one it takes the place of, and where first.

Only what both speak of can be contradicted: days that one alone reaches are more or less history,
not another one; what the new one lacks is `lost`. Differences below a millionth are the provider's
rounding. A later dividend lowers all adjusted closes before it by one factor, which changes no
return: that is no revision either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices._record import IMPORTED

if TYPE_CHECKING:
    import polars as pl

    from backtest.prices.store import Held

_SAME = 1e-6
_COLUMNS = ("close", "adj_close", "open", "high", "low", "volume")
"""In the order in which a difference is worth naming."""


def revision(old: Held, new: Held) -> str:
    """Say how a new history contradicts an old one of the same security; empty if it does not."""
    return _in_bars(old.bars, new.bars) or _in_counts(old.shares, new.shares)


def lost(old: Held, new: Held) -> str:
    """Say what of an old history a new one no longer has; empty if it has all of it.

    Sessions within both are `revision`'s. Share counts, dividends and splits are missed only where
    the user's own table took their place: a provider sorts its own out anew with every answer.
    """
    told = [_so_many(_beyond(old.bars, new.bars), "session")]
    if new.record.provider == IMPORTED:
        counts = old.shares.join(new.shares, on="known_from", how="anti")
        actions = old.actions.join(new.actions, on=["date", "kind"], how="anti")
        told += [_so_many(len(counts), "share count"), _so_many(len(actions), "corporate action")]
    return "; ".join(filter(None, told))


def _beyond(old: pl.DataFrame, new: pl.DataFrame) -> int:
    """Count the sessions before the first and after the last of the new bars."""
    import polars as pl

    if new.is_empty():
        return len(old)
    return len(old.filter(~pl.col("date").is_between(new["date"].min(), new["date"].max())))


def _so_many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'} gone" if count else ""


def _in_bars(old: pl.DataFrame, new: pl.DataFrame) -> str:
    """Compare the sessions that lie within both."""
    import polars as pl

    if old.is_empty() or new.is_empty():
        return ""
    first = max(old["date"].min(), new["date"].min())  # type: ignore[type-var]
    last = min(old["date"].max(), new["date"].max())  # type: ignore[type-var]
    within = pl.col("date").is_between(first, last)
    before, after = old.filter(within), new.filter(within)
    gone = before.join(after, on="date", how="anti")
    added = after.join(before, on="date", how="anti")
    both = before.join(after, on="date", suffix="_now").sort("date")
    marked = both.with_columns(_differs(name).alias(f"{name}_differs") for name in _COLUMNS)
    changed = marked.filter(pl.any_horizontal(f"{name}_differs" for name in _COLUMNS))
    count = len(gone) + len(added) + len(changed)
    if not count:
        return ""
    of = f"{count:,} of {len(before) + len(added):,} sessions differ"
    for name in _COLUMNS:
        rows = changed.filter(f"{name}_differs")
        if len(rows):
            day, one, other = rows.select("date", name, f"{name}_now").row(0)
            return f"{name} of {day} was {_told(one)}, is {_told(other)}; {of}"
    days, what = (gone, "is gone") if len(gone) else (added, "is new")
    return f"{days['date'].sort()[0]} {what}; {of}"


def _differs(name: str) -> pl.Expr:
    """Whether two values differ by more than rounding, or only one of them is there.

    Adjusted closes are compared after taking out the factor that most of them changed by.
    """
    import polars as pl

    one, other = pl.col(name), pl.col(f"{name}_now")
    if name == "adj_close":
        one = one * (other / one).median().fill_null(1.0)
    far = (one - other).abs() > _SAME * pl.max_horizontal(one.abs(), other.abs())
    return (one.is_null() != other.is_null()) | far.fill_null(False)


def _in_counts(old: pl.DataFrame, new: pl.DataFrame) -> str:
    """Compare share counts that became known on the same day."""
    import polars as pl

    both = old.join(new, on="known_from", suffix="_now").sort("known_from")
    # Several counts may be reported for one day; a count that is still among them is no revision.
    still = pl.col("shares") == pl.col("shares_now")
    changed = both.group_by("known_from", "shares", maintain_order=True).agg(
        still.any().alias("still"), pl.col("shares_now").first()
    )
    for day, one, other in (
        changed.filter(~pl.col("still")).select("known_from", "shares", "shares_now").iter_rows()
    ):
        return f"share count known from {day} was {one:,.0f}, is {other:,.0f}"
    return ""


def _told(value: float | None) -> str:
    return "missing" if value is None else f"{value:.10g}"
