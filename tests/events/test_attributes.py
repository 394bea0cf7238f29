"""Attributes of event × ticker: whose comes first, and what is a number."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from support.announcement import GOOD

from backtest.events.attributes import (
    attribute_frame,
    bulk_attributes,
    bulk_known,
    known_attributes,
)
from backtest.events.load import parse_announcements
from backtest.events.schema import Announcement

TWO = GOOD.replace(
    "  - {name: OpenAI, role: customer}",
    "  - {name: OpenAI, role: customer}\n"
    "  - {ticker: NVDA, role: competitor, attributes: {share: 0.9, mixed: 1}}\n"
    "  - {ticker: MU, role: supplier, attributes: {mixed: high}}",
)


def _read(text: str) -> list[Announcement]:
    parsed = parse_announcements(text.encode(), Path("one.yaml"))
    assert not parsed.problems
    return [one.announcement for one in parsed.loaded]


def test_what_is_known() -> None:
    assert known_attributes(_read(TWO)) == (
        *("binding", "financing", "firm", "gigawatts", "mixed", "note", "role", "share"),
        *("tag:chips", "tag:openai"),
    )


def test_a_party_s_own_value_comes_first_and_numbers_are_numbers() -> None:
    names = ("share", "gigawatts", "firm", "note", "mixed", "role", "financing", "binding")
    frame = attribute_frame(_read(TWO), (*names, "tag:chips"))
    assert frame["ticker"].to_list() == ["AMD", "NVDA", "MU"]
    assert frame["share"].to_list() == [0.1, 0.9, 0.1]
    assert frame["gigawatts"].to_list() == [6.0] * 3
    assert frame["firm"].to_list() == [1.0] * 3
    assert frame["note"].to_list() == ["ON"] * 3
    assert frame["mixed"].to_list() == [None, "1", "high"]
    assert frame["role"].to_list() == ["counterparty", "competitor", "supplier"]
    assert frame["financing"].to_list() == ["equity-warrant"] * 3
    assert frame["binding"].null_count() == 3
    assert frame["tag:chips"].to_list() == [1.0] * 3


def test_columns_of_a_table() -> None:
    table = pl.DataFrame(
        {
            "event_id": ["a", "a", "b"],
            "ticker": ["T", "T", "T"],
            "session": [None, None, None],
            "alternative": [False, True, False],
            "group": [None, None, None],
            "size": [3, 3, None],
            "firm": [True, True, False],
            "kind": ["x", "x", "y"],
        }
    )
    assert bulk_known(table) == ("firm", "kind", "size")
    read = bulk_attributes(table, ("size", "firm", "kind"))
    assert read.rows() == [("a", "T", 3.0, 1.0, "x"), ("b", "T", None, 0.0, "y")]
