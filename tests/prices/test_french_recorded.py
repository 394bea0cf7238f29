"""The parser on what the library really published: two excerpts of its files, as they were."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from support.french_server import FIVE, MOMENTUM, FrenchServer, zipped

from backtest.prices.factors import load_factors
from backtest.prices.french_file import french_table
from backtest.prices.french_library import FILES, fetch_factors

RECORDED = Path(__file__).parent / "french"
FIVE_TEXT = (RECORDED / "five_factors_daily.csv").read_text(encoding="utf-8")
MOMENTUM_TEXT = (RECORDED / "momentum_daily.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_five_factors(end: str) -> None:
    table = french_table(zipped(FIVE_TEXT.replace("\n", end)), "file.zip", FILES[FIVE])
    assert (table.height, table["date"][0], table["date"][-1]) == (
        150,
        dt.date(1963, 7, 1),
        dt.date(2025, 7, 31),
    )
    # The market's best day since 2008, and its worst since 2020.
    rows = {day: numbers for day, *numbers in table.iter_rows()}
    best, worst = dt.date(2025, 4, 9), dt.date(2025, 4, 4)
    assert rows[best] == pytest.approx([0.0965, -0.0067, -0.0306, -0.0067, 0.0056, 0.0002])
    assert table.sort("mkt_rf")["date"].to_list()[:: table.height - 1] == [worst, best]


def test_momentum() -> None:
    table = french_table(zipped(MOMENTUM_TEXT), "file.zip", FILES[MOMENTUM])
    assert (table.height, table["date"][0], table["date"][-1]) == (
        102,
        dt.date(1926, 11, 3),
        dt.date(2025, 11, 28),
    )
    assert table["mom"][0] == pytest.approx(0.0054)


@pytest.mark.parametrize(
    ("text", "name", "close"),
    [
        (FIVE_TEXT, FIVE, {"mkt_rf": 0.0001, "rf": 0.0, "smb": 0.0003, "rmw": 0.0007}),
        (MOMENTUM_TEXT, MOMENTUM, {"mom": 0.0005}),
    ],
)
def test_another_vintage_says_the_same(text: str, name: str, close: dict[str, float]) -> None:
    """The shipped factors are of a later vintage, read by another program: a hair apart."""
    recorded = french_table(zipped(text), "file.zip", FILES[name])
    both = recorded.join(load_factors().frame, on="date", suffix="_shipped")
    assert both.height >= 79
    for factor, most in close.items():
        apart = (both[factor] - both[f"{factor}_shipped"]).abs().max()
        assert isinstance(apart, float)
        assert apart < most + 1e-9


def test_both_from_a_server(french: FrenchServer) -> None:
    french.files = {FIVE: zipped(FIVE_TEXT), MOMENTUM: zipped(MOMENTUM_TEXT)}
    fetched = fetch_factors()
    assert fetched.height == 150 + 102
    assert fetched.filter(pl.col("mom").is_null()).height == 150
    assert fetched.filter(pl.col("mkt_rf").is_null()).height == 102
