"""What would command a terminal is found, refused where it is read, and shown as an escape."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bad_input import EVENTS, Study
from support.bulk import one_event
from support.cli import Command
from support.studies import quick

from backtest.plain_text import PATTERN, command_in, printable

ESCAPE, BELL, OVERRIDE = "\x1b", "\x07", "\u202e"


@quick
@given(st.text())
def test_nothing_printable_commands(text: str) -> None:
    """Unicode's categories say it too: control characters (Cc), and marks that turn direction."""
    shown = printable(text)
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for character in shown:
        assert character in "\t\n" or unicodedata.category(character) != "Cc"
        assert unicodedata.bidirectional(character) not in turning
    assert (shown == text) == (command_in(text) is None)
    assert pl.Series([text]).str.contains(PATTERN)[0] == (command_in(text) is not None)


def test_what_people_write_stays() -> None:
    text = "Łódź, 中文 ÷ −3 √2 τ £€¥ שלום\u200f مرحبا\n\t“quotes” – dashes"
    assert printable(text) == text
    assert printable(f"a{ESCAPE}[31mb{OVERRIDE}") == "a\\x1b[31mb\\u202e"
    assert command_in(f"x{BELL}") == "U+0007"


ONE = """\
id: one
title: "{0}"
announced: 2025-10-06
session: pre
parties: [{{ticker: AMD, role: counterparty, attributes: {{"{1}": 1}}}}]
"""


@pytest.mark.parametrize("mark", ["\\e[31m", "\\a", "\\x9b2J", "\\u202e", "\\r", "\\0", "\u202e"])
@pytest.mark.parametrize("place", [0, 1])
def test_an_announcement_with_a_command(cli: Command, mark: str, place: int) -> None:
    texts = ["A deal is announced", "size"]
    texts[place] += mark
    Path("one.yaml").write_text(ONE.format(*texts), encoding="utf-8")
    line = cli("events", "check", "--events", "one.yaml").refused(2)
    assert f"one.yaml:{2 if place == 0 else 5}:" in line
    assert "would command the terminal of whoever reads it" in line


def test_an_escaped_line_break_and_other_letters_are_text(cli: Command) -> None:
    text = ONE.format("Two lines\\n\\tand \\u00e9\\u4e2d", "size")
    Path("one.yaml").write_text(text, encoding="utf-8")
    assert "Two lines" in cli("events", "list", "--events", "one.yaml").out


@pytest.mark.parametrize("column", ["event_id", "ticker", "group", "desk"])
def test_a_table_with_a_command(study: Study, column: str) -> None:
    events = EVENTS.with_columns(desk=pl.lit("x"))
    first = pl.int_range(pl.len()) == 2
    hostile = pl.when(first).then(pl.lit(f"A{ESCAPE}[8m")).otherwise(pl.col(column))
    line = study(events=events.with_columns(hostile.alias(column))).refused(2)
    assert f"row 3: `{column}` has a character that would command a terminal" in line


def test_messages_show_commands_as_escapes(cli: Command, study: Study) -> None:
    for ran in (
        cli(f"{ESCAPE}[2J"),
        cli("run", f"--{ESCAPE}[2J"),
        cli("run", "--model", f"{ESCAPE}[2J"),
        cli("run", "--prices", f"{ESCAPE}[2J/x.csv"),
        cli("run", "--events", f"{ESCAPE}[2J"),
        study(events=one_event("AAA", "2026-01-05").rename({"ticker": f"{ESCAPE}[2Jticker"})),
    ):
        assert ran.code == 2
        assert ESCAPE not in ran.err
        assert "\\x1b[2J" in ran.err
