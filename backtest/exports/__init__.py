"""What a study is handed on as, one file each; a new export is a new file with an `EXPORT`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from backtest.registry import Registry

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


@dataclass(frozen=True, slots=True)
class Written:
    """The files an export wrote, and what its reader should know of them."""

    paths: Sequence[Path]
    notes: Sequence[str] = ()


@runtime_checkable
class Export(Protocol):
    """A way to write a result into a folder, for people or other programs.

    Attributes:
        key: its name.
        title: what it writes, in a few words.
    """

    key: str
    title: str

    def check(self) -> None:
        """Refuse, before anything is computed, where a library is missing.

        Raises:
            BadUsage: one of an extra is not installed.
        """
        ...

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write files into the folder, each whole or not at all; others in it are left alone.

        Raises:
            BadUsage: the folder cannot be written.
        """
        ...


exports: Registry[Export] = Registry("backtest.exports", "EXPORT", "export")
