"""How many faults that are put into sound prices are found: one each into the shipped closes."""

import polars as pl
import pytest

from backtest.prices.checks import check_prices
from backtest.prices.checks._prices import Setting
from backtest.prices.provider import BARS
from backtest.prices.providers.snapshot import Snapshot

CLOSES = ("AMD", "AVGO", "META", "MSFT", "NVDA")
EVERY = 11
"""Sessions between two places of a fault; each is in a copy of its own."""


def _closes() -> pl.DataFrame:
    frame = Snapshot().bars(CLOSES, None, None).frame
    alone = frame.select("ticker", "date", "close").sort("ticker", "date")
    return pl.concat([BARS.empty(), alone], how="diagonal")


def _found(check: str, factor: float, *, stays: bool) -> float:
    """Return how often a fault is found on its day, and assert that hardly anything else is.

    A wrong close beside a real jump can make a spike of the close between them.

    Args:
        check: which one should find it.
        factor: what the close is multiplied by: on one day or, if it `stays`, before it.
    """
    copies, due = [], set()
    for (ticker,), own in _closes().group_by("ticker", maintain_order=True):
        row = pl.int_range(pl.len())
        for at in range(30, own.height - 10, EVERY):
            name = f"{ticker}{at}"
            where = row < at if stays else row == at
            faulty = pl.when(where).then(factor).otherwise(1.0) * pl.col("close")
            copies.append(own.with_columns(ticker=pl.lit(name), close=faulty))
            due.add((name, own["date"][at]))
    rows = check_prices(pl.concat(copies), Setting()).select("check", "ticker", "date").rows()
    found = {row[1:] for row in rows if row[0] == check}
    assert len(found - due) <= 1
    return len(found & due) / len(due)


@pytest.mark.parametrize("ratio", [2.0, 4.0, 10.0, 20.0, 0.1])
def test_a_split_is_found_on_days_on_which_the_stock_moved_too(ratio: float) -> None:
    assert _found("split", ratio, stays=True) >= 0.93


@pytest.mark.parametrize(
    ("factor", "least"), [(1.1, 0.3), (1.2, 0.75), (0.8, 0.9), (1.3, 0.93), (1.5, 0.95)]
)
def test_a_close_that_leaves_and_comes_back(factor: float, least: float) -> None:
    assert _found("spike", factor, stays=False) >= least


def test_the_closes_themselves_have_neither() -> None:
    assert check_prices(_closes(), Setting()).is_empty()


@pytest.mark.parametrize("count", [1, 3, 12])
def test_wrong_closes_of_one_security_do_not_hide_each_other(count: int) -> None:
    own = _closes().filter(pl.col("ticker") == "MSFT").with_row_index("row")
    places = [40 + 30 * n for n in range(count)]
    wrong = pl.when(pl.col("row").is_in(places)).then(1.5).otherwise(1.0) * pl.col("close")
    found = check_prices(own.with_columns(close=wrong), Setting(), ["spike"])
    assert found["date"].to_list() == own["date"].gather(places).to_list()


def test_three_splits_of_one_security_do_not_hide_each_other() -> None:
    own = _closes().filter(pl.col("ticker") == "NVDA").with_row_index("row")
    after = pl.sum_horizontal(*(pl.col("row") >= place for place in (100, 200, 300)))
    found = check_prices(own.with_columns(close=pl.col("close") / 4**after), Setting(), ["split"])
    assert found["date"].to_list() == own["date"].gather([100, 200, 300]).to_list()


def test_nearly_half_the_price_lost_now_and_then_is_no_split() -> None:
    """What a security does by itself four times over says nothing about a ratio; once is odd."""
    own = _closes().filter(pl.col("ticker") == "NVDA").with_row_index("row")

    def found(places: list[int]) -> list[str]:
        lost = pl.sum_horizontal(*(pl.col("row") >= place for place in places))
        frame = own.with_columns(close=pl.col("close") * 0.54**lost)
        return check_prices(frame, Setting())["check"].to_list()

    assert found([157]) == ["split"]
    assert found([47, 157, 258, 352]) == []
