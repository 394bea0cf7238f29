"""Price and volume, persistence and the timeline: what stands in their specifications."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from backtest.charts.persistence import persistence
from backtest.charts.price_volume import price_volume
from backtest.charts.render import spec, svg
from backtest.charts.rows import rows_of
from backtest.charts.timeline import MOST, Course, Moment, timeline

DAYS = [dt.date(2025, 10, day) for day in (1, 2, 3, 6, 7)]


def _tables(made: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """All data of a specification."""
    found = list(made.get("datasets", {}).values())

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("values"), list) and value["values"]:
                first = value["values"][0]
                if isinstance(first, dict):
                    found.append(value["values"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk({key: one for key, one in made.items() if key != "datasets"})
    return found


def test_rows_stand_in_the_specification_as_they_are() -> None:
    import altair as alt

    rows = [{"x": 1, "y": None}, {"x": 2, "y": 0.5}]
    layer = alt.layer(alt.Chart(rows_of(rows)).mark_line().encode(x="x:Q", y="y:Q"))
    assert rows in _tables(spec(layer))


def test_price_and_volume() -> None:
    chart = price_volume(
        DAYS,
        [164.0, 165.5, None, 203.71, 211.5],
        [1e6, 2e6, 3e6, 249e6, 5e6],
        ticker="AMD",
        currency="USD",
        day0=DAYS[3],
        confounders=[
            (DAYS[4], "second"),
            (DAYS[4], "third"),
            (DAYS[0], "first"),
            (dt.date(2025, 12, 1), "too late"),
        ],
    )
    made = spec(chart)
    tables = _tables(made)
    assert [{"d": "2025-10-06", "v": 249.0}] in tables
    assert [{"d": "2025-10-06"}] in tables
    assert [
        {"d": "2025-10-01", "w": "first"},
        {"d": "2025-10-07", "w": "second; third"},
    ] in tables
    assert "from 165.50 to 203.71 on 2025-10-06" in made["description"]
    drawn = svg(chart, width=420)
    assert "Close, USD" in drawn
    assert "Volume, m" in drawn


def test_a_source_without_volumes_has_one_view() -> None:
    chart = price_volume(DAYS, [1.0] * 5, None, ticker="A", currency="EUR", day0=DAYS[3])
    assert "vconcat" not in spec(chart)


def test_persistence_ends_where_prices_do() -> None:
    chart = persistence(
        [0.2, 0.15, None],
        [0.2, 0.1, 0.05],
        [0.2, 0.3, 0.4],
        ticker="AMD",
        later=[(1, "one"), (1, "two"), (9, "never")],
    )
    made = spec(chart)
    tables = _tables(made)
    assert [
        {"h": 0, "c": 0.2, "l": 0.2, "u": 0.2},
        {"h": 1, "c": 0.15, "l": 0.1, "u": 0.3},
    ] in tables
    assert [{"h": 1, "e": "one; two"}] in tables
    assert "+20.0% on the event day to +15.0% after 1 sessions" in made["description"]
    assert "+0%" not in svg(chart)


@pytest.mark.parametrize("band", [None, 0.1])
def test_persistence_without_a_band(band: float | None) -> None:
    made = spec(persistence([0.1, 0.2], [band] * 2, [band] * 2, ticker="A"))
    kinds = [layer["mark"]["type"] for layer in made["layer"]]
    assert ("area" in kinds) == (band is not None)


def test_the_timeline_draws_as_many_as_can_be_told_apart() -> None:
    courses = [Course(f"T{at}", DAYS, [0.01 * at] * 5) for at in range(MOST + 2)]
    moments = [
        Moment(DAYS[1], "on a line", "T1", 0.02),
        Moment(DAYS[2], "of another", "T6", None),
        Moment(DAYS[3], "nobody's", None, None),
    ]
    made = spec(timeline(courses, moments))
    tables = _tables(made)
    lines = next(table for table in tables if len(table) == MOST * len(DAYS))
    assert {row["s"] for row in lines} == {"T0", "T1", "T2", "T3", "T4"}
    (dots,) = (table for table in tables if table[0].get("c") is not None and len(table) == 1)
    assert dots[0]["t"] == "on a line"
    strip = next(table for table in tables if len(table) == 3)
    assert [row["t"] for row in strip] == ["on a line", "of another", "nobody's"]
    assert made["description"].startswith("3 announcements from 2025-10-02 to 2025-10-06")
