"""The columns of the tests of single events, and what makes room for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import CALENDAR
from support.printed import lines_of

import backtest as bt
from backtest.results.result import StudyResult

AMD = "2025-10-06-amd-openai-6gw-warrant"
TITLE = "AMD supplies OpenAI"


@pytest.fixture(scope="module")
def tested(warm: Path) -> StudyResult:
    return bt.run(
        CALENDAR, "snapshot", selection=AMD, tests="permutation", cache=warm, model="market,mean"
    )


def _header(text: str) -> str:
    return next(line for line in lines_of(text, TITLE) if line.startswith("  ticker "))


def test_perm_p_stands_beside_sq_p(tested: StudyResult) -> None:
    text = tested.summary(160)
    head = _header(text)
    assert head.split()[:8] == ["ticker", "role", "return", "AR", "t", "SQ", "p", "perm"]
    rows = tested.event_tests.filter(test="permutation", model="market", start=0, end=0)
    end = head.index("perm p") + len("perm p")
    for ticker, p in rows.select("ticker", "p").iter_rows():
        (line,) = (x for x in lines_of(text, TITLE) if x.startswith(f"  {ticker:<6} "))
        assert line[end - 5 : end] == f"{p:.3f}"
    assert "perm p its p-value among the same security's days without an event" in " ".join(
        text.split()
    )


@pytest.mark.parametrize("width", [60, 80, 90, 100, 160])
def test_without_room_it_is_named_as_hidden(tested: StudyResult, width: int) -> None:
    text = tested.summary(width)
    hidden = " ".join(text.split()).partition(" hidden ")[2].partition(": a wider")[0]
    assert ("perm p" in _header(text)) != ("perm p" in hidden.split(", "))
    assert ("perm p" in _header(text)) == (width >= 100)


def test_studies_without_the_test_have_no_such_column(shipped: StudyResult) -> None:
    for width in (80, 160):
        assert "perm p" not in shipped.summary(width)


def test_tests_of_synthetic_controls_have_columns_where_they_have_a_p(warm: Path) -> None:
    """Eleven securities are too few for placebos, and shifts of time need none.

    Ranks among the residuals of fitted weights would reject too often, so there is no SQ p.
    """
    result = bt.run(
        CALENDAR,
        "snapshot",
        selection=AMD,
        tests="in_space,conformal",
        cache=warm,
        model="synthetic",
    )
    head = _header(result.summary(160))
    assert "AR t conf p CAR" in " ".join(head.split())
    rows = result.event_tests.filter(test="conformal", start=0, end=0)
    end = head.index("conf p") + len("conf p")
    for ticker, p in rows.select("ticker", "p").iter_rows():
        (line,) = (
            x for x in lines_of(result.summary(160), TITLE) if x.startswith(f"  {ticker:<6} ")
        )
        assert line[end - 5 : end] == f"{p:.3f}"
    placebo = result.event_tests.filter(test="in_space")
    assert placebo["p"].null_count() == len(placebo)
    assert set(placebo["reason"]) == {"fewer than 99 donors can serve as placebos"}
