"""Close and adjusted close together: what dividends can have done between them, and what not.

The adjusted close is the close times a factor that every dividend lowers for all days before it:
it is at most one, never falls as time goes on, and rises only on ex-dates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.prices.checks._prices import CODE, FINDINGS, Prices, before, findings, told
from backtest.prices.provider import DIVIDEND

if TYPE_CHECKING:
    import polars as pl

_EXACT = 2e-4
_CENT = 0.0101
"""Two prices rounded to cents may be off by one."""
_LARGEST = 0.2
"""A dividend above this share of the price is rare enough to be looked at."""


def find(prices: Prices) -> pl.DataFrame:
    """Follow the factor between the two along each security."""
    import polars as pl

    if not prices.has("adj_close"):
        return FINDINGS.empty()
    adjusted = pl.col("adj_close")
    some = prices.valid.filter(adjusted.is_not_null())[CODE].unique()
    rows = prices.valid.filter(pl.col(CODE).is_in(some.implode()))
    good = rows.filter((adjusted > 0) & adjusted.is_finite())
    slack = pl.max_horizontal(pl.lit(_EXACT), _CENT / adjusted, _CENT / pl.col("close"))
    good = good.with_columns(factor=adjusted / pl.col("close"), slack=slack).with_columns(
        rise=(pl.col("factor") / before("factor")).log(),
        slack=pl.max_horizontal("slack", before("slack")),
    )
    return pl.concat(
        [
            _once(rows.filter(adjusted.is_null()), "no adjusted close beside the close"),
            _once(
                good.filter(pl.col("factor") > 1 + pl.col("slack")),
                "the adjusted close is above the close",
            ),
            _once(
                good.filter(pl.col("rise") < -pl.col("slack")),
                "the adjusted close fell more than the close, which no dividend does",
            ),
            _large(good.filter(pl.col("rise") > _LARGEST)),
            *_against_dividends(good, prices),
        ]
    )


def _once(rows: pl.DataFrame, why: str) -> pl.DataFrame:
    """Return the first row of each security, and on how many sessions it is so."""
    import polars as pl

    first = rows.group_by(CODE, maintain_order=True).agg(
        pl.col("ticker").first(),
        pl.col("date").first(),
        pl.col("adj_close").first(),
        until=pl.col("date").last(),
        sessions=pl.len(),
    )
    more = pl.format(f"{why}, on {{}} sessions to {{}}", "sessions", "until")
    said = pl.when(pl.col("sessions") == 1).then(pl.lit(why)).otherwise(more)
    return findings(first, "adjusted", said, column="adj_close", until=pl.col("until"))


def _large(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    paid = ((1 - (-pl.col("rise")).exp()) * 100).round(1)
    why = pl.format(
        "adjusted close {} beside a close of {}: {} % of the price paid out, or a split",
        told("adj_close"),
        told("close"),
        paid,
    )
    return findings(rows, "adjusted", why, column="adj_close")


def _against_dividends(good: pl.DataFrame, prices: Prices) -> list[pl.DataFrame]:
    """Where all dividends are known, look for rises on other days, and dividends without one."""
    import polars as pl

    known = prices.setting.with_actions
    own = good.filter(pl.col("ticker").is_in(sorted(known))) if known else good.clear()
    if own.is_empty():
        return []
    paid = prices.setting.actions.filter(pl.col("kind") == DIVIDEND)
    paid = paid.group_by("ticker", "date").agg(paid=pl.col("value").sum())
    both = own.with_columns(last=before("close")).join(
        paid, on=["ticker", "date"], how="left", maintain_order="left"
    )
    due = -(1 - pl.col("paid").fill_null(0.0) / pl.col("last")).log()
    off = both.with_columns(due=due).filter(
        (pl.col("rise") - pl.col("due")).abs() > 2 * pl.col("slack") + 0.1 * pl.col("due")
    )
    unpaid = off.filter(pl.col("paid").is_null())
    missed = off.filter(pl.col("paid").is_not_null())
    why = pl.format(
        "the dividend {} of this day is not in the adjusted closes before it", told("paid")
    )
    return [
        findings(
            unpaid.filter(pl.col("rise") > 0),
            "adjusted",
            pl.lit("the adjusted close rose beside the close without a dividend on this day"),
            column="adj_close",
        ),
        findings(missed, "adjusted", why, column="adj_close"),
    ]
