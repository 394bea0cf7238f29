"""`backtest models` and `backtest tests`: what each plug-in says of itself."""

from __future__ import annotations

import polars as pl
import pytest
from support.cli import Command

from backtest import registry
from backtest.inference import every_test, single_tests, tests
from backtest.models import models


def test_every_model_is_listed_with_its_formula_and_source(cli: Command) -> None:
    ran = cli("models", "--format", "json")
    assert ran.code == 0
    listed = {one["key"]: one for one in ran.json}
    assert set(listed) == set(models.keys())
    assert set(listed["ff3"]) == {"key", "title", "source", "formula", "robust_to"}
    assert listed["ff3"]["source"] == "Fama & French 1993"
    assert "s·SMB" in listed["ff3"]["formula"]
    assert listed["ff3"]["robust_to"] == ["size premium", "value premium"]
    assert listed["dimson"]["robust_to"] == ["thin trading"]
    assert listed["market"]["robust_to"] == []


def test_every_test_says_what_it_is_robust_to(cli: Command) -> None:
    listed = {one["key"]: one for one in cli("tests", "--format", "json").json}
    assert set(listed) == set(every_test())
    assert all(one["formula"] and one["source"] and one["title"] for one in listed.values())
    assert listed["patell"]["robust_to"] == []
    assert listed["bmp_adjusted"]["robust_to"] == ["clustering", "event-induced variance"]


def test_csv_holds_the_same(cli: Command) -> None:
    frame = pl.read_csv(cli("tests", "--format", "csv").out.encode())
    assert frame.columns == ["key", "title", "source", "formula", "robust_to"]
    assert frame["key"].to_list() == [*tests.keys(), *single_tests.keys()]
    bmp = frame.row(by_predicate=pl.col("key") == "bmp", named=True)
    assert bmp["formula"] == "√N · mean(SCAR) / sd(SCAR)"


def test_the_table_tells_it_to_people(cli: Command) -> None:
    lines = cli("tests").out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.split()[:1] == ["patell"])
    assert lines[at].split() == ["patell", "Patell", "z"]
    assert [line.split()[0] for line in lines[at + 1 : at + 3]] == ["formula", "source"]
    assert lines[at + 2].endswith("Patell 1976")
    assert lines[at + 3].strip() == "robust to  none of these"
    assert cli("models").out.splitlines()[0] == f"{len(models.keys())} expected-return models"


def test_a_model_that_says_nothing_of_itself_is_listed_all_the_same(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        key = "silent"

    monkeypatch.setattr(registry.Registry, "keys", lambda self: ("silent",))
    monkeypatch.setattr(registry.Registry, "get", lambda self, key: Silent())
    assert cli("models", "--format", "json").json == [
        {"key": "silent", "title": None, "source": None, "formula": None, "robust_to": []}
    ]
    assert "–" in cli("models").out
