"""The tables of the contract as Parquet, exactly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backtest.exports import Written

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


class Parquet:
    """`<table>.parquet` for every table."""

    key = "parquet"
    title = "the tables as Parquet, to the last bit"

    def check(self) -> None:
        """Need nothing more."""

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the tables."""
        return Written(result.write(folder))


EXPORT = Parquet()
