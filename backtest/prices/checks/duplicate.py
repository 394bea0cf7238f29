"""Sessions that are there more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices.checks._prices import CODE, FINDINGS, Prices, findings, told

if TYPE_CHECKING:
    import polars as pl


def find(prices: Prices) -> pl.DataFrame:
    """Compare each row with the first one of its session."""
    import polars as pl

    if prices.raw.height == prices.rows.height:
        return FINDINGS.empty()
    one = [CODE, "date"]
    twice = prices.raw.filter(pl.struct(one).is_duplicated())
    counted = twice.group_by(*one, maintain_order=True).agg(
        pl.col("ticker").first(),
        rows=pl.len(),
        close=pl.col("close").first(),
        last=pl.col("close").last(),
        kinds=pl.struct(pl.exclude(*one)).n_unique(),
    )
    differ = pl.format("with different values: close {} and {}", told("close"), told("last"))
    how = pl.when(pl.col("kinds") > 1).then(differ).otherwise(pl.lit("with the same values"))
    counted = counted.with_columns(how=how)
    return findings(counted, "duplicate", pl.format("is there {} times, {}", "rows", "how"))
