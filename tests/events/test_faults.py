"""Every fault of an announcement is told at its place, in our own words, with the way out."""

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


def change(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


# (old, new, place, beginning of the message, part of the hint)
FAULTS = [
    ("title:", "titel:", "1:1", "title: this field is required and missing", "One line that says"),
    ("title:", "titel:", "2:1", "titel: unknown field", "did you mean `title`?"),
    ("announced:", "anounced:", "3:1", "anounced: unknown field", "did you mean `announced`?"),
    ("says:", "say:", "13:5", "claims[0].say: unknown field", "did you mean `says`?"),
    (
        "role: customer",
        "part: customer",
        "6:20",
        "parties[1].part: unknown field",
        "there are: ticker",
    ),
    (
        "2025-10-06T07:00:00-04:00",
        "2025-10-06T07:00",
        "3:12",
        "announced: `2025-10-06T07:00` has no zone",
        "offset",
    ),
    (
        "2025-10-06T07:00:00-04:00",
        "tomorrow",
        "3:12",
        "announced: `tomorrow` is not a date or time",
        "",
    ),
    (
        "2025-10-06T07:00:00-04:00",
        "20251006",
        "3:12",
        "announced: `20251006` is not a date or time",
        "",
    ),
    (
        "2025-10-06T07:00:00-04:00",
        "2025-02-30",
        "3:12",
        "announced: `2025-02-30` is not a date",
        "",
    ),
    (
        "ticker: AMD, ",
        "ticker: amd, ",
        "5:14",
        "parties[0].ticker: `amd` is not a ticker",
        "write AMD",
    ),
    (
        "ticker: AMD, ",
        "ticker: TRUE, ",
        "5:14",
        "parties[0].ticker: expected text, found the truth value `TRUE`",
        'in quotes: "TRUE"',
    ),
    (
        "ticker: AMD, ",
        "ticker: 600, ",
        "5:14",
        "parties[0].ticker: expected text, found the number `600`",
        '"600"',
    ),
    (
        "role: counterparty",
        "role: Counter Party",
        "5:25",
        "parties[0].role: `Counter Party` is not lower-case",
        "counter-party",
    ),
    ("value: 60.0e9", "value: -1", "8:10", "deal.value: the number `-1`, expected at least 0", ""),
    (
        "value: 60.0e9",
        "value: 60_000",
        "8:10",
        "deal.value: expected a number, found `60_000`",
        "write 60000",
    ),
    (
        "value: 60.0e9",
        "value: '60'",
        "8:10",
        "deal.value: expected a number, found `60`",
        "write 60",
    ),
    (
        "value: 60.0e9",
        "value: true",
        "8:10",
        "deal.value: expected a number, found the truth value `true`",
        "",
    ),
    (
        "value: 60.0e9",
        "value: .inf",
        "8:10",
        "deal.value: expected a finite number, found the number `.inf`",
        "",
    ),
    (
        "value: 60.0e9",
        "currency: usd",
        "8:13",
        "deal.currency: `usd` is not three capital letters",
        "write USD",
    ),
    (
        "value: 60.0e9",
        "currency: US DOLLARS",
        "8:13",
        "deal.currency: `US DOLLARS` is not three capital letters",
        "(an ISO 4217 code such as USD, EUR or JPY)",
    ),
    (
        "value: 60.0e9",
        "currency: 840",
        "8:13",
        "deal.currency: expected text, found the number `840`",
        "(an ISO 4217 code such as USD, EUR or JPY)",
    ),
    (
        "ticker: AMD, ",
        "ticker: AMD, exchange: nyse, ",
        "5:29",
        "parties[0].exchange: `nyse` is not four capital letters or digits (XNYS)",
        "(an ISO 10383 code such as XNYS;",
    ),
    (
        "ticker: AMD, ",
        "ticker: AMD, exchange: xnas, ",
        "5:29",
        "parties[0].exchange: `xnas` is not four capital letters or digits (XNYS)",
        "(write XNAS)",
    ),
    (
        "deal:\n  value: 60.0e9\n  financing: equity_warrant",
        "deal:",
        "7:6",
        "deal: expected a mapping",
        "leave the field out",
    ),
    (
        "gigawatts: 6",
        "gigawatts: [6]",
        "10:25",
        "attributes.gigawatts: expected a number, text, true or false, found a list of 1",
        "",
    ),
    ("gigawatts: 6", "gigawatts: .nan", "10:25", "attributes.gigawatts: expected a number", ""),
    (
        "quantity: market_cap_change",
        "quantity: market_cap_chang",
        "15:15",
        "claims[0].quantity: `market_cap_chang` is not one of return, ",
        "did you mean",
    ),
    ("value: 70.0e9", "window: [0]", "16:13", "claims[0].window[1]: expected two sessions", ""),
    (
        "value: 70.0e9",
        "window: [0, 1, 2]",
        "16:13",
        "claims[0].window: expected two sessions such as [-1, 1], found a list of 3",
        "",
    ),
    (
        "value: 70.0e9",
        "window: [0, 1.5]",
        "16:17",
        "claims[0].window[1]: expected a whole number, found the number `1.5`",
        "",
    ),
    (
        "value: 70.0e9",
        "value: 1\n    window: [2, 1]",
        "17:13",
        "claims[0].window: window [2, 1] ends before it starts",
        "",
    ),
    (
        "value: 70.0e9",
        "value: 1\n    tolerance: 1",
        "17:16",
        "claims[0].tolerance: the number `1`, expected less than 1",
        "",
    ),
    (
        "date: 2025-10-13",
        "date: 2025-13-13",
        "17:39",
        "claims[0].source.date: expected a day such as 2025-10-13, found `2025-13-13`",
        "",
    ),
    ("date: 2025-10-13", "date: 20251013", "17:39", "claims[0].source.date: expected a day", ""),
    ("tags: [openai, chips]", "tags: openai", "18:7", "tags: expected a list, found `openai`", ""),
    (
        "tags: [openai, chips]",
        "tags: [openai, 3]",
        "18:16",
        "tags[1]: expected text, found the number `3`",
        "",
    ),
    (
        "tags: [openai, chips]",
        "tags:",
        "18:6",
        "tags: expected a list, found nothing",
        "leave the field out",
    ),
    (
        "id: 2025-10-06-amd-openai",
        "id: AMD & OpenAI",
        "1:5",
        "id: `AMD & OpenAI` is not lower-case words",
        "for example amd-openai",
    ),
    (
        "title: AMD and OpenAI agree on 6 GW",
        "title: x",
        "2:8",
        "title: too short: 1 of at least 3",
        "",
    ),
    (
        "    ticker: AMD\n",
        "    ticker: NVDA\n",
        "14:13",
        "claims[0].ticker: claim `cap` is about NVDA, which is no party",
        "",
    ),
    (
        "{name: OpenAI, role: customer}",
        "{ticker: AMD, role: customer}",
        "6:14",
        "parties[1].ticker: AMD is a party already",
        "",
    ),
    (
        "{name: OpenAI, role: customer}",
        "{role: customer}",
        "6:5",
        "parties[1]: give a ticker, or a name for a party that is not listed",
        "",
    ),
    (
        "{name: OpenAI, role: customer}",
        "OpenAI",
        "6:5",
        "parties[1]: expected a mapping (`field: value`), found `OpenAI`",
        "",
    ),
    ("tags: [openai, chips]", "session: pre", "18:10", "session: `session` is for a bare date", ""),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "hint"),
    FAULTS,
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_faults_are_told_where_they_stand(
    tmp_path: Path, old: str, new: str, place: str, message: str, hint: str
) -> None:
    told = complaints(tmp_path, change(old, new))
    matching = [line for line in told if line.startswith(f"F:{place}: {message}")]
    assert matching, told
    assert hint in matching[0]


def test_pydantic_never_speaks(tmp_path: Path) -> None:
    for old, new, *_ in FAULTS:
        told = "\n".join(complaints(tmp_path, change(old, new)))
        assert "Input should" not in told
        assert "pydantic" not in told
        assert "Value error" not in told
