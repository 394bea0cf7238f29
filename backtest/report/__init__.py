"""Views of a result, one file each; a new format is a new file with a `FORMAT`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO, runtime_checkable

from backtest.registry import Registry

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


@runtime_checkable
class Format(Protocol):
    """A way to show a result on a stream and to write its tables into a folder."""

    key: str
    streams: bool
    """Whether it can be shown on a stream; others only go into a folder."""

    def show(self, result: StudyResult, stream: TextIO) -> None:
        """Write the result to a stream."""
        ...

    def write(self, result: StudyResult, folder: Path) -> list[Path]:
        """Write the tables into a folder and return the paths."""
        ...


formats: Registry[Format] = Registry("backtest.report", "FORMAT", "format")
