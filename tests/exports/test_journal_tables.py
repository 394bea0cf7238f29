"""What the tables of a paper say, before they are written in any language."""

from __future__ import annotations

import polars as pl
import pytest
from support.cli import CALENDAR

import backtest as bt
from backtest.exports import _journal, _journal_cars
from backtest.exports._journal import Journal, journals
from backtest.results.result import StudyResult

AMD = "2025-10-06-amd-openai-6gw-warrant"


def table(result: StudyResult, name: str) -> Journal:
    (found,) = (one for one in journals(result) if one.name == name)
    return found


def test_the_tables_of_a_study(shipped: StudyResult) -> None:
    assert [one.name for one in journals(shipped)] == ["caars", "tests", "cars", "claims"]
    for one in journals(shipped):
        assert all(len(row) == len(one.columns) for panel in one.panels for row in panel.rows)
        assert any("N = " in note or "N" in one.columns for note in one.notes) or one.panels


def test_a_car_with_its_stars_and_its_error(shipped: StudyResult) -> None:
    cars = table(shipped, "cars")
    assert cars.columns[:4] == ("Security", "Role", "[0, 0]", "[−1, 1]")
    (panel,) = (one for one in cars.panels if one.title.startswith("AMD supplies OpenAI"))
    assert [row[0].text for row in panel.rows] == ["AMD", "NVDA", "AVGO", "TSM", "ORCL", "MSFT"]
    day = panel.rows[0][2]
    assert (day.text, day.stars, day.below) == ("23.12", "***", "(2.29)")
    assert any("t test" in note and "p < 0.01" in note for note in cars.notes)
    assert any("N = 142 observations" in note or "N = 143" in note for note in cars.notes)


def test_errors_of_means_are_the_spread_of_the_cars(shipped: StudyResult) -> None:
    """sd(CAR)/√N, computed from the CARs themselves."""
    caars = table(shipped, "caars")
    first = caars.panels[0].rows[0]
    day = shipped.cars.filter(pl.col("start") == 0, pl.col("end") == 0, ~pl.col("alternative"))[
        "car"
    ].drop_nulls()
    mean, error = day.mean(), day.std() / len(day) ** 0.5  # type: ignore[operator]
    assert first[0].text == "all"
    assert first[1].text == f"{len(day)}"
    assert first[2].text.replace("−", "-") == f"{mean * 100:.2f}"  # type: ignore[operator]
    assert first[2].below == f"({error * 100:.2f})"


def test_groups_of_the_same_members_stand_once(shipped: StudyResult) -> None:
    names = [row[0].text for row in table(shipped, "caars").panels[0].rows]
    assert names[0] == "all"
    assert len(names) == len(set(names)) < shipped.sample_tests["group"].n_unique() + 1


def test_tests_have_their_own_stars_and_say_why(shipped: StudyResult) -> None:
    panel = table(shipped, "tests").panels[0]
    assert panel.title.startswith("all (N = 143): 14 of 143 observations share 2025-11-06")
    own = shipped.sample_tests.filter(group="all", start=0, end=0, test="patell").row(0, named=True)
    (row,) = (one for one in panel.rows if one[0].text == "patell")
    assert row[1].text.replace("−", "-") == f"{own['statistic']:.2f}"
    (signs,) = (one for one in panel.rows if one[0].text == "sign")
    assert all(cell.text.isdigit() for cell in signs[1:])
    assert "`" not in panel.title
    assert len(row[1].stars) == sum(own["p"] < level for level in (0.10, 0.05, 0.01))


def test_claims_in_their_own_units(shipped: StudyResult) -> None:
    rows = [row for panel in table(shipped, "claims").panels for row in panel.rows]
    assert len(rows) == shipped.claims.height
    texts = [tuple(cell.text for cell in row) for row in rows]
    nearly = ("AMD", "market cap change", "close", "contradicted", "+$70.0bn", "+$63.4bn", "–")
    assert nearly in texts
    assert any(row[4] == "+23.71%" for row in texts)


def test_large_samples_show_the_strongest(
    shipped: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_journal_cars, "MOST", 3)
    cars = table(shipped, "cars")
    shown = [row[0].text for panel in cars.panels for row in panel.rows]
    first = shipped.cars.filter(pl.col("start") == 0, pl.col("end") == 0, ~pl.col("alternative"))
    strongest = first.sort(pl.col("t").abs(), descending=True, nulls_last=True).head(3)
    assert sorted(shown) == sorted(strongest["ticker"].to_list())
    assert any("The 3 of 143 with the largest |t|" in note for note in cars.notes)


def test_many_windows_and_models_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "WINDOWS", 2)
    result = bt.run(CALENDAR, "snapshot", selection=[AMD], model="mean,market")
    cars = table(result, "cars")
    assert cars.columns == ("Security", "Role", "[0, 0]", "[−1, 1]")
    notes = " ".join(cars.notes)
    assert "The first 2 of 6 windows" in notes
    assert "Other models (market)" in notes
    assert "Model: mean" in notes


def test_other_measures_are_no_per_cent() -> None:
    volume = bt.run(CALENDAR, "snapshot", selection=[AMD], measure="volume")
    assert table(volume, "cars").caption.endswith("in log points")
    value = volume.cars.filter(ticker="AMD", start=0, end=0)["car"].item()
    assert table(volume, "cars").panels[0].rows[0][2].text == f"{value:.2f}"


def test_an_event_without_samples_or_claims_has_fewer_tables() -> None:
    alone = bt.run(CALENDAR, "snapshot", selection=["2026-03-24-sora-shutdown"])
    assert "claims" not in [one.name for one in journals(alone)]
