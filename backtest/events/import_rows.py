"""The rows of a table to import, every cell as plain text, number or list, with its row number."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from backtest.errors import BadInput, Location, Problem
from backtest.events.yaml_text import decode

Cell = bool | int | float | str | list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank: its number from 1 (header not counted) and its filled cells."""

    path: Path
    number: int
    line: int
    cells: Mapping[str, Cell]

    def problem(self, code: str, message: str, column: str, hint: str | None = None) -> Problem:
        """Return a problem at a cell of this row."""
        where = Location(self.path, self.line)
        return Problem(code, message, where, f"row {self.number}, {column}", hint)


def read_rows(path: Path) -> list[Row]:
    """Read a `.csv` (everything stays text) or `.parquet` table.

    Raises:
        BadInput: unreadable, neither kind of table, or without rows.
    """
    readers = {".csv": _csv_rows, ".parquet": _parquet_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput.because(
            "unknown-table", "is neither a .csv nor a .parquet file", where=Location(path)
        )
    try:
        rows = [row for row in reader(path) if row.cells]
    except OSError as error:
        raise BadInput.because(
            "unreadable-file", f"cannot be read: {error.strerror or error}", where=Location(path)
        ) from None
    if not rows:
        raise BadInput.because("no-events", "the table holds no rows", where=Location(path))
    return rows


def _csv_rows(path: Path) -> Iterator[Row]:
    lines = decode(path.read_bytes(), path).splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, path)
        for number, values in enumerate(reader, start=1):
            if len(values) > len(header):
                raise BadInput.because(
                    "bad-table",
                    f"row {number} has {len(values)} cells, the header {len(header)}",
                    where=Location(path, reader.line_num),
                    hint="put cells that contain commas in double quotes",
                )
            cells = {
                name: value.strip()
                for name, value in zip(header, values, strict=False)
                if value.strip()
            }
            yield Row(path, number, reader.line_num, cells)
    except csv.Error as error:
        raise BadInput.because(
            "bad-table", f"is not a CSV table: {error}", where=Location(path, reader.line_num)
        ) from None


def _check_header(header: list[str], path: Path) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadInput.because(
            "column-twice", f"several columns are named {', '.join(twice)}", where=Location(path, 1)
        )


def _parquet_rows(path: Path) -> Iterator[Row]:
    import polars as pl

    try:
        frame = pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        told = str(error).partition("\n")[0]
        raise BadInput.because(
            "bad-table", f"is not a Parquet table: {told}", where=Location(path)
        ) from None
    for number, values in enumerate(frame.iter_rows(named=True), start=1):
        cells = {name: cell for name, value in values.items() if (cell := _cell(value)) is not None}
        yield Row(path, number, 0, cells)


def _cell(value: Any) -> Cell | None:
    """Make a plain value; blank text, null and NaN are no cell."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [str(item) for item in value if item is not None] or None
    if isinstance(value, float) and math.isnan(value):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value).strip() or None
