"""The headline: the figures of the tables, in words that fit them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.cli import CALENDAR

import backtest as bt
from backtest.charts.averages import averages
from backtest.notation import percent
from backtest.report.html.answer import answer, chance_words, largest
from backtest.results.result import StudyResult
from backtest.spec import Window


def test_it_says_the_mean_of_the_counterparties_with_its_interval(shipped: StudyResult) -> None:
    found = answer(shipped)
    assert found is not None
    tests = shipped.sample_tests.filter(
        pl.col("group") == "role:counterparty", pl.col("start") == 0, pl.col("end") == 0
    )
    headline = shipped.sample_designs.filter(pl.col("group") == "role:counterparty")["headline"][0]
    p = tests.filter(pl.col("test") == headline)["p"][0]
    band = averages(shipped, "role:counterparty", window=Window(0, 0))
    assert percent(abs(tests["mean"][0]), 1).lstrip("+") in found.lead
    assert f"p = {p:.3f}, {headline}" in found.lead
    assert percent(float(band.low[0]), 1) in found.lead
    assert percent(float(band.high[0]), 1) in found.lead
    assert f"{tests['n'][0]} listed parties" in found.lead
    assert "ORCL gained 35.4%" in found.more[0]
    assert "$240.0bn of market value" in found.more[0]


def test_the_largest_reaction_is_the_largest_t(shipped: StudyResult) -> None:
    one = largest(shipped)
    assert one is not None
    row = (
        shipped.cars.filter(pl.col("start") == 0, pl.col("end") == 0, ~pl.col("alternative"))
        .sort(pl.col("t").abs(), descending=True)
        .row(0, named=True)
    )
    assert (one.event, one.ticker, one.car) == (row["event_id"], row["ticker"], row["car"])
    assert one.low < one.car < one.high


def test_a_single_event_is_answered_by_its_strongest_reaction(warm: Path) -> None:
    result = bt.run(CALENDAR, "snapshot", selection="2025-09-25-crwv*", cache=warm)
    found = answer(result)
    assert found is not None
    assert found.lead.startswith("CRWV lost 5.1% on Thu 25 Sep 2025")
    assert found.more == []
    assert "fat tails" in found.method


def test_nothing_studied_has_no_answer(warm: Path) -> None:
    result = bt.run(CALENDAR, "snapshot", selection="2026-10-08*", cache=warm)
    assert answer(result) is None


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0001, "very unlikely explanation (p < 0.001, t)"),
        (0.03, "an unlikely explanation (p = 0.030, t)"),
        (0.07, "the evidence is weak"),
        (0.5, "chance alone could explain it"),
        (None, "no test of the study"),
    ],
)
def test_words_for_p(p: float | None, words: str) -> None:
    assert words in chance_words(p, "t")
