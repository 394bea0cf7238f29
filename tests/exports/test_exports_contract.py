"""What holds for every export, also for one that is added later."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from support.cli import CALENDAR

import backtest as bt
from backtest.errors import BadUsage
from backtest.exports import Export, exports
from backtest.results.result import StudyResult

KEYS = exports.keys()
AMD = "2025-10-06-amd-openai-6gw-warrant"


@pytest.fixture
def small() -> StudyResult:
    return bt.run(CALENDAR, "snapshot", selection=[AMD])


def test_the_exports_there_are() -> None:
    assert set(KEYS) >= {"csv", "parquet", "xlsx", "latex", "markdown", "png", "svg"}


@pytest.mark.parametrize("key", KEYS)
def test_the_protocol(key: str) -> None:
    one = exports.get(key)
    assert isinstance(one, Export)
    assert one.key == key
    assert one.title
    one.check()


@pytest.mark.parametrize("key", KEYS)
def test_files_are_replaced_and_others_left_alone(
    small: StudyResult, tmp_path: Path, key: str
) -> None:
    folder = tmp_path / "a" / "b"
    first = exports.get(key).write(small, folder)
    (folder / "mine.txt").write_text("mine")
    contents = {path.name: path.stat().st_size for path in first.paths}
    second = exports.get(key).write(small, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*contents, "mine.txt"])
    assert (folder / "mine.txt").read_text() == "mine"
    assert {path.name for path in second.paths} == set(contents)
    assert all(contents.values())


@pytest.mark.parametrize("key", KEYS)
def test_a_place_that_cannot_be_written(small: StudyResult, tmp_path: Path, key: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadUsage, match="cannot write to") as caught:
        exports.get(key).write(small, tmp_path / "file" / "folder")
    assert len(caught.value.problems) == 1


def test_the_export_in_one_file_works(
    small: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example of CONTRIBUTING.md, found by its file's name."""
    import backtest.exports
    from backtest import registry

    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
    section = guide.split("### An export\n")[1]
    (tmp_path / "titles.py").write_text(section.split("```python\n")[1].split("```")[0])
    monkeypatch.setattr(backtest.exports, "__path__", [*backtest.exports.__path__, str(tmp_path)])
    registry._modules.cache_clear()
    importlib.invalidate_caches()
    try:
        assert "titles" in exports.keys()  # noqa: SIM118
        (path,) = exports.get("titles").write(small, tmp_path / "out").paths
        assert path.read_text().startswith("AMD supplies OpenAI with 6 GW")
    finally:
        registry._modules.cache_clear()


@pytest.mark.parametrize("key", ["csv", "parquet", "latex", "markdown"])
def test_tables_need_no_library_of_an_extra(
    small: StudyResult, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("altair", "vl_convert", "great_tables", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, name, None)
    exports.get(key).check()
    assert exports.get(key).write(small, tmp_path).paths


@pytest.mark.parametrize("key", ["png", "svg", "xlsx"])
def test_a_missing_library_is_named_before_anything_is_computed(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter" if key == "xlsx" else "vl_convert", None)
    with pytest.raises(BadUsage, match=r"pip install 'backtest\[report\]'"):
        exports.get(key).check()


@pytest.mark.parametrize("key", ["csv", "parquet", "xlsx", "latex", "markdown"])
def test_a_study_of_nothing(tmp_path: Path, key: str) -> None:
    later = bt.run(CALENDAR, "snapshot", selection=["2026-08-17-nvda-105b-guarantee"])
    assert exports.get(key).write(later, tmp_path).paths
