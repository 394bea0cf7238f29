"""Prices that leave those beside them and come back the next session: mostly wrong prints.

A high counts by how far it stands above its own open and close *and* above the highs of the
sessions before and after (a low likewise below); it is odd when that is fourteen times what the
security's wicks usually measure: Oracle's real +43 % high of 2025-09-10 stays below ten.

A close counts by how far it is from the sessions before and after, on the same side of both: from
their highs or lows where there are any, through which a real move passes. It is odd when that is
more than 6 %, six times what the close usually moves, and two and a half times the security's third
largest excursion of this kind besides, so that none is where such days are a habit; but a quarter
of the price and twenty-five times the usual move are odd however often they come. What is left the
session after may be what chance makes of two days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices.checks._prices import CODE, Prices, before, findings, share, told

if TYPE_CHECKING:
    import polars as pl

_RATIO = 14.0
_SIZE = 0.03
_CLOSE_RATIO = 6.0
_CLOSE_SIZE = 0.06
_OTHERS = 3
"""The rank of the excursion of other sessions that a close's is held against."""
_BEYOND = 2.5
"""How many times that one it is."""
_HUGE_RATIO = 25.0
_HUGE_SIZE = 0.25
"""From where on a close is odd whatever the others are."""
_BACK = 0.2
_BACK_MOST = 0.5
"""Of a close's excursion, what may be left the session after: at first, and at most."""
_BACK_NOISE = 6.0
"""The same in median moves of a close, which are four standard deviations."""
_ENOUGH = 30
"""Sessions from which on it is known what is usual for a security."""


def find(prices: Prices) -> pl.DataFrame:
    """Find odd highs and lows, and closes that come back."""
    import polars as pl

    found = [_closes(prices)]
    if prices.has("high", "low"):
        found += [_wicks(prices, "high"), _wicks(prices, "low")]
    return pl.concat(found)


def _wicks(prices: Prices, column: str) -> pl.DataFrame:
    import polars as pl

    sign = 1 if column == "high" else -1
    edge = pl.max_horizontal("open", "close") if sign > 0 else pl.min_horizontal("open", "close")
    near = [before(column), before(column, -1)]
    beside = pl.max_horizontal(*near) if sign > 0 else pl.min_horizontal(*near)
    price = pl.col(column)
    rows = prices.rows.with_columns(edge=edge, usual=sign * (price / edge).log()).with_columns(
        spike=pl.min_horizontal("usual", sign * (price / beside).log())
    )
    odd = _odd(rows, rows.lazy(), _SIZE, _RATIO)
    odd = odd.with_columns(far=(price / pl.col("edge") - 1).abs())
    side = "above" if sign > 0 else "below"
    why = pl.format(
        f"{column} {{}} stands {{}} {side} its open and close and far off the days beside it",
        told(column),
        share("far"),
    )
    return findings(odd, "spike", why, column=column)


def _closes(prices: Prices) -> pl.DataFrame:
    import polars as pl

    close, last, following = pl.col("close"), before("close"), before("close", -1)
    there = (close / last).log()
    rows = prices.valid.with_columns(
        last=last, following=following, usual=there.abs(), spike=_excursion(prices)
    )
    odd = _odd(rows, rows.lazy(), _CLOSE_SIZE, _CLOSE_RATIO)
    odd = odd.join(_largest(rows, odd), on=CODE, how="left", maintain_order="left")
    # The odd one is among the largest itself.
    other = pl.when(pl.col("spike") >= pl.col("rank")).then("next").otherwise("rank")
    moved = (pl.col("following") / pl.col("last")).log().abs()
    noise = pl.max_horizontal(_BACK * pl.col("spike"), _BACK_NOISE * pl.col("median"))
    why = pl.format(
        "close {} between {} and {} of the sessions beside it",
        told("close"),
        told("last"),
        told("following"),
    )
    huge = (pl.col("spike") > _HUGE_SIZE) & (pl.col("spike") > _HUGE_RATIO * pl.col("median"))
    odd = odd.filter(
        (pl.col("spike") > _BEYOND * other) | huge,
        moved < pl.min_horizontal(noise, _BACK_MOST * pl.col("spike")),
    )
    return findings(odd, "spike", why)


def _excursion(prices: Prices) -> pl.Expr:
    """Return how far a close is beyond what both sessions beside it reached; zero between them."""
    import polars as pl

    def beyond(edge: str, sign: int) -> pl.Expr:
        # A wrong high or low on the wrong side of its close says nothing.
        widest = pl.max_horizontal if sign > 0 else pl.min_horizontal
        reached = [
            widest(before(edge, by), before("close", by))
            if prices.has(edge)
            else before("close", by)
            for by in (1, -1)
        ]
        return pl.min_horizontal(*(sign * (pl.col("close") / one).log() for one in reached))

    both = before("close").is_not_null() & before("close", -1).is_not_null()
    furthest = pl.max_horizontal(beyond("high", 1), beyond("low", -1), pl.lit(0.0))
    return pl.when(both).then(furthest)


def _largest(rows: pl.DataFrame, odd: pl.DataFrame) -> pl.DataFrame:
    """Return the `_OTHERS`-th largest `spike` of some securities as `rank`, and the `next` one."""
    import polars as pl

    own = rows.lazy().filter(pl.col(CODE).is_in(odd[CODE].unique().implode()))
    largest = pl.col("spike").top_k(_OTHERS + 1).sort(descending=True)
    return (
        own.group_by(CODE)
        .agg(
            rank=largest.get(_OTHERS - 1, null_on_oob=True),
            next=largest.get(_OTHERS, null_on_oob=True),
        )
        .collect()
    )


def _odd(rows: pl.DataFrame, usual: pl.LazyFrame, size: float, ratio: float) -> pl.DataFrame:
    """Return rows whose `spike` is above a size, and far above what is usual for the security.

    Args:
        rows: with `spike`.
        usual: of all sessions, `usual`.
        size: the smallest that counts.
        ratio: to the median of `usual`.

    Returns:
        With `median`.
    """
    import polars as pl

    large = rows.filter((pl.col("spike") > size).fill_null(False))
    medians = (
        usual.filter(pl.col(CODE).is_in(large[CODE].unique().implode()))
        .group_by(CODE)
        .agg(median=pl.col("usual").median(), sessions=pl.len())
        .filter(pl.col("sessions") >= _ENOUGH, pl.col("median") > 0)
        .collect()
    )
    joined = large.join(medians, on=CODE, maintain_order="left")
    return joined.filter(pl.col("spike") > ratio * pl.col("median"))
