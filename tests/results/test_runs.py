"""Runs are kept, found by name, and a file that is none says so."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from backtest.errors import BadInput, BadUsage
from backtest.results import runs
from backtest.results.runs import Run, Runs, check_name
from backtest.stages import count, recording

TOLD = {"events": "events, 2 announcements", "prices": "a table", "engine": "1"}


def run(name: str, hour: int = 8) -> Run:
    with recording() as seen:
        count("fit", 10, 4)
    seen.fresh.append("an-event")
    return Run.of(name, dt.datetime(2026, 11, 22, hour, tzinfo=dt.UTC), TOLD, False, seen)


def test_what_is_kept_is_what_is_read(tmp_path: Path) -> None:
    kept = Runs(tmp_path / "runs")
    assert kept.names() == []
    first, second = run("first"), run("second")
    kept.keep(first)
    kept.keep(second)
    assert kept.names() == ["first", "second"]
    assert kept.read("first") == first
    assert kept.read("last") == second
    assert kept.read(str(tmp_path / "runs" / "first.json")) == first


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_KEPT", 2)
    kept = Runs(tmp_path)
    for name in ("a", "b", "c"):
        kept.keep(run(name))
    assert kept.names() == ["b", "c"]


def test_the_last_is_the_one_that_began_last(tmp_path: Path) -> None:
    """Not the file that was written last: a cache may be a copy, in any order."""
    kept = Runs(tmp_path)
    for name, hour in (("c", 8), ("a", 10), ("b", 9)):
        kept.keep(run(name, hour))
    (tmp_path / "spoilt.json").write_text("{}")
    assert kept.names() == ["spoilt", "c", "b", "a"]
    assert kept.read("last").name == "a"


def test_no_such_run(tmp_path: Path) -> None:
    kept = Runs(tmp_path)
    assert "none yet" in hint(kept, "last")
    kept.keep(run("monday"))
    assert "did you mean `monday`" in hint(kept, "mondy")


def hint(kept: Runs, name: str) -> str:
    with pytest.raises(BadUsage) as error:
        kept.read(name)
    return str(error.value.problems[0].hint)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 3}', "\x00", '{"format": 1}'])
def test_a_file_that_is_no_run(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="not a run"):
        Runs(tmp_path).read("x")


def test_plain_values_are_json(tmp_path: Path) -> None:
    plain = json.loads(json.dumps(run("a").plain()))
    (fit,) = (one for one in plain["stages"] if one["stage"] == "fit")
    assert (fit["items"], fit["reused"], fit["recomputed"]) == (10, 4, 6)


@pytest.mark.parametrize("name", ["", "last", "a/b", "..", "-x", "a" * 90])
def test_names_are_names_of_files(name: str) -> None:
    with pytest.raises(BadUsage):
        check_name(name)
    assert check_name("before-lunch.2") == "before-lunch.2"
