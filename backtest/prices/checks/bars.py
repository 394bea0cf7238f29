"""Bars that cannot be: prices that are none, and a high or low on the wrong side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices.checks._prices import FINDINGS, Prices, findings, told

if TYPE_CHECKING:
    import polars as pl

_SLACK = 1e-4
"""Rounding of adjusted prices."""
_PRICES = ("open", "high", "low", "close", "adj_close")


def not_positive(prices: Prices) -> pl.DataFrame:
    """Find prices that are zero, negative, infinite or not a number."""
    import polars as pl

    found = [FINDINGS.empty()]
    for name in _PRICES:
        value = pl.col(name)
        bad = prices.rows.filter(((value <= 0) | ~value.is_finite()).fill_null(False))
        found.append(findings(bad, "not-positive", pl.lit("is not a price"), column=name))
    return pl.concat(found)


def order(prices: Prices) -> pl.DataFrame:
    """Find highs below the bar's own open or close or low, and lows above."""
    import polars as pl

    if not prices.has("high", "low"):
        return FINDINGS.empty()
    rows = prices.rows.with_columns(
        _top=pl.max_horizontal("open", "close", "low"),
        _bottom=pl.min_horizontal("open", "close", "high"),
    )
    high = rows.filter((pl.col("high") < pl.col("_top") * (1 - _SLACK)).fill_null(False))
    low = rows.filter((pl.col("low") > pl.col("_bottom") * (1 + _SLACK)).fill_null(False))
    below = pl.format("high {} is below {} of the same bar", told("high"), told("_top"))
    above = pl.format("low {} is above {} of the same bar", told("low"), told("_bottom"))
    return pl.concat(
        [
            findings(high, "order", below, column="high"),
            findings(low, "order", above, column="low"),
        ]
    )
