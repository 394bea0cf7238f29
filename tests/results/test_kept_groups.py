"""Groups whose members did not change are not tested again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import sessions
from support.lab import Lab, counts

from backtest.results import group_frame


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> Lab:
    return Lab(tmp_path, cache)


@pytest.fixture
def tested(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the groups that were tested."""
    sizes: list[int] = []
    real = group_frame._answer

    def spy(group: Any, **options: Any) -> Any:
        sizes.append(len(group.rows))
        return real(group, **options)

    monkeypatch.setattr(group_frame, "_answer", spy)
    return sizes


def _move(lab: Lab, row: int) -> None:
    days = sessions()
    lab.events[row, "date"] = days[days.index(lab.events["date"][row]) - 1]


def test_only_the_changed_group_and_all_are_tested_again(lab: Lab, tested: list[int]) -> None:
    groups = lab.events["group"].unique().to_list()
    lab.run()
    assert sorted(tested) == [12, 12, 24]
    assert len(groups) == 2
    _move(lab, 7)
    tested.clear()
    assert counts(lab.run()) == (1, 23)
    assert sorted(tested) == [12, 24]
    assert counts(lab.check()) == (0, 24)


def test_going_back_tests_nothing(lab: Lab, tested: list[int]) -> None:
    before = lab.events.clone()
    lab.run()
    _move(lab, 7)
    lab.run()
    lab.events = before.with_columns(pl.col("group") + "x")  # other names, the same members
    tested.clear()
    result = lab.run()
    assert tested == []
    names = result.sample_tests["group"].unique().to_list()
    assert sorted(names) == ["all", "group:evenx", "group:oddx"]
    lab.check()


@pytest.mark.parametrize("options", [{"tests": "sign"}, {"model": "mean"}, {"cars": ["0:0"]}])
def test_another_specification_is_another_sample(
    lab: Lab, tested: list[int], options: dict[str, Any]
) -> None:
    lab.run()
    tested.clear()
    lab.run(**options)
    assert sorted(tested) == [12, 12, 24]


def test_a_damaged_study_is_tested_anew(lab: Lab, tested: list[int]) -> None:
    lab.run()
    (table,) = (lab.cache / "results" / "studies").glob("*/sample_tests.parquet")
    table.write_bytes(b"nothing")
    _move(lab, 7)
    tested.clear()
    result = lab.run()
    assert sorted(tested) == [12, 12, 24]
    assert any("damaged" in note for note in result.warnings)
