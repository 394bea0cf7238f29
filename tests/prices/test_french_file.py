"""The shape of the library's files, and everything that is not that shape."""

from __future__ import annotations

import datetime as dt
import math
import tracemalloc
import zipfile
from contextlib import suppress
from io import BytesIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from support.french_server import five_text, momentum_text, zipped
from support.studies import quick

from backtest.errors import DataUnavailable
from backtest.prices import french_file
from backtest.prices.french_file import french_table

PLACE = "https://library.example/ftp/file.zip"
FIVE = ("mkt_rf", "smb", "hml", "rmw", "cma", "rf")
DAYS = (dt.date(2026, 10, 29), dt.date(2026, 10, 30))
NUMBERS = (
    ("-0.67", "0.02", "-0.35", "0.03", "0.57", "0.012"),
    ("1.77", "-1.30", "-99.99", "-999", "0.00", "0.012"),
)
TEXT = five_text(zip(DAYS, NUMBERS, strict=True))


def refused(content: bytes, columns: tuple[str, ...] = FIVE) -> str:
    with pytest.raises(DataUnavailable) as caught:
        french_table(content, PLACE, columns)
    (problem,) = caught.value.problems
    assert problem.code == "unlike-the-library"
    assert str(problem).startswith(PLACE)
    assert "--factor-data" in str(problem.hint)
    return str(problem).removesuffix(f" ({problem.hint})").removeprefix(PLACE)


def test_percent_become_decimals_to_the_last_digit() -> None:
    table = french_table(zipped(TEXT), PLACE, FIVE)
    rows = [
        (DAYS[0], -0.0067, 0.0002, -0.0035, 0.0003, 0.0057, 0.00012),
        (DAYS[1], 0.0177, -0.013, None, None, 0.0, 0.00012),
    ]
    expected = pl.DataFrame(rows, schema=["date", *FIVE], orient="row")
    assert_frame_equal(table, expected, rel_tol=1e-15, abs_tol=0.0)


def test_columns_are_found_by_name() -> None:
    turned = TEXT.replace(",Mkt-RF,SMB,", ",SMB,mkt-rf,")
    table = french_table(zipped(turned), PLACE, ("mkt_rf", "rf"))
    assert table["mkt_rf"].to_list() == pytest.approx([0.0002, -0.013], rel=1e-15)
    assert table["rf"].to_list() == pytest.approx([0.00012, 0.00012], rel=1e-15)


def test_lines_that_end_with_a_comma() -> None:
    text = momentum_text([(dt.date(1926, 11, 3), ["0.35"]), (dt.date(1926, 11, 4), ["-0.14"])])
    table = french_table(zipped(text), PLACE, ("mom",))
    assert table["mom"].to_list() == pytest.approx([0.0035, -0.0014], rel=1e-15)


@pytest.mark.parametrize("line", ["  2025,  16.30", "202510, 1.2", "Annual Factors: 1-12"])
def test_tables_of_longer_periods_after_the_daily_one_are_left_alone(line: str) -> None:
    assert french_table(zipped(TEXT + line + "\n"), PLACE, FIVE).height == 2


LAST = "20261030,    1.77,"
BROKEN = {
    "another header": (",Mkt-RF,", ",Market,", ": {}no line names the columns mkt_rf, smb, hml,"),
    "a word for a number": ("   -0.67", "   n/a", ":6: {}`n/a` is not a number"),
    "an endless number": ("   -0.67", "   inf", ":6: {}inf is no return of a day in percent"),
    "another missing code": ("-99.99", "-9999", ":7: {}-9999 is no return of a day in percent"),
    "a value too few": (LAST, "20261030,", ":7: {}5 values where 6 are named"),
    "a value too many": (LAST, LAST + "1,", ":7: {}7 values where 6 are named"),
    "no such day": (LAST, "20261131,    1.77,", ":7: {}`20261131` is no date"),
    "a day twice": (LAST, "20261029,    1.77,", ":7: {}2026-10-29 comes after 2026-10-29"),
    "days out of order": (LAST, "20261028,    1.77,", ":7: {}2026-10-28 comes after 2026-10-29"),
    "other dates": (LAST, "2026-10-30,    1.77,", ":7: {}`2026-10-30` after the end of the table"),
    "a hole": (LAST, "\r\n" + LAST, ":8: {}`20261030` after the end of the table"),
}


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_changed_layout(old: str, new: str, expected: str) -> None:
    said = refused(zipped(TEXT.replace(old, new)))
    assert said.startswith(expected.format("not a daily factor file as we know them: "))


def test_a_table_without_rows() -> None:
    assert refused(zipped(five_text([]))).endswith("the table has no row")


def test_no_zip() -> None:
    assert "no zip that can be unpacked (File is not a zip file)" in refused(b"<html></html>")
    assert "no zip that can be unpacked" in refused(b"")
    assert "no zip that can be unpacked" in refused(zipped(TEXT)[:-40])


def test_a_zip_of_something_else() -> None:
    assert "the zip holds 0 CSV files" in refused(zipped(TEXT, "factors.txt"))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.CSV", TEXT)
        archive.writestr("b.csv", TEXT)
    assert "the zip holds 2 CSV files" in refused(buffer.getvalue())


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped(TEXT + " " * 10_000_000)
    assert len(bomb) < 20_000
    assert refused(bomb).endswith(
        f"its {len(bomb):,} bytes unpack to more than {100 * len(bomb):,}"
    )
    monkeypatch.setattr(french_file, "LARGEST", 1_000)
    assert refused(zipped(TEXT + "\n" * 1_000)).endswith("unpack to more than 1,000")


def test_a_bomb_costs_no_memory() -> None:
    """A hundred million spaces: no more of them are unpacked than a file may have."""
    bomb = zipped(" " * 100_000_000)
    tracemalloc.start()
    try:
        assert f"unpack to more than {100 * len(bomb):,}" in refused(bomb)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_way_of_packing(way: int) -> None:
    """They unpack whole blocks, however little of them is read."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", way) as archive:
        archive.writestr("factors.csv", TEXT)
    assert "packed in another way" in refused(buffer.getvalue())


@quick
@given(st.integers(0, len(zipped(TEXT)) - 1), st.integers(1, 255))
def test_damage_is_a_clear_refusal_or_no_damage(place: int, flip: int) -> None:
    """One byte of the zip is another: what is read is then the same, or refused by name."""
    content = bytearray(zipped(TEXT))
    content[place] ^= flip
    with suppress(DataUnavailable):
        table = french_table(bytes(content), PLACE, FIVE)
        assert table.equals(french_table(zipped(TEXT), PLACE, FIVE))


@quick
@given(st.integers(-8999, 8999))
def test_two_digits_survive(hundredths: int) -> None:
    """The decimal is the published number, but for the last bits of a product."""
    text = momentum_text([(DAYS[0], [f"{hundredths / 100:.2f}"])])
    (value,) = french_table(zipped(text), PLACE, ("mom",))["mom"]
    assert abs(value - float(f"{hundredths}e-4")) <= 2 * math.ulp(value)
