"""Parquet tables in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from backtest.errors import BadUsage

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


class Parquet:
    """Every table as one file."""

    key = "parquet"
    streams = False

    def show(self, result: StudyResult, stream: TextIO) -> None:
        """Refuse: several binary tables have no place on a stream."""
        del result, stream
        raise BadUsage.because(
            "needs-out", "parquet goes into files", field="format", hint="name a folder: --out DIR"
        )

    def write(self, result: StudyResult, folder: Path) -> list[Path]:
        """Write every table as `<table>.parquet`."""
        return result.write(folder)


FORMAT = Parquet()
