"""Sessions on which no share was traded: no price was made there, whatever the close says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices.checks._prices import CODE, FINDINGS, Prices, findings

if TYPE_CHECKING:
    import polars as pl


def find(prices: Prices) -> pl.DataFrame:
    """Find runs of sessions with a volume of zero; an index, which has none ever, is left alone."""
    import polars as pl

    if not prices.has("volume"):
        return FINDINGS.empty()
    rows = prices.valid.select(CODE, "ticker", "date", "volume", zero=pl.col("volume") == 0)
    if not rows["zero"].any():
        return FINDINGS.empty()
    traded = rows.group_by(CODE).agg(traded=(pl.col("volume") > 0).any())
    rows = rows.with_columns(zero=pl.col("zero").fill_null(False))
    run = (pl.struct(CODE, "zero") != pl.struct(CODE, "zero").shift()).fill_null(True).cum_sum()
    runs = (
        rows.with_columns(run=run)
        .filter("zero")
        .group_by("run", maintain_order=True)
        .agg(
            pl.col(CODE).first(),
            pl.col("ticker").first(),
            pl.col("date").first(),
            until=pl.col("date").last(),
            sessions=pl.len(),
        )
        .join(traded.filter("traded"), on=CODE, how="semi", maintain_order="left")
    )
    one = pl.lit("no share was traded")
    several = pl.format("no share was traded for {} sessions, to {}", "sessions", "until")
    why = pl.when(pl.col("sessions") == 1).then(one).otherwise(several)
    return findings(
        runs, "zero-volume", why, column="volume", value=pl.lit(0.0), until=pl.col("until")
    )
