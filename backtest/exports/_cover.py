"""The first sheet of a workbook: what was asked, from which data, and what the sheets hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backtest.glossary import TABLES
from backtest.notation import LEGEND, span
from backtest.spec import Window

if TYPE_CHECKING:
    from backtest.contracts import Frame
    from backtest.results.result import StudyResult

NAME = "About"
_WIDTHS = (24, 110)
_ROOM = 122
"""Characters of a line in the second column."""

_LABELS = {
    "estimation": "estimation window",
    "window": "event window",
    "cars": "CAR windows",
    "missing": "missing days",
    "min_obs": "fewest estimation days",
    "group_by": "groups by",
}
"""Options of a study under names that say more here."""

_UNITS = (
    ("per cent", "cells hold decimals and show per cent: 0.36 is shown as 36.00%"),
    ("money", "cells hold units of the listing's currency and show millions"),
    ("day, start, end", "sessions from the event day, which is 0"),
    ("p", "two-sided; below 0.0005 shown as <0.001, with all digits in the cell"),
    ("alternative", "TRUE: the second candidate session of an announcement of unknown hour"),
    ("stars elsewhere", LEGEND),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet behind the cover: its contract, its rows, and how many of them it shows."""

    frame: Frame
    rows: int
    shown: int


def write_cover(book: Any, result: StudyResult, sheets: Sequence[Sheet]) -> None:
    """Add the sheet to an xlsxwriter workbook, as its first."""
    page = book.add_worksheet(NAME)
    page.hide_gridlines(2)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for place, width in enumerate(_WIDTHS):
        page.set_column(place, place, width)
    text = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    label = book.add_format({"font_color": "#595959", "valign": "top"})
    head = book.add_format({"bold": True, "font_size": 12, "bottom": 1})
    link = book.add_format({"font_color": "#0563C1", "underline": 1, "valign": "top"})
    title = book.add_format({"bold": True, "font_size": 16, "quote_prefix": True})
    page.write_string(0, 0, f"Event study of {result.provenance.events}", title)
    row = 2
    for section, lines in _sections(result, sheets):
        page.write_string(row, 0, section, head)
        page.write_blank(row, 1, None, head)
        row += 1
        for name, said in lines:
            if section == "Sheets":
                page.write_url(row, 0, f"internal:'{name}'!A1", link, name)
            else:
                page.write_string(row, 0, name, label)
            page.write_string(row, 1, said, text)
            page.set_row(row, 15 * max(1, -(-len(said) // _ROOM)))
            row += 1
        row += 1


def _sections(
    result: StudyResult, sheets: Sequence[Sheet]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield "The study", list(_asked(result))
    yield "Where the numbers come from", list(_sources(result))
    if result.warnings:
        yield "Warnings", [("", warning) for warning in result.warnings]
    yield "Sheets", [(one.frame.name, _holds(one)) for one in sheets] + [_GLOSSARY]
    yield "Units", list(_UNITS)


_GLOSSARY = ("columns", "every column of every sheet: its unit and what it means")


def _asked(result: StudyResult) -> Iterator[tuple[str, str]]:
    for name, value in result.spec.as_dict().items():
        if value not in ([], None, ""):
            shown = value if isinstance(value, list) else [value]
            yield (
                _LABELS.get(name, name.replace("_", " ")),
                ", ".join(_window(one) for one in shown),
            )


def _window(value: object) -> str:
    """Return a word of the specification; windows with a minus sign."""
    start, colon, end = str(value).partition(":")
    digits = start.lstrip("-").isdigit() and end.lstrip("-").isdigit()
    return span(Window(int(start), int(end))) if colon and digits else str(value)


def _sources(result: StudyResult) -> Iterator[tuple[str, str]]:
    told = result.provenance
    yield "events", told.events
    read = f", read to {told.prices_to}" if told.prices_to else ""
    yield "prices", f"{told.prices}{read}"
    yield from (
        (name, said)
        for name, said in (("factors", told.factors), ("sectors", told.sectors))
        if said
    )
    yield "engine", f"backtest {told.engine}"


def _holds(sheet: Sheet) -> str:
    cut = ""
    if sheet.shown < sheet.rows:
        cut = f" CUT: the first {sheet.shown:,} of {sheet.rows:,} rows; csv and parquet have all."
    rows = f"{sheet.rows:,} row{'' if sheet.rows == 1 else 's'}"
    return f"{TABLES[sheet.frame.name]}; a row is {sheet.frame.row}; {rows}.{cut}"
