"""A folder to work in: settings, a calendar with an example, and a place for the cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backtest.config.find import FILE
from backtest.config.template import template
from backtest.errors import BadUsage, Location

EXAMPLE = "2025-10-06-amd-openai-6gw-warrant.yaml"
"""An announcement of the shipped calendar that the shipped prices are enough for."""
_CACHE_README = Path(__file__).with_name("cache_readme.md")
_IGNORED = "*\n!.gitignore\n!README.md\n"


@dataclass(frozen=True, slots=True)
class Started:
    """Files that were written, and those that were there and are as they were."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def start(folder: Path) -> Started:
    """Write what is not there yet; nothing is ever written over.

    Raises:
        BadUsage: something cannot be written.
    """
    written: list[Path] = []
    kept: list[Path] = []
    for path, text in _files(folder):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path, text)
            written.append(path)
        except FileExistsError as error:
            if path.parent.is_dir():
                kept.append(path)
                continue
            raise _refused(path.parent, "there is a file of this name") from error
        except OSError as error:
            raise _refused(path, error.strerror or str(error)) from error
    return Started(tuple(written), tuple(kept))


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / FILE, template()
    yield folder / "cache" / "README.md", _CACHE_README.read_text(encoding="utf-8")
    yield folder / "cache" / ".gitignore", _IGNORED
    events = folder / "events"
    if not _has_files(events):
        yield from _example(events)


def _example(events: Path) -> Iterator[tuple[Path, str]]:
    """Yield an announcement to begin with, and the schema that editors check it by."""
    from backtest.events.default import shipped_calendar
    from backtest.events.json_schema import SCHEMA_FILE, json_schema_text

    shipped = shipped_calendar() / EXAMPLE
    if not shipped.is_file():  # A package that was built without the calendar.
        return
    yield events / SCHEMA_FILE, json_schema_text()
    yield events / EXAMPLE, shipped.read_text(encoding="utf-8")


def _has_files(folder: Path) -> bool:
    """Whether a calendar has begun there: an example among one's own events would be studied."""
    return folder.is_dir() and any(folder.iterdir())


def _create(path: Path, text: str) -> None:
    """Write a new file whole or not at all.

    Raises:
        FileExistsError: there is something of this name.
        OSError: it cannot be written; nothing of it is left.
    """
    with path.open("xb") as file:
        try:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _refused(path: Path, why: str) -> BadUsage:
    return BadUsage.because(
        "cannot-write",
        f"cannot be written: {why}",
        where=Location(path),
        hint="name another folder: backtest init DIR",
    )
