"""What killed writers left behind goes, once nobody can be writing it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from backtest.leftovers import STALE_SECONDS, sweep


@pytest.mark.parametrize("way", [-1, 1], ids=["old", "of a clock that was set back"])
def test_only_what_is_stale_and_unfinished_goes(tmp_path: Path, way: int) -> None:
    then = time.time() + way * (STALE_SECONDS + 60)
    stale, folder, kept = tmp_path / ".new-a", tmp_path / ".writing-b", tmp_path / "kept"
    folder.mkdir()
    for path in (stale, folder / "half", kept):
        path.write_bytes(b"x")
    for path in (stale, folder, kept):
        os.utime(path, (then, then))
    (tmp_path / ".new-young").write_bytes(b"x")
    sweep(tmp_path, ".new-*", ".writing-*")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new-young", "kept"]


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(b"x")
    link = tmp_path / "room" / ".writing-link"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "elsewhere")
    os.utime(link, (0, 0), follow_symlinks=False)
    sweep(link.parent, ".writing-*")
    assert list(link.parent.iterdir()) == []
    assert (tmp_path / "elsewhere" / "file").exists()


def test_a_folder_that_is_not_there_is_no_matter(tmp_path: Path) -> None:
    sweep(tmp_path / "nowhere", "*")
    (tmp_path / "file").write_bytes(b"x")
    sweep(tmp_path / "file", "*")
