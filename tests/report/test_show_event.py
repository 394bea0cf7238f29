"""One event drawn in a terminal."""

from __future__ import annotations

import datetime as dt
import io
import re

import numpy as np
import polars as pl
import pytest
from rich.cells import cell_len
from support.cli import CALENDAR

import backtest as bt
from backtest.report._paths import car_paths
from backtest.report._show import News, show_event
from backtest.results.result import StudyResult

AMD = "2025-10-06-amd-openai-6gw-warrant"
NEWS = (
    News(dt.date(2025, 10, 12), "a Sunday", ("AMD",)),
    News(dt.date(2025, 1, 1), "long before"),
)


def shown(result: StudyResult, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = io.StringIO()
    show_event(result, AMD, NEWS, stream)
    return stream.getvalue()


def test_paths_end_in_the_cars(shipped: StudyResult) -> None:
    """The last point of a path is the CAR over the whole event window, computed elsewhere."""
    paths = car_paths(shipped, AMD)
    cars = shipped.cars.filter(
        pl.col("event_id") == AMD, pl.col("start") == -10, pl.col("end") == 10
    )
    assert list(paths.cars) == cars["ticker"].to_list()
    for ticker, car in cars.select("ticker", "car").rows():
        assert paths.cars[ticker][-1] == pytest.approx(car, abs=1e-12)
    assert paths.days == list(range(-10, 11))
    assert paths.dates[10] == dt.date(2025, 10, 6)


def test_a_day_without_a_return_ends_a_strict_path(shipped: StudyResult) -> None:
    late = "2026-05-20-openai-s1-confidential"
    path = car_paths(shipped, late).cars["MSFT"]
    assert np.isfinite(path[:17]).all()
    assert np.isnan(path[17:]).all()
    lenient = bt.run(CALENDAR, "snapshot", selection=[late], missing="lenient")
    partial = car_paths(lenient, late).cars["MSFT"]
    car = lenient.cars.filter(ticker="MSFT", start=-10, end=10, alternative=False)["car"].item()
    assert partial[np.isfinite(partial)][-1] == pytest.approx(car, abs=1e-12)


def test_days_of_news(shipped: StudyResult) -> None:
    paths = car_paths(shipped, AMD)
    for date, day in (("2025-10-06", 0), ("2025-10-12", 5), ("2025-09-22", -10)):
        place = paths.day_of(dt.date.fromisoformat(date))
        assert place is not None
        assert paths.days[place] == day
    assert paths.day_of(dt.date(2025, 9, 1)) is None
    assert paths.day_of(dt.date(2025, 12, 1)) is None


@pytest.mark.parametrize("width", [30, 50, 60, 80, 100, 120, 160])
def test_every_width(shipped: StudyResult, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(shipped, width, monkeypatch)
    for line in text.splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()
    words = " ".join(text.split())
    assert "announced Mon 6 Oct 2025, before the open → reacts Mon 6 Oct 2025" in words
    assert "+23.71%" in words
    assert ("✗ contradicted AMD article-nearly-70bn" in words) == (width >= 50)
    assert ("(▴)" in words) == ("AMD +46.01%" in words)
    assert ("AMD +46.01%" in words) == (width >= 50)
    assert "left out MU, SMCI, MRVL" in words
    assert "+5 Sun 12 Oct 2025 a Sunday (AMD)" in words
    assert re.search(r"Wed 1 Jan 2025 long before", words)


def test_another_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = bt.run(CALENDAR, "snapshot", selection=[AMD], measure="volume")
    text = shown(volume, 100, monkeypatch)
    assert "Cumulative abnormal volume" in text
    scale = [line.split("┤")[0] for line in text.splitlines() if "┤" in line]
    assert scale
    assert not any("%" in tick for tick in scale)


def test_a_terminal_of_another_age(shipped: StudyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show_event(shipped, AMD, NEWS, stream)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "?" not in text
    assert "##### AMD +46.01%" in text
    assert "-15.30%" in text
