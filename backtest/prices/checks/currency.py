"""Prices in another currency than the exchange's, or in its hundredth: pounds for pence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtest.prices.checks._prices import CODE, FINDINGS, Prices, before, findings, told

if TYPE_CHECKING:
    import polars as pl

_HUNDRED = float(np.log(100.0))
_NEAR = 0.1
_BACK = 0.5
"""Of a hundredfold jump, what may be taken back the next session for it to be a new level."""


def find(prices: Prices) -> pl.DataFrame:
    """Compare what the source says with the exchange, and look for hundredfold jumps."""
    import polars as pl

    return pl.concat([_said(prices), _jumps(prices)])


def _said(prices: Prices) -> pl.DataFrame:
    import polars as pl

    said, expected = prices.setting.currencies, prices.setting.expected
    if not said or not expected:
        return FINDINGS.empty()
    last = prices.valid.group_by(CODE, maintain_order=True).agg(
        pl.col("ticker").first(), pl.col("date").last(), pl.col("close").last()
    )
    names = {"said": said, "usual": expected}
    both = last.with_columns(
        pl.col("ticker").replace_strict(of, default=None, return_dtype=pl.String).alias(name)
        for name, of in names.items()
    ).filter(pl.col("said") != pl.col("usual"))
    why = pl.format("is in {}, where the exchange quotes in {}", "said", "usual")
    return findings(both, "currency", why)


def _jumps(prices: Prices) -> pl.DataFrame:
    import polars as pl

    close = pl.col("close")
    rows = prices.valid.with_columns(last=before("close"), following=before("close", -1))
    jump = (close / pl.col("last")).log()
    after = (pl.col("following") / close).log()
    rows = rows.filter(
        ((jump.abs() - _HUNDRED).abs() < _NEAR) & ~(after.abs() > _BACK * _HUNDRED).fill_null(False)
    )
    why = pl.format(
        "close {} after {}: a hundredfold, as from one unit of a currency to its hundredth",
        told("close"),
        told("last"),
    )
    return findings(rows, "currency", why)
