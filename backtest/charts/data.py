"""A frame as the data of a chart: plain values inside the specification, nothing to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.charts.rows import rows_of

if TYPE_CHECKING:
    import altair as alt
    import polars as pl

DIGITS = 9
"""Significant figures of what a chart holds; a double's seventeen would double its size."""


def data_of(frame: pl.DataFrame) -> alt.Data:
    """Return rows as inline data, whatever their number; dates are at midnight of the reader's.

    A bare ISO date would be midnight in Greenwich, which is the day before in New York.
    """
    import polars as pl

    plain = frame.with_columns(
        pl.col(pl.Float64).fill_nan(None).round_sig_figs(DIGITS),
        pl.col(pl.Date).dt.strftime("%Y-%m-%dT00:00:00"),
    )
    return rows_of(plain.to_dicts())
