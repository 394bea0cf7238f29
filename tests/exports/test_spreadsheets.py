"""CSV and the workbook: exact figures, safe texts, a cover that says what is what."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from support.cli import CALENDAR
from support.hostile import FORMULA, hostile

import backtest as bt
from backtest.contracts import TABLES
from backtest.exports import exports, xlsx
from backtest.exports._cells import MILLIONS, P_VALUE, PERCENT, number_format
from backtest.exports._neutral import neutral
from backtest.results.result import StudyResult

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EXCEL_DAY_0 = dt.date(1899, 12, 30)


class Book:
    """A workbook as it stands in its file, read by nothing of ours."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        shared = self.xml("xl/sharedStrings.xml")
        self.texts = ["".join(node.itertext()) for node in shared.findall(f"{MAIN}si")]
        names = self.xml("xl/workbook.xml").find(f"{MAIN}sheets")
        assert names is not None
        self.sheets = [node.get("name") for node in names]
        styles = self.xml("xl/styles.xml")
        custom = {
            one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")
        }
        cells = styles.find(f"{MAIN}cellXfs")
        assert cells is not None
        self.formats = [custom.get(one.get("numFmtId")) for one in cells]
        self.quoted = [one.get("quotePrefix") == "1" for one in cells]

    def xml(self, name: str) -> ET.Element:
        return ET.fromstring(self.zip.read(name))

    def sheet(self, name: str) -> ET.Element:
        return self.xml(f"xl/worksheets/sheet{self.sheets.index(name) + 1}.xml")

    def cells(self, name: str) -> list[dict[str, tuple[Any, int]]]:
        """Rows as column letter → (value, style)."""
        rows = []
        for row in self.sheet(name).iter(f"{MAIN}row"):
            found: dict[str, tuple[Any, int]] = {}
            for cell in row:
                value = cell.findtext(f"{MAIN}v")
                kind = cell.get("t")
                read: Any = None if value is None else float(value) if kind is None else value
                if kind == "s":
                    read = self.texts[int(str(value))]
                letter = re.sub(r"\d", "", str(cell.get("r")))
                found[letter] = (read, int(cell.get("s", "0")))
            rows.append(found)
        return rows


def workbook(result: StudyResult, folder: Path) -> Book:
    (path,) = exports.get("xlsx").write(result, folder).paths
    return Book(path)


@pytest.fixture
def small() -> StudyResult:
    return bt.run(CALENDAR, "snapshot", selection=["2025-10-06*"])


def test_a_sheet_a_table_behind_the_cover(small: StudyResult, tmp_path: Path) -> None:
    book = workbook(small, tmp_path)
    assert book.sheets[:4] == ["About", "headlines", "observations", "claims"]
    assert set(book.sheets) == {
        *("About", "headlines", "observations", "columns"),
        *(frame.name for frame in TABLES),
    }
    for frame in TABLES:
        rows = book.cells(frame.name)
        assert [value for value, _ in rows[0].values()] == frame.names
        assert len([row for row in rows[1:] if row]) == small.tables[frame.name].height


def test_figures_are_exact_and_shown_in_their_unit(small: StudyResult, tmp_path: Path) -> None:
    book = workbook(small, tmp_path)
    own = small.cars.row(0, named=True)
    cells = dict(zip(small.cars.columns, book.cells("cars")[1].values(), strict=True))
    for name in ("car", "std_error", "t", "p", "bhar"):
        # Workbooks keep 16 digits.
        assert cells[name][0] == pytest.approx(own[name], rel=1e-14)
    assert book.formats[cells["car"][1]] == PERCENT
    assert book.formats[cells["p"][1]] == P_VALUE
    cap = small.market_caps.row(0, named=True)
    cells = dict(zip(small.market_caps.columns, book.cells("market_caps")[1].values(), strict=True))
    assert cells["cap"][0] == pytest.approx(cap["cap"], rel=1e-14)
    assert book.formats[cells["cap"][1]] == MILLIONS
    assert book.formats[cells["date"][1]] == "yyyy-mm-dd"
    assert EXCEL_DAY_0 + dt.timedelta(days=cells["date"][0]) == cap["date"]
    claim = dict(zip(small.claims.columns, book.cells("claims")[1].values(), strict=True))
    # Shown in per cent, with its sign, but for what is money.
    assert book.formats[claim["claimed"][1]] == PERCENT
    rule = next(book.sheet("claims").iter(f"{MAIN}cfRule"))
    assert rule.get("operator") == "notBetween"
    styles = book.xml("xl/styles.xml").find(f"{MAIN}dxfs")
    assert styles is not None
    own = list(styles)[int(str(rule.get("dxfId")))]
    assert [one.get("formatCode") for one in own.iter(f"{MAIN}numFmt")] == [MILLIONS]


def test_headings_are_frozen_with_filters_and_columns_fit(
    small: StudyResult, tmp_path: Path
) -> None:
    book = workbook(small, tmp_path)
    for name in book.sheets[1:]:
        sheet = book.sheet(str(name))
        pane = next(sheet.iter(f"{MAIN}pane"))
        assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
        widths = [float(str(one.get("width"))) for one in sheet.iter(f"{MAIN}col")]
        assert all(5 < width < 70 for width in widths)
    tables = [book.zip.read(name) for name in book.zip.namelist() if "xl/tables/" in name]
    assert len(tables) == len(book.sheets) - 1
    assert all(b"<autoFilter" in one for one in tables)


def test_the_cover_says_what_was_asked(small: StudyResult, tmp_path: Path) -> None:
    text = "\n".join(
        str(value) for row in workbook(small, tmp_path).cells("About") for value, _ in row.values()
    )
    for said in (
        "−260:−11",
        "SPY",
        "shipped snapshot",
        "CAR windows",
        "bmp_adjusted",
        "market_caps",
        "0.36 is shown as 36.00%",
        f"{small.cars.height} rows",
    ):
        assert said in text


def test_nothing_in_a_workbook_is_a_formula_or_a_link_outside(
    shipped: StudyResult, tmp_path: Path
) -> None:
    book = workbook(hostile(shipped), tmp_path)
    for name in book.sheets:
        assert not list(book.sheet(str(name)).iter(f"{MAIN}f"))
    links = [book.zip.read(name) for name in book.zip.namelist() if "worksheets/_rels" in name]
    assert not any(b"External" in one for one in links)
    titles = [row["B"] for row in book.cells("headlines")[1:]]
    assert titles[0][0] == FORMULA
    assert all(book.quoted[style] for value, style in titles if value.startswith(("=", "+", "@")))


def test_more_rows_than_a_sheet_takes(
    small: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "ROWS", 50)
    done = exports.get("xlsx").write(small, tmp_path)
    assert len(done.notes) == 3
    rows = small.abnormal_returns.height
    assert f"abnormal_returns has {rows} rows, of which its sheet has the first 50" in done.notes[1]
    book = Book(done.paths[0])
    assert len([row for row in book.cells("abnormal_returns") if row]) == 51
    cover = [str(row["B"][0]) for row in book.cells("About") if "B" in row]
    assert sum("CUT: the first 50 of" in said for said in cover) == 3


def test_texts_longer_than_a_cell(small: StudyResult, tmp_path: Path) -> None:
    from dataclasses import replace

    long = replace(small, claims=small.claims.with_columns(source=pl.lit("x" * 40_000)))
    assert max(map(len, workbook(long, tmp_path).texts)) == 32_767


def test_another_measure_is_no_per_cent(tmp_path: Path) -> None:
    volume = bt.run(CALENDAR, "snapshot", selection=["2025-10-06*"], measure="volume")
    book = workbook(volume, tmp_path)
    cells = dict(zip(volume.cars.columns, book.cells("cars")[1].values(), strict=True))
    assert book.formats[cells["car"][1]] == "0.000"


@pytest.mark.parametrize("frame", TABLES, ids=lambda frame: frame.name)
def test_every_column_has_a_format(frame: Any) -> None:
    assert all(number_format(column) for column in frame.columns)


def test_csv_is_exact_but_for_what_a_spreadsheet_would_run(
    shipped: StudyResult, tmp_path: Path
) -> None:
    done = exports.get("csv").write(shipped, tmp_path)
    assert sorted(path.name for path in done.paths) == sorted(f"{one.name}.csv" for one in TABLES)
    for frame in TABLES:
        table = shipped.tables[frame.name].drop("coefficients", strict=False)
        read = pl.read_csv(tmp_path / f"{frame.name}.csv", schema_overrides=table.schema)
        assert read.select(table.columns).equals(neutral(table)[0]), frame.name


def test_risky_cells_are_marked_and_counted(shipped: StudyResult, tmp_path: Path) -> None:
    unsafe = hostile(shipped)
    (note,) = exports.get("csv").write(unsafe, tmp_path).notes
    assert note.startswith("csv: an apostrophe stands before ")
    read = pl.read_csv(tmp_path / "claims.csv")
    assert read["source"].unique().to_list() == [f"'{FORMULA}"]
    exports.get("parquet").write(unsafe, tmp_path)
    assert pl.read_parquet(tmp_path / "claims.parquet").equals(unsafe.claims)


@pytest.mark.parametrize("start", [*"=+-@\t\r＝＠"])
def test_every_risky_beginning(start: str) -> None:
    frame = pl.DataFrame({"a": [f"{start}1", "1=1", None, ""], "b": [-1.0, 1.0, None, 0.0]})
    marked, count = neutral(frame)
    assert count == 1
    assert marked["a"].to_list() == [f"'{start}1", "1=1", None, ""]
    assert marked["b"].equals(frame["b"])
