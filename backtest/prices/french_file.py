"""One daily file of Kenneth French's data library: a zip with one CSV, prose around its table.

    This file was created using the 202609 CRSP database. …
    Missing data are indicated by -99.99 or -999.

    ,Mkt-RF,SMB,HML,RMW,CMA,RF
    19630701,   -0.67,    0.02,   -0.35,    0.03,   -0.06,   0.012
    …

    Copyright 2026 Eugene F. Fama and Kenneth R. French

Numbers are percent. Some files end every line with a comma.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from backtest.errors import DataUnavailable
from backtest.prices._address import place_of
from backtest.prices._tables import canonical

if TYPE_CHECKING:
    import polars as pl

LARGEST = 50_000_000
"""Bytes of a CSV; the library's daily ones have one million."""
LARGEST_PACKED = 10_000_000
"""Bytes of a zip; the library's have a quarter of a million."""

INSTEAD = (
    "factors stored and shipped can be used as before; a table of your own goes to --factor-data"
)
_MISSING = (-99.99, -999.0)
_DENSEST, _SMALL = 100, 1_000_000
"""Text packs to a quarter or so; a million bytes and more from a hundredth of them are a bomb."""
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How the library packs, and the ways in which no more is unpacked than is read."""
_IMPLAUSIBLE = 90.0
_DAY = re.compile(r"\d{8}")
_LONGER_PERIOD = re.compile(r"(\d{4}|\d{6})")

Row = tuple[dt.date, tuple[float | None, ...]]


def french_table(content: bytes, place: str, columns: Sequence[str]) -> pl.DataFrame:
    """Read a file of the library.

    Args:
        content: the zip.
        place: its address, for messages.
        columns: the factors wanted, by our names.

    Returns:
        `date` and the columns, in decimals; null where the library marks a value as missing.

    Raises:
        DataUnavailable: it is no such file.
    """
    import polars as pl

    rows = list(_in_order(_rows(_text(content, place).splitlines(), place, columns), place))
    if not rows:
        raise unlike(place, 0, "the table has no row")
    values = zip(*(numbers for _, numbers in rows), strict=True)
    table = {
        name: pl.Series(series, dtype=pl.Float64)
        for name, series in zip(columns, values, strict=True)
    }
    return pl.DataFrame({"date": pl.Series([day for day, _ in rows], dtype=pl.Date), **table})


def unlike(place: str, line: int, what: str) -> DataUnavailable:
    """Return the error of a file that is not as the library's files are."""
    return DataUnavailable.because(
        "unlike-the-library",
        f"not a daily factor file as we know them: {what}",
        where=place_of(place, line),
        hint=INSTEAD,
    )


def _text(content: bytes, place: str) -> str:
    """Unpack the only CSV of a zip."""
    most = min(LARGEST, max(_SMALL, _DENSEST * len(content)))
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            files = [file for file in archive.infolist() if file.filename.lower().endswith(".csv")]
            known = all(file.compress_type in _WAYS for file in files)
            text = _unpacked(archive, files[0], most) if len(files) == 1 and known else b""
    except Exception as error:  # Damage shows in zipfile and in every library below it.
        raise unlike(place, 0, f"no zip that can be unpacked ({error})") from error
    if len(files) != 1:
        raise unlike(place, 0, f"the zip holds {len(files)} CSV files instead of one")
    if not known:
        raise unlike(place, 0, "it is packed in another way than the library's files")
    if len(text) > most:
        raise unlike(place, 0, f"its {len(content):,} bytes unpack to more than {most:,}")
    return text.decode("utf-8-sig", errors="replace")


def _unpacked(archive: zipfile.ZipFile, file: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack a file as far as one byte more than it may have: a bomb claims what it likes."""
    with archive.open(file) as stream:
        return stream.read(most + 1)


def _rows(lines: Sequence[str], place: str, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Yield (line, row) of the table."""
    header, width, places = _header(lines, place, columns)
    inside = True
    for line, text in enumerate(lines[header:], header + 1):
        day, *numbers = _cells(text)
        if not _DAY.fullmatch(day):
            inside = False
        if inside:
            if len(numbers) != width:
                raise unlike(place, line, f"{len(numbers)} values where {width} are named")
            decimals = tuple(_decimal(numbers[at], place, line) for at in places)
            yield line, (_date(day, place, line), decimals)
        elif day[:1].isdigit() and not _LONGER_PERIOD.fullmatch(day):
            raise unlike(place, line, f"`{day}` after the end of the table")


def _header(
    lines: Iterable[str], place: str, columns: Sequence[str]
) -> tuple[int, int, tuple[int, ...]]:
    """Return the header's line, how many columns it names, and which of them are wanted."""
    for line, text in enumerate(lines, 1):
        first, *names = map(canonical, _cells(text))
        if not first and set(columns) <= set(names):
            return line, len(names), tuple(names.index(name) for name in columns)
    raise unlike(place, 0, f"no line names the columns {', '.join(columns)}")


def _cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.rstrip(", \t").split(",")]


def _date(day: str, place: str, line: int) -> dt.date:
    try:
        return dt.date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        raise unlike(place, line, f"`{day}` is no date") from None


def _decimal(number: str, place: str, line: int) -> float | None:
    """Read percent; the shipped ones were multiplied too, so equal figures are equal bits."""
    try:
        percent = float(number)
    except ValueError:
        raise unlike(place, line, f"`{number}` is not a number") from None
    if percent in _MISSING:
        return None
    if not abs(percent) < _IMPLAUSIBLE:
        raise unlike(place, line, f"{number} is no return of a day in percent")
    return percent * 0.01


def _in_order(rows: Iterable[tuple[int, Row]], place: str) -> Iterator[Row]:
    """Yield rows whose days follow each other."""
    before = dt.date.min
    for line, row in rows:
        if row[0] <= before:
            raise unlike(place, line, f"{row[0]} comes after {before}")
        before = row[0]
        yield row
