"""What a close is, by source, and what a study says of it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from backtest.errors import BadUsage
from backtest.prices.closes import (
    Closes,
    closes_in,
    stated_closes,
    told_closes,
    unfit_for_value,
)
from backtest.prices.provider import BARS

DAY = dt.date(2025, 1, 2)


def bars(**adjusted: float | None) -> pl.DataFrame:
    rows = [{"ticker": t, "date": DAY, "close": 2.0, "adj_close": a} for t, a in adjusted.items()]
    return pl.concat([BARS.empty(), pl.DataFrame(rows, infer_schema_length=None)], how="diagonal")


@pytest.mark.parametrize(
    ("stated", "with_both", "alone"),
    [
        (Closes.UNKNOWN, Closes.BOTH, Closes.UNKNOWN),
        (Closes.SPLIT_ONLY, Closes.BOTH, Closes.SPLIT_ONLY),
        (Closes.TOTAL_RETURN, Closes.TOTAL_RETURN, Closes.TOTAL_RETURN),
    ],
)
def test_a_total_return_close_beside_it_says_what_a_close_is(
    stated: Closes, with_both: Closes, alone: Closes
) -> None:
    assert closes_in(bars(A=1.0, B=1.0), stated) == {"A": with_both, "B": with_both}
    assert closes_in(bars(A=1.0, B=None), stated) == {"A": with_both, "B": alone}
    frame = bars(A=1.0).with_columns(adj_close=pl.lit(None, pl.Float64))
    assert closes_in(frame, stated) == {"A": alone}


def test_a_mixture_is_told_by_name() -> None:
    closes = {"A": Closes.BOTH, "B": Closes.BOTH, "C": Closes.TOTAL_RETURN}
    assert told_closes(closes) == "close: unadjusted + adj_close; total-return for C"
    many = {**dict.fromkeys("abcdefg", Closes.BOTH), **dict.fromkeys("UVWXYZ", Closes.UNKNOWN)}
    assert told_closes(many).endswith("; unknown for U, V, W, X and 2 more")
    assert told_closes({}) == "close: unknown"


def test_market_values_want_a_close_without_dividends() -> None:
    closes = {"A": Closes.BOTH, "B": Closes.SPLIT_ONLY, "C": Closes.TOTAL_RETURN}
    closes["D"] = Closes.UNKNOWN
    (one, other) = unfit_for_value(closes, {"A", "B", "C", "D"})
    assert one.startswith("C: the close has dividends in it; market values need a close without")
    assert other.startswith("D: it is not known whether the close has dividends in it")
    assert list(unfit_for_value(closes, {"A", "B"})) == []


def test_a_word_that_says_nothing() -> None:
    with pytest.raises(BadUsage, match=r"did you mean `total-return`\?"):
        stated_closes("total-retrun", "prices")
