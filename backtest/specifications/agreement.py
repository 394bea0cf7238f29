"""How far specifications agree: the arithmetic of a curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.specifications.tables import CURVES, SPECIFICATIONS

if TYPE_CHECKING:
    import polars as pl

SIGNIFICANT = 0.05

KEY = ("event_id", "ticker")


def ranked(specifications: pl.DataFrame) -> pl.DataFrame:
    """Return `SPECIFICATIONS`, each event × ticker in its place, from its lowest CAR upwards.

    Args:
        specifications: the table without `rank`, every CAR present.
    """
    import polars as pl

    names = [name for name in SPECIFICATIONS.names if name not in (*KEY, "rank", "car")]
    first = specifications.with_row_index("_row").with_columns(
        pl.col("_row").min().over(KEY).alias("_first")
    )
    ordered = first.sort("_first", "car", *names, nulls_last=True)
    ranks = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(KEY)
    return SPECIFICATIONS.check(
        ordered.with_columns(ranks.alias("rank")).select(SPECIFICATIONS.names)
    )


def agreement(specifications: pl.DataFrame, missing: pl.DataFrame) -> pl.DataFrame:
    """Return `CURVES`: how many specifications share the median's sign, and how many are sure.

    Args:
        specifications: `SPECIFICATIONS`.
        missing: `MISSING`; rows without a model are no specification.
    """
    import polars as pl

    car, sure = pl.col("car"), pl.col("p") < SIGNIFICANT
    same = car.sign() == car.median().sign()
    counts = specifications.group_by(KEY, maintain_order=True).agg(
        pl.len().cast(pl.Int32).alias("n"),
        (car > 0).sum().cast(pl.Int32).alias("positive"),
        (car < 0).sum().cast(pl.Int32).alias("negative"),
        same.mean().alias("share_same_sign"),
        sure.sum().cast(pl.Int32).alias("significant"),
        (sure & same).sum().cast(pl.Int32).alias("significant_same_sign"),
        car.median().alias("median"),
        car.min().alias("low"),
        car.max().alias("high"),
    )
    lost = (
        missing.filter(pl.col("model").is_not_null())
        .group_by(KEY)
        .agg(pl.len().cast(pl.Int32).alias("missing"))
    )
    joined = counts.join(lost, on=KEY, how="left", maintain_order="left")
    return CURVES.check(joined.with_columns(pl.col("missing").fill_null(0)))


def by_choice(specifications: pl.DataFrame) -> pl.DataFrame:
    """Return what each choice does: its specifications alone, all else varying.

    Returns:
        `event_id, ticker, choice, value, n, share_positive, significant, median, low, high`; the
        choices are benchmark, model, returns, estimation and window.
    """
    import polars as pl

    def windows(start: str, end: str) -> pl.Expr:
        return pl.format("{}:{}", start, end)

    choices = {
        "benchmark": pl.col("benchmark").fill_null("none"),
        "model": pl.col("model"),
        "returns": pl.col("returns"),
        "estimation": windows("estimation_start", "estimation_end"),
        "window": windows("start", "end"),
    }
    car = pl.col("car")
    parts = [
        specifications.group_by(*KEY, value.alias("value"), maintain_order=True)
        .agg(
            pl.lit(choice).alias("choice"),
            pl.len().alias("n"),
            (car > 0).mean().alias("share_positive"),
            (pl.col("p") < SIGNIFICANT).sum().alias("significant"),
            car.median().alias("median"),
            car.min().alias("low"),
            car.max().alias("high"),
        )
        .sort(*KEY, "median", maintain_order=True)
        for choice, value in choices.items()
    ]
    return pl.concat(parts)
