"""A workbook to send: a cover, and a sheet a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from backtest.contracts import TABLES, Frame
from backtest.events.table import HEADLINES, OBSERVATIONS
from backtest.exports import Written
from backtest.exports._cells import CLAIMED, MILLIONS, MONEY, number_format, row_heights, widths
from backtest.exports._cover import Sheet, write_cover
from backtest.exports._neutral import risky_columns
from backtest.extras import needed
from backtest.files import write_files
from backtest.report.csv import flat

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

NAME = "study.xlsx"

ROWS = 200_000
"""Rows of a sheet at most. Excel holds 1,048,576, but writing so many takes minutes and gigabytes,
and nobody reads them there."""

LONGEST = 32_767
"""Characters that a cell holds."""

_ORDER = ("headlines", "observations", "claims", "cars", "sample_tests", "sample_designs")
"""Sheets that come first; the others follow in the order of the contract."""

_OPTIONS = {
    # Nothing that a text says is computed or followed, and there is no such thing as NaN in a cell.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
    "default_date_format": "yyyy-mm-dd",
}


class Xlsx:
    """`study.xlsx`: cover, titles, parties, every table, and what its columns mean."""

    key = "xlsx"
    title = "an Excel workbook with a cover and a sheet a table"

    def check(self) -> None:
        """Need xlsxwriter."""
        with needed("workbooks"):
            import xlsxwriter  # noqa: F401

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the workbook."""
        tables = _tables(result)
        sheets = [Sheet(one, tables[one].height, min(tables[one].height, ROWS)) for one in tables]

        def put(file: BinaryIO) -> None:
            _fill(file, result, tables, sheets)

        notes = [
            f"xlsx: {one.frame.name} has {one.rows:,} rows, of which its sheet has the first "
            f"{one.shown:,}; csv and parquet have all"
            for one in sheets
            if one.shown < one.rows
        ]
        return Written(write_files(folder, {NAME: put}), notes)


EXPORT = Xlsx()


def _tables(result: StudyResult) -> dict[Frame, pl.DataFrame]:
    """Return the tables in the order of the sheets; titles only where events have any."""
    named = {frame: result.tables[frame.name] for frame in TABLES}
    named[OBSERVATIONS] = result.observations
    titles = result.headlines
    if len(titles.filter(titles["title"] != titles["event_id"])):
        named[HEADLINES] = titles
    places = {name: place for place, name in enumerate(_ORDER)}
    ordered = sorted(named, key=lambda frame: places.get(frame.name, len(places)))
    return {frame: flat(named[frame]) for frame in ordered}


def _fill(
    file: BinaryIO, result: StudyResult, tables: dict[Frame, pl.DataFrame], sheets: list[Sheet]
) -> None:
    import xlsxwriter

    from backtest.report._listing import columns_frame

    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        book.set_properties({"title": f"Event study of {result.provenance.events}"})
        write_cover(book, result, sheets)
        decimals = result.spec.measure == "return"
        for frame, table in tables.items():
            _sheet(book, frame, table.head(ROWS), decimals=decimals)
        meanings = columns_frame(list(tables)).select("table", "column", "unit", "meaning")
        page = book.add_worksheet("columns")
        _table(book, page, meanings, {}, {"meaning": 440, "table": 130, "column": 130, "unit": 80})
        book.worksheets()[0].activate()


def _sheet(book: Any, frame: Frame, table: pl.DataFrame, *, decimals: bool) -> None:
    """Add the sheet of a table of the contract."""
    formats = {
        one.name: number_format(one, decimals=decimals)
        for one in frame.columns
        if one.dtype not in ("String", "Struct")
    }
    sizes = widths(table, frame, decimals=decimals)
    page = book.add_worksheet(frame.name)
    _table(book, page, table, formats, sizes)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _table(
    book: Any, page: Any, table: pl.DataFrame, formats: dict[str, str], sizes: dict[str, int]
) -> None:
    """Write a table with a frozen heading and filters; risky text is marked as text."""
    import polars as pl
    import polars.selectors as cs

    risky = risky_columns(table)
    heights = row_heights(table, sizes)
    top = {"valign": "top"}
    cells: dict[Any, Any] = {
        name: {**top, "num_format": formats[name]}
        if name in formats
        else {
            **top,
            "align": "left",
            "indent": 1,
            "quote_prefix": name in risky,
            "text_wrap": bool(heights),
        }
        for name in table.columns
    }
    columns: Any = sizes
    money = {
        "type": "cell",
        "criteria": "not between",
        "minimum": -MONEY,
        "maximum": MONEY,
        "format": {"num_format": MILLIONS},
    }
    either: dict[Any, Any] = {name: money for name in CLAIMED if name in formats}
    table.with_columns(
        cs.string().str.slice(0, LONGEST), cs.float().replace(float("nan"), None)
    ).write_excel(
        book,
        page.get_name(),
        table_style="Table Style Light 1",
        column_formats=cells,
        dtype_formats={pl.Date: "yyyy-mm-dd"},
        header_format={"bold": True, "bottom": 1, "valign": "vcenter"},
        column_widths=columns,
        conditional_formats=either or None,
        row_heights=heights or None,
        freeze_panes=(1, 0),
    )
