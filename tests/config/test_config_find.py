"""Which settings file is meant, and reading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.config.find import FILE, find, read_text


def test_none_is_none(tmp_path: Path) -> None:
    found = find(None)
    assert found is None or tmp_path not in found.parents


def test_the_nearest_one_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / FILE).touch()
    monkeypatch.chdir(below)
    assert find(None) == tmp_path / FILE
    (tmp_path / "a" / FILE).touch()
    assert find(None) == tmp_path / "a" / FILE
    (below / FILE).touch()
    assert find(None) == Path(FILE)
    assert find(None, tmp_path) == tmp_path / FILE


def test_a_flag_comes_before_the_variable_and_this_before_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).touch()
    monkeypatch.setenv("BACKTEST_CONFIG", "other.toml")
    assert find(None) == Path("other.toml")
    assert find(Path("third.toml")) == Path("third.toml")
    monkeypatch.setenv("BACKTEST_CONFIG", "")
    assert find(None) == Path(FILE)


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    """So that the user hears of it, rather than of the defaults."""
    (tmp_path / FILE).symlink_to("gone.toml")
    assert find(None) == Path(FILE)


def test_editors_marks_and_line_ends_are_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes("\ufeffa = 1\r\nb = 2\r\n".encode())
    assert read_text(tmp_path / FILE) == "a = 1\nb = 2\n"


def test_nothing_is_an_empty_file() -> None:
    assert read_text(Path("/dev/null")) == ""
