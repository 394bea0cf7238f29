"""Splits that are not in the prices: the level changes by their ratio and stays there.

A close is adjusted for splits whatever else it is; one that is not makes a return of −50 % out of
nothing. Where the source knows the splits, they are looked up; elsewhere a fall or rise to a whole
fraction or multiple is pointed at if the session opened there and the weeks around it agree. The
security's own move of that day comes on top: it may be four of its usual ones where nothing else
that the security did comes near such a jump, and 1 % where it loses half its price on news now and
then, which says that little about a ratio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.prices.checks._prices import CODE, FINDINGS, Prices, before, findings, told
from backtest.prices.provider import SPLIT

if TYPE_CHECKING:
    import polars as pl

_RATIOS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50)
_NEAR = 0.01
"""How far a jump may be from a ratio, in logarithms, where nothing else speaks for a split."""
_USUAL = 4.0
"""How far it may be in standard deviations of the security, where it never jumps otherwise."""
_OTHERS = 3
"""The rank of the security's other moves that a jump is held against: so many splits do not hide
each other."""
_BEYOND = 3.5
"""How many times that move it is, where it never jumps otherwise."""
_MOVED = 0.15
"""What a security may move by itself on the day of a split."""
_ENOUGH = 30
"""Moves from which on it is known what is usual for a security."""
_WEEK = 5


def find(prices: Prices) -> pl.DataFrame:
    """Find splits that are known and not in the close, then those that seem to be."""
    import polars as pl

    known = _known(prices)
    guessed = _guessed(prices)
    if known.height and guessed.height:
        guessed = guessed.join(known, on=["ticker", "date"], how="anti")
    return pl.concat([FINDINGS.empty(), known, guessed])


def _known(prices: Prices) -> pl.DataFrame:
    import polars as pl

    splits = prices.setting.actions.filter(pl.col("kind") == SPLIT)
    if splits.is_empty():
        return FINDINGS.empty()
    rows = prices.valid.select("ticker", "date", "close", last=before("close")).join(
        splits.select("ticker", "date", ratio="value"), on=["ticker", "date"]
    )
    ratio = pl.col("ratio")
    jump = (pl.col("last") / pl.col("close")).log()
    bare = rows.filter((jump - ratio.log()).abs() < 0.5 * ratio.log().abs())
    why = pl.format(
        "close {} after {}: the split {} for 1 of this day is not in the prices before it",
        told("close"),
        told("last"),
        ratio,
    )
    return findings(bare, "split", why)


def _guessed(prices: Prices) -> pl.DataFrame:
    """Find jumps by a ratio between levels that hold for a week on both sides."""
    import polars as pl

    columns = [name for name in ("open", "adj_close") if prices.has(name)]
    rows = prices.valid.select(CODE, "ticker", "date", "close", *columns, last=before("close"))
    rows = rows.with_row_index("row")
    jump = (pl.col("last") / pl.col("close")).log()
    if "adj_close" in columns:
        steady = (pl.col("adj_close") / before("adj_close")).log().abs() < _MOVED
        rows = rows.with_columns(steady=steady.fill_null(False))
    jumped = rows.with_columns(jump=jump).filter(pl.col("jump").abs() > np.log(1.5))
    if jumped.is_empty():
        return FINDINGS.empty()
    ratio, off = _nearest(jumped["jump"].to_numpy())
    found = jumped.with_columns(pl.Series("ratio", ratio), pl.Series("off", off))
    found = found.join(_habits(rows, found), on=CODE, how="left", maintain_order="left")
    beyond = pl.col("ratio").log() > _BEYOND * pl.col("rank")
    wide = pl.min_horizontal(_USUAL * pl.col("deviation"), pl.lit(_MOVED))
    near = (pl.col("off") < _NEAR) | (beyond & (pl.col("off") < wide)).fill_null(False)
    if "steady" in found.columns:
        near = near | (pl.col("steady") & (pl.col("off") < _MOVED))
    if "open" in columns:
        opened = (pl.col("open") / pl.col("close")).log().abs() < _MOVED
        near = near & opened.fill_null(True)
    found = found.filter(near)
    holds = [_holds(rows, at, size) for at, size in found.select("row", "jump").iter_rows()]
    found = found.filter(pl.Series(holds, dtype=pl.Boolean))
    whole, one = pl.col("ratio").cast(pl.Int64).cast(pl.String), pl.lit("1")
    fell = pl.col("jump") > 0
    found = found.with_columns(
        new=pl.when(fell).then(whole).otherwise(one), old=pl.when(fell).then(one).otherwise(whole)
    )
    why = pl.format(
        "close {} after {}, and it stays there: a split {} for {} that is not in the prices?",
        told("close"),
        told("last"),
        "new",
        "old",
    )
    return findings(found, "split", why)


def _habits(rows: pl.DataFrame, some: pl.DataFrame) -> pl.DataFrame:
    """Return how securities move: `deviation` around the median, and the size at a `rank`.

    Args:
        rows: with `close` and `last`.
        some: the securities, each with a jump of its own.
    """
    import polars as pl

    own = pl.col(CODE).is_in(some[CODE].unique().implode())
    moves = rows.lazy().filter(own).select(CODE, move=(pl.col("close") / pl.col("last")).log())
    spread = (pl.col("move") - pl.col("move").median()).abs().median()
    return (
        moves.drop_nulls()
        .group_by(CODE)
        .agg(
            deviation=spread * 1.4826,  # of a normal distribution with this median
            rank=pl.col("move").abs().top_k(_OTHERS + 1).min(),  # the jump itself is one of them
            moves=pl.len(),
        )
        .filter(pl.col("moves") >= _ENOUGH)
        .collect()
    )


def _nearest(jump: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratio nearest to each jump, and how far it is in logarithms."""
    logs = np.log(np.array(_RATIOS, dtype=np.float64))
    distance = np.abs(np.abs(jump)[:, None] - logs)
    best = distance.argmin(axis=1)
    return np.array(_RATIOS, dtype=np.float64)[best], distance.min(axis=1)


def _holds(rows: pl.DataFrame, at: int, jump: float) -> bool:
    """Whether the weeks before and after a row differ by about its jump."""
    around = rows.slice(max(0, at - _WEEK), 2 * _WEEK)
    around = around.filter(around[CODE] == rows[CODE][at])
    earlier = np.median(around.filter(around["row"] < at)["close"].to_numpy())
    later = np.median(around.filter(around["row"] >= at)["close"].to_numpy())
    return bool(abs(np.log(earlier / later) - jump) < _MOVED)
