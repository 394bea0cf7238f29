"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from backtest.errors import BadUsage
from backtest.files import write_bytes, write_csvs, write_tables

TABLES = {"one": pl.DataFrame({"a": [1, 2]}), "two": pl.DataFrame({"b": [0.5]})}


def test_tables_are_written_under_their_names(tmp_path: Path) -> None:
    paths = [*write_tables(TABLES, tmp_path / "x" / "y"), *write_csvs(TABLES, tmp_path / "x")]
    assert [str(path.relative_to(tmp_path)) for path in paths] == [
        *("x/y/one.parquet", "x/y/two.parquet"),
        *("x/one.csv", "x/two.csv"),
    ]
    assert pl.read_parquet(paths[0]).equals(TABLES["one"])
    assert paths[3].read_text() == "b\n0.5\n"
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o644}


@pytest.mark.parametrize("failing", ["sink_parquet", "replace"])
def test_a_failure_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    write_tables(TABLES, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    owner = pl.LazyFrame if failing == "sink_parquet" else Path
    monkeypatch.setattr(owner, failing, refuse)
    with pytest.raises(BadUsage, match=r"cannot write to .*No space left on device") as refused:
        write_tables({"one": pl.DataFrame({"a": [9]})}, tmp_path)
    assert refused.value.problems[0].field == "out"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(BadUsage, match="cannot write to"):
        write_tables(TABLES, tmp_path / "out")


def test_the_folder_is_flushed_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rename that only the file's own flush precedes may be undone by a loss of power."""
    seen: list[str] = []
    flush, rename = os.fsync, Path.replace

    def flushed(handle: int) -> None:
        seen.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        flush(handle)

    def renamed(path: Path, target: Path) -> Path:
        seen.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    write_bytes(tmp_path / "one", b"1")
    assert seen == ["file", "rename", "folder"]


@pytest.mark.parametrize(("number", "raised"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_folder_that_cannot_be_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, raised: bool
) -> None:
    """Some network drives do not know how; a disk that fails is another matter."""

    def refuse(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="error") if raised else nullcontext():
        write_bytes(tmp_path / "one", b"1")
    assert (tmp_path / "one").read_bytes() == b"1"
