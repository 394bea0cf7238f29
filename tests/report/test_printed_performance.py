"""Measures of a book as lines: what is undefined has a reason, what is thin is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backtest.report._console import plain
from backtest.report._density import density
from backtest.report._performance import performance_blocks, skill, tried_words
from backtest.strategy.deflated import Deflated
from backtest.strategy.judged import Judgement
from backtest.strategy.measures import Book, measure
from backtest.strategy.placebo import Placebo
from backtest.strategy.tried import Count

COUNT = Count(1, 1, 1, np.empty(0))


def told(returns: list[float], trades: list[float], placebo: Placebo | None = None) -> str:
    sessions = np.array(returns)
    book = Book(sessions, np.array(trades), np.abs(sessions), (sessions != 0).astype(float))
    judgement = Judgement("mine", measure(book), placebo, COUNT)
    return " ".join(plain(performance_blocks(judgement, "USD"), 80).split())


def test_two_sessions_have_no_ratio_and_no_nan() -> None:
    found = told([0.01, -0.02], [-100.0])
    assert "Sharpe – (needs at least 3 sessions)" in found
    assert "no Sharpe ratio: needs at least 3 sessions" in found
    assert "0 of 1 gained; average loss −100" in found
    assert "nan" not in found.lower()


def test_a_book_without_a_loss() -> None:
    found = told([0.01, 0.02, 0.0, 0.01], [100.0, 50.0])
    assert "Sortino – (no session lost anything)" in found
    assert "average win +75;" in found


def test_few_other_dates_are_said() -> None:
    draws = np.array([1.0, 2.0, 3.0])
    few = Placebo(2.0, draws, orders=3, left_out=1, fewest_dates=2, unfilled=0.0, seed=1)
    found = told([0.01, 0.02, -0.01], [5.0], few)
    assert "p = 0.750; 1 of 3 have no other date and are left out" in found
    assert "some could go to 2 other dates alone" in found
    none = Placebo(0.0, np.empty(0), orders=1, left_out=1, fewest_dates=0, unfilled=0.0, seed=1)
    assert "no other date has prices and room" in told([0.01, 0.02, -0.01], [5.0], none)


def count(here: int, calendar: int, everywhere: int, *, kept: bool = True) -> Count:
    return Count(here, calendar, everywhere, np.empty(0), kept=kept)


def test_skill_says_what_the_bar_is_made_of() -> None:
    tried = count(12, 12, 12)
    one = Deflated(psr=0.9, dsr=0.4, threshold=0.1, trials=12, variance=0.01, assumed=True)
    assert "12 strategies tried on these events" in skill(one, tried)
    assert "taken to vary as this one" in skill(one, tried)
    assert "above the 1.59 that the best" in skill(one, tried)  # 0.1 · √252


def test_the_widest_count_is_told() -> None:
    one = Deflated(psr=0.9, dsr=0.4, threshold=0.1, trials=12, variance=0.01)
    told = skill(one, count(3, 12, 15))
    assert "best of 12 strategies tried on selections of this calendar (3 on this one)" in told
    assert told.endswith("; 3 more on other events")
    assert tried_words(count(12, 12, 12)) == "12 strategies tried on these events so far"


def test_a_count_that_is_not_kept_claims_nothing() -> None:
    alone = Deflated(psr=0.9, dsr=0.9, threshold=0.0, trials=1)
    told = skill(alone, count(1, 1, 1, kept=False))
    assert told.endswith("how many were tried before is not known: this count is not kept")
    assert "no other strategy" not in told
    assert skill(alone, count(1, 1, 1)).endswith(
        "this cache knows of no other strategy tried on these events"
    )
    several = skill(replace(alone, trials=30), count(30, 30, 30, kept=False))
    assert "best of 30 strategies of this call" in several
    assert "not known" in several


def test_a_density_shows_every_value_and_its_marks() -> None:
    line, marks = density(np.array([0.0, 0.0, 0.0, 9.0]), {"^": 4.5, "|": 0.0}, 10)
    assert (len(line), line[0], line[9]) == (10, "█", "▃")
    assert marks == "|    ^"
    blocks, _ = density(np.array([1.0, 1.0]), {}, 5, plain=True)
    assert blocks.isascii()
    assert blocks.strip() == "@"
