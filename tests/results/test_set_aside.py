"""What is set aside is gone for a while, replaced by what is made meanwhile, or comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.results.set_aside import set_aside


def made(folder: Path, room: str, text: str) -> Path:
    (folder / room).mkdir(parents=True, exist_ok=True)
    path = folder / room / "file"
    path.write_text(text)
    return path


def test_new_work_takes_the_place_of_the_old(tmp_path: Path) -> None:
    old, other = made(tmp_path, "results", "old"), made(tmp_path, "prices", "kept")
    with set_aside(tmp_path, ("results", "panels")):
        assert not (tmp_path / "results").exists()
        assert other.read_text() == "kept"
        made(tmp_path, "results", "new")
    assert old.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prices", "results"]


def test_a_failure_brings_the_old_back(tmp_path: Path) -> None:
    old, panel = made(tmp_path, "results", "old"), made(tmp_path, "panels", "old panel")

    def interrupted() -> None:
        with set_aside(tmp_path, ("results", "panels")):
            made(tmp_path, "results", "half of the new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (old.read_text(), panel.read_text()) == ("old", "old panel")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["panels", "results"]


def test_an_empty_folder_is_made(tmp_path: Path) -> None:
    with set_aside(tmp_path / "cache", ("results",)):
        pass
    assert list((tmp_path / "cache").iterdir()) == []
