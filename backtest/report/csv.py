"""Comma-separated tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from backtest.files import write_csvs

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult


class Csv:
    """The CARs on a stream, all tables in a folder; structs become JSON text."""

    key = "csv"
    streams = True

    def show(self, result: StudyResult, stream: TextIO) -> None:
        """Write the table `cars`."""
        stream.write(flat(result.cars).write_csv())

    def write(self, result: StudyResult, folder: Path) -> list[Path]:
        """Write every table as Parquet, like every format, and as `<table>.csv` beside it."""
        flattened = {name: flat(one) for name, one in result.tables.items()}
        return [*result.write(folder), *write_csvs(flattened, folder)]


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the table with struct columns encoded as JSON."""
    import polars as pl

    structs = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Struct)]
    return frame.with_columns(pl.col(name).struct.json_encode() for name in structs)


FORMAT = Csv()
