"""The measures against empyrical-reloaded, quantstats, and figures made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backtest.strategy.drawdown import drawdown, underwater
from backtest.strategy.measures import Book, Measures, measure

ANSWERS = json.loads(
    (Path(__file__).parents[1] / "reference" / "performance.json").read_text(encoding="utf-8")
)["series"]


def book_of(returns: list[float]) -> Book:
    values = np.array(returns)
    return Book(values, values[values != 0.0], np.abs(values), (values != 0.0).astype(float))


def ours(measures: Measures) -> dict[str, float]:
    return {
        "total_return": measures.total_return,
        "annual_return": measures.annual_return,
        "volatility": measures.volatility,
        "drawdown": measures.drawdown.depth,
        "sharpe": measures.sharpe.value,
        "sortino": measures.sortino.value,
        "longest spell below": measures.drawdown.longest,
    }


@pytest.mark.parametrize("program", ["empyrical-reloaded", "quantstats"])
@pytest.mark.parametrize("series", ANSWERS)
def test_measures_are_those_of_other_programs(series: str, program: str) -> None:
    own = ours(measure(book_of(ANSWERS[series]["returns"])))
    theirs = ANSWERS[series]["answers"][program]
    assert len(theirs) >= 6
    for name, value in theirs.items():
        assert own[name] == pytest.approx(value, abs=1e-10, rel=1e-10), name


def test_a_drawdown_by_hand() -> None:
    # 1.1, 1.21, 0.968, 1.21 · 0.9 …: 20 % below the top of the second session, never back.
    falls = drawdown(np.array([0.1, 0.1, -0.2, 0.125, 0.0]))
    assert falls.depth == pytest.approx(-0.2)
    assert (falls.peak, falls.trough, falls.end, falls.longest) == (1, 2, None, 3)


def test_a_drawdown_that_is_over_and_a_longer_one_that_is_not_as_deep() -> None:
    falls = drawdown(np.array([-0.5, 1.0, -0.1, 0.0, 0.01, 0.2]))
    assert (falls.depth, falls.peak, falls.trough, falls.end) == (-0.5, -1, 0, 1)
    assert falls.longest == 3


def test_what_never_falls_has_no_drawdown() -> None:
    falls = drawdown(np.array([0.0, 0.01, 0.02]))
    assert (falls.depth, falls.longest) == (0.0, 0)
    assert drawdown(np.empty(0)).depth == 0.0
    assert underwater(np.array([0.0, 0.01])).max() == 0.0


def test_turnover_exposure_and_trades_by_hand() -> None:
    sessions = np.zeros(126)
    traded, exposure = sessions.copy(), sessions.copy()
    traded[[3, 8]], exposure[3:8] = 0.5, 0.5
    sessions[3:8] = [0.01, -0.02, 0.0, 0.03, 0.01]
    found = measure(Book(sessions, np.array([300.0, -100.0, 100.0, 0.0]), traded, exposure))
    assert found.turnover == pytest.approx(2.0)  # 1.0 in half a year
    assert found.exposure == pytest.approx(2.5 / 126)
    assert found.invested == pytest.approx(5 / 126)
    assert found.hit_rate == 0.5
    assert (found.average_win, found.average_loss) == (200.0, -100.0)


def test_an_empty_book_says_why_there_is_no_ratio_and_is_plain_json() -> None:
    none = np.empty(0)
    found = measure(Book(none, none, none, none))
    assert found.sharpe.reason == found.sortino.reason == found.deflated.reason
    assert "at least 3 sessions" in (found.sharpe.reason or "")
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert plain["annual_return"] is None
    assert plain["sharpe"]["value"] is None


def test_a_book_that_loses_everything() -> None:
    returns = np.array([0.1, -1.0, 0.0])
    found = measure(Book(returns, np.array([-1.0]), returns, returns))
    assert (found.total_return, found.annual_return) == (-1.0, -1.0)
    assert found.drawdown.depth == -1.0


def test_a_book_that_owes_is_deeper_than_all_of_it() -> None:
    gone = np.array([0.1, np.nan, np.nan])
    below = np.array([0.0, -1.5, -0.5])
    found = measure(Book(gone, np.array([-1.0]), gone, gone, below, "the capital was lost"))
    assert (found.drawdown.depth, found.drawdown.trough) == (-1.5, 1)
    assert found.sharpe.reason == found.deflated.reason == "the capital was lost"
    assert np.isnan([found.total_return, found.annual_return, found.volatility]).all()
