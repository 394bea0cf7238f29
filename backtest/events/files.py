"""The YAML files of a calendar: one file, or a folder with everything below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from backtest.errors import BadInput, Location

SUFFIXES = (".yaml", ".yml")
_TABLES = (".csv", ".parquet")


class Stamp(NamedTuple):
    """What tells an untouched file without reading it; the change time cannot be set by hand."""

    size: int
    mtime_ns: int
    ctime_ns: int


class CalendarFile(NamedTuple):
    """A file of the calendar; `name` is its path below the calendar's own."""

    name: str
    path: str
    stamp: Stamp


def calendar_files(path: Path) -> list[CalendarFile]:
    """Return the file at `path`, or all `*.yaml` and `*.yml` below the folder, sorted by name.

    Hidden files and folders are skipped, links to folders are not followed.

    Raises:
        BadInput: nothing there, no YAML in the folder, or a table instead of YAML.
    """
    try:
        if path.is_dir():
            files = sorted(_below(path, ""), key=itemgetter(0))
        else:
            files = [CalendarFile(path.name, str(path), _stamp(path.stat()))]
    except FileNotFoundError:
        raise BadInput.because(
            "no-such-path",
            "there is no such file or folder",
            where=Location(path),
            hint="name a YAML file or a folder of them with --events",
        ) from None
    except OSError as error:
        raise BadInput.because(
            "unreadable-file", f"cannot be read: {error.strerror}", where=Location(path)
        ) from None
    if not files:
        raise BadInput.because(
            "no-yaml",
            "the folder holds no .yaml or .yml file",
            where=Location(path),
            hint="write one with `backtest events add`",
        )
    if path.suffix in _TABLES and not path.is_dir():
        raise BadInput.because(
            "not-yaml",
            "this is a table, not YAML",
            where=Location(path),
            hint="`backtest events import` turns it into YAML files",
        )
    return files


def _below(folder: Path | str, prefix: str) -> Iterator[CalendarFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{name}/")
            elif entry.name.endswith(SUFFIXES) and not entry.is_dir():
                yield CalendarFile(name, entry.path, _stamp_of(entry))


def _stamp_of(entry: os.DirEntry[str]) -> Stamp:
    """Return the file's stamp; a link to nowhere has none and is told when it is read."""
    try:
        return _stamp(entry.stat())
    except OSError:
        return Stamp(0, 0, 0)


def _stamp(about: os.stat_result) -> Stamp:
    return Stamp(about.st_size, about.st_mtime_ns, about.st_ctime_ns)
