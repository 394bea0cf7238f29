"""What a sweep varies: words read, combinations made, nonsense refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.traded import rule, shipped_rule

from backtest.errors import BadUsage
from backtest.strategy.grid import MOST, Axes, cells_of, entry_word, exit_word, read_axes
from backtest.strategy.schema import Entry, Exit


def test_words_are_read_and_written_back() -> None:
    axes = read_axes("auction,close+2, next_open", "1,10:open", "none,beta", ["ar > 0", "ar > 0"])
    assert [entry_word(one) for one in axes.entries] == ["auction", "close+2", "next_open"]
    assert [exit_word(one) for one in axes.exits] == ["1", "10:open"]
    assert axes.entries[1] == Entry(at="close", after=2)
    assert axes.exits[1] == Exit(after=10, at="open")
    assert [one.by for one in axes.hedges] == ["none", "beta"]
    assert axes.filters == ("ar > 0",)


def test_by_default_the_condition_is_the_strategy_s_own() -> None:
    axes = read_axes()
    assert axes.filters == (None,)
    (first, *_) = cells_of(shipped_rule("fade-one-day-pops"), axes)
    assert first.loaded.strategy.where == "ar > 0.05"
    assert len(cells_of(shipped_rule("fade-one-day-pops"), axes)) == 4 * 5 * 3


def test_only_what_is_varied_changes() -> None:
    own = shipped_rule("fade-one-day-pops").strategy
    (cell,) = cells_of(
        shipped_rule("fade-one-day-pops"), read_axes("next_open", "7", "beta", ["ar > 0.1"])
    )
    varied = cell.loaded.strategy
    assert (varied.exit.after, varied.exit.stop) == (7, own.exit.stop)
    assert (varied.where, varied.hedge.by) == ("ar > 0.1", "beta")
    unvaried = {"entry", "exit", "hedge", "where"}
    assert varied.model_dump(exclude=unvaried) == own.model_dump(exclude=unvaried)
    assert cell.name == "in at next_open, out after 7, hedge beta, ar > 0.1"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadUsage) as caught:
        read_axes("aucton", "x,5000", "gold")
    told = {(one.field, one.code) for one in caught.value.problems}
    assert told == {("entries", "bad-entry"), ("exits", "bad-exit"), ("hedges", "bad-hedge")}
    assert len(caught.value.problems) == 4
    assert "did you mean `auction`?" in str(caught.value)


def test_nothing_named_is_told() -> None:
    with pytest.raises(BadUsage, match="nothing is named"):
        read_axes(entries=" , ")


def test_a_sector_hedge_needs_the_strategy_s_funds(tmp_path: Path) -> None:
    axes = read_axes("auction", "1", "none,sector")
    with pytest.raises(BadUsage, match="names no funds"):
        cells_of(shipped_rule("fade-one-day-pops"), axes)
    own = rule(tmp_path, "exit: {after: 3}\nhedge: {by: sector, otherwise: QQQ}\n")
    plain, hedged = cells_of(own, axes)
    assert plain.loaded.strategy.hedge.by == "none"
    assert hedged.loaded.strategy.hedge.otherwise == "QQQ"


def test_a_slip_of_a_figure_is_not_an_hour_of_waiting() -> None:
    exits = tuple(Exit(after=1 + day % 2000) for day in range(2000))
    entries = tuple(Entry(after=day) for day in range(1 + MOST // 2000))
    axes = Axes(entries, exits, read_axes(hedges="none").hedges)
    with pytest.raises(BadUsage, match="are more than 100,000"):
        cells_of(shipped_rule("fade-one-day-pops"), axes)
