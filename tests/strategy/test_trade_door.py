"""Trading from Python: the tables of the command, its measures and placebos among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import CALENDAR, Command

import backtest as bt
from backtest.errors import BadUsage

KEY = "drift-after-big-reactions"


def test_the_book_is_measured_without_being_asked(cache: Path) -> None:
    made = bt.trade(KEY, CALENDAR, "snapshot", cache=cache)
    told = dict(made.performance.select("measure", "value").rows())
    assert told["total_return"] == pytest.approx(made.trades["net"].sum() / 1e6, rel=1e-9)
    assert told["trades"] == made.trades.height > 0
    assert told["strategies_tried"] == 1
    assert "placebo_p" not in told
    assert made.placebo.is_empty()


def test_all_tables_are_those_of_the_command(cache: Path, cli: Command) -> None:
    made = bt.trade(KEY, CALENDAR, "snapshot", cache=cache, placebo=19, seed=3)
    where = ("--events", str(CALENDAR), "--prices", "snapshot", "--cache", str(cache))
    ran = cli("trade", KEY, *where, "--placebo", "19", "--seed", "3", "--format", "json")
    assert made.placebo.height == 19
    # The same strategy on the same data counts once, whoever tries it, so that every figure agrees.
    assert json.loads(json.dumps(made.as_dict()["tables"], default=str)) == ran.json["tables"]
    assert set(ran.json["tables"]) == set(made.tables)


@pytest.mark.parametrize("capital", [-1.0, 0.0, float("nan"), float("inf"), 1e300])
def test_a_capital_that_is_none_is_refused(capital: float, cache: Path) -> None:
    with pytest.raises(BadUsage, match="an amount of money above 0"):
        bt.trade(KEY, CALENDAR, "snapshot", capital=capital, cache=cache)


def test_it_says_in_a_line_what_it_is(cache: Path) -> None:
    told = repr(bt.trade(KEY, CALENDAR, "snapshot", cache=cache))
    assert told.startswith(f"<trades of {KEY}: ")
    assert "tables trades, equity, untraded, performance, placebo>" in told
    assert len(told) < 200


@pytest.mark.parametrize("words", [42, [42], None])
def test_what_names_no_strategy_is_refused(words: object, cache: Path) -> None:
    with pytest.raises(BadUsage, match=r"strategies is .*name ids, files or folders"):
        bt.trade(words, CALENDAR, "snapshot", cache=cache)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["placebo", "seed"])
def test_a_number_below_nothing_is_refused(name: str, cache: Path) -> None:
    told = {"cache": cache, name: -1}
    with pytest.raises(BadUsage, match=f"{name} is -1"):
        bt.trade(KEY, CALENDAR, "snapshot", **told)  # type: ignore[arg-type]
