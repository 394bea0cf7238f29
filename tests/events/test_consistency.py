"""Fields that do not fit together are told whatever else is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.announcement import GOOD

from backtest.errors import BadInput
from backtest.events.load import load_announcements


def complaints(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_announcements(path)
    return [str(problem).replace(str(path), "F") for problem in caught.value.problems]


PARTLY_READABLE = """\
id: broken
title: x
announced: 2025-10-06T07:00:00-04:00
session: pre
parties:
  - {ticker: AMD, role: 3}
  - {ticker: AMD, role: customer}
  - {role: Big Bank}
claims:
  - {id: one, says: up, ticker: ORCL, quantity: retrun, value: 1, source: {title: t}}
  - {id: one, says: up, ticker: AMD, quantity: return, value: 1, source: {title: t}}
"""


def test_fields_are_compared_beside_others_that_are_wrong(tmp_path: Path) -> None:
    told = complaints(tmp_path, PARTLY_READABLE)
    assert [line.split(": ")[:2] for line in told] == [
        ["F:2:8", "title"],
        ["F:4:10", "session"],
        ["F:6:25", "parties[0].role"],
        ["F:7:14", "parties[1].ticker"],
        ["F:8:5", "parties[2]"],
        ["F:8:12", "parties[2].role"],
        ["F:10:33", "claims[0].ticker"],
        ["F:10:49", "claims[0].quantity"],
        ["F:11:10", "claims[1].id"],
    ]


@pytest.mark.parametrize("wrong", ["ticker: amd", "tikcer: AMD", "ticker: 5"])
def test_a_party_that_cannot_be_read_contradicts_nothing(tmp_path: Path, wrong: str) -> None:
    text = GOOD.replace("ticker: AMD, role", f"{wrong}, role").replace(
        "announced: ", "announced: x"
    )
    told = complaints(tmp_path, text)
    assert [line.split(": ")[1] for line in told] == [
        "announced",
        f"parties[0].{wrong.partition(':')[0]}",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    ticker: AMD\n", "    ticker: NVDA\n"),
        ("{name: OpenAI, role: customer}", "{ticker: AMD, role: customer}"),
        ("{name: OpenAI, role: customer}", "{role: customer}"),
        ("tags: [openai, chips]", "session: pre"),
        ("tags: [openai, chips]", "probable_session: pre"),
    ],
)
def test_another_fault_hides_nothing(tmp_path: Path, old: str, new: str) -> None:
    assert old in GOOD
    alone = complaints(tmp_path, GOOD.replace(old, new))
    assert complaints(tmp_path, GOOD.replace(old, new) + "notes: 1\n") == [
        *alone,
        'F:19:8: notes: expected text, found the number `1` (put it in quotes: "1")',
    ]
