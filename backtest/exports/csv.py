"""The tables of the contract as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backtest.exports import Written
from backtest.exports._neutral import all_neutral
from backtest.files import write_csvs
from backtest.report.csv import flat

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


class Csv:
    """`<table>.csv` for every table; structs become JSON text."""

    key = "csv"
    title = "the tables as comma-separated values"

    def check(self) -> None:
        """Need nothing more."""

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the tables."""
        frames, marked = all_neutral({name: flat(one) for name, one in result.tables.items()})
        noted = (
            f"csv: an apostrophe stands before {marked:,} cell{'s' * (marked != 1)} of text that "
            "spreadsheets would run as formulas; parquet has them as they are",
        )
        return Written(write_csvs(frames, folder), noted if marked else ())


EXPORT = Csv()
