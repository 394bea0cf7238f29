"""Charts of books and sweeps: they hold the figures given, and are drawn without a warning."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from support.drawn import rows_with

from backtest.charts.equity import equity, underwater
from backtest.charts.render import spec, svg
from backtest.charts.spread_of import LINE, TICKS, Mark, placed, spread_of, ticks
from backtest.charts.sweep_map import Square, sweep_map
from backtest.charts.trade_results import MOST, Result, trade_results

DAYS = [dt.date(2025, 9, 1) + dt.timedelta(days=place) for place in range(100)]
WALK = (1e6 + np.cumsum(np.random.default_rng(1).normal(0, 5e3, 100))).tolist()
RESULTS = [
    Result("AMD", "e1", "long", DAYS[place], DAYS[place + 3], (-1) ** place * 1000.0 * place)
    for place in range(8)
]
SQUARES = [
    Square(entry, leave, math.nan if (entry, leave) == ("close", "5") else 0.01, 7, 0.5, 0.02)
    for entry in ("auction", "close")
    for leave in ("1", "5", "10")
]
VALUES = np.random.default_rng(2).normal(0, 1e5, 400)

CHARTS: dict[str, Any] = {
    "equity": lambda: equity(DAYS, WALK, 1e6, symbol="$", title="Worth"),
    "one session": lambda: equity(DAYS[:1], WALK[:1], 1e6, symbol="$", title="Worth"),
    "underwater": lambda: underwater(DAYS, [-0.01] * 100, title="Below"),
    "results": lambda: trade_results(RESULTS, symbol="$", title="Each"),
    "map": lambda: sweep_map(SQUARES, title="No hedge", most=0.01),
    "empty map": lambda: sweep_map(
        [Square("auction", "1", math.nan, 0, math.nan, math.nan)], title="None", most=0.0
    ),
    "spread": lambda: spread_of(
        VALUES,
        [Mark(3e5, "these", strong=True), Mark(0.0, "0")],
        axis="Net",
        tick="datum.label",
        title="All",
        said="Net profit of four hundred draws of random dates, and these trades.",
    ),
    "one value": lambda: spread_of(
        np.array([1.0]),
        [Mark(1.0, "it")],
        axis="Net",
        tick="datum.label",
        title="All",
        said="A single value, which is where its own mark stands as well.",
    ),
}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", CHARTS)
def test_it_is_drawn_without_a_warning(
    name: str, dark: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    tree = ET.fromstring(svg(CHARTS[name](), width=390, dark=dark))
    assert capfd.readouterr().err == ""
    assert len(tree.get("aria-label") or "") > 40
    assert not {"NaN", "undefined", "null", "Infinity"} & set("".join(tree.itertext()).split())


def test_a_histogram_counts_every_value() -> None:
    rows = rows_with(CHARTS["spread"](), "n").to_dicts()
    assert sum(row["n"] for row in rows) == 400
    assert rows[0]["a"] == pytest.approx(VALUES.min())
    assert rows[-1]["b"] == pytest.approx(3e5)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-109_000.0, 74_000.0, [-100_000.0, -50_000.0, 0.0, 50_000.0]),
        (-0.4, 1.87, [0.0, 0.5, 1.0, 1.5]),
        (0.94, 1.06, [0.95, 1.0, 1.05]),
        (1e9, 1e9 + 3, [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3]),
    ],
)
def test_an_axis_has_a_few_round_values(low: float, high: float, expected: list[float]) -> None:
    found = ticks(low, high)
    assert found == expected
    assert len(found) <= TICKS
    labelled = spec(spread_of(np.array([low, high]), [], axis="a", tick="datum.label", title="t",
                              said="Two values, one at each end of the axis."))  # fmt: skip
    assert labelled["layer"][0]["encoding"]["x"]["axis"]["values"] == found


def test_words_of_marks_meet_no_line() -> None:
    """From the top down; a line goes from its own words to the bars."""
    near, far = Mark(0.5, "median"), Mark(0.8, "these", strong=True)
    assert placed([near, far], 0.0, 1.0) == [(far, True), (near, True)]
    assert placed([Mark(0.2, "a"), Mark(0.1, "b")], 0.0, 1.0) == [
        (Mark(0.1, "b"), False),
        (Mark(0.2, "a"), False),
    ]
    ends = [Mark(0.95, "a"), Mark(0.05, "b")]
    assert placed(ends, 0.0, 1.0) == [(ends[1], False), (ends[0], True)]


def test_words_of_marks_stand_above_the_bars() -> None:
    tree = ET.fromstring(svg(CHARTS["spread"](), width=390, dark=False))
    assert "these" in "".join(tree.itertext())
    drawn = spec(CHARTS["spread"]())
    bars, *marks = drawn["layer"]
    assert bars["encoding"]["y"]["scale"]["range"][1] == 2 * LINE
    for mark in marks:
        line, halo, words = mark["layer"]
        assert line["encoding"]["y"]["value"] < words["encoding"]["y"]["value"] < 2 * LINE - 12
        assert halo["encoding"]["y"] == words["encoding"]["y"]


def test_a_map_shows_every_variant_once_with_its_star() -> None:
    rows = {(row["e"], row["x"]): row for row in rows_with(CHARTS["map"](), "w").to_dicts()}
    assert len(rows) == 6
    assert rows["auction", "10"]["w"] == "+1.0%*"
    assert rows["close", "5"]["w"] == "·"


def test_trades_keep_the_order_of_their_entries_and_the_largest_stay() -> None:
    many = [
        Result("T", "e", "long", dt.date(2025, 1, 1) + dt.timedelta(days=at), DAYS[0], float(at))
        for at in range(MOST + 5)
    ]
    chart = trade_results(many, symbol="$", title="Each")
    values = [row["v"] for row in rows_with(chart, "g").to_dicts()]
    assert values[:MOST] == [float(at) for at in range(5, MOST + 5)]
    order = spec(chart)["layer"][0]["encoding"]["y"]["sort"]
    assert [key.split()[-1] for key in order] == [str(at) for at in range(5, MOST + 5)]
