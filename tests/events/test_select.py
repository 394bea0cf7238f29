"""Filters and selection words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from backtest.errors import BadUsage, Location
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.schema import Announcement
from backtest.events.select import Filters, select, the_one


def made(
    key: str, announced: str, parties: dict[str, str], *tags: str, **more: Any
) -> LoadedAnnouncement:
    event = Announcement.model_validate(
        {
            "id": key,
            "title": f"The deal {key}",
            "announced": announced,
            "parties": [{"ticker": ticker, "role": role} for ticker, role in parties.items()],
            "tags": tags,
            **more,
        }
    )
    return LoadedAnnouncement(event, Location(Path(f"{key}.yaml"), 1))


RESULTS = made(
    "orcl-results",
    "2025-09-09T22:30:00-04:00",
    {"ORCL": "issuer", "NVDA": "supplier"},
    "results",
)
GPUS = made(
    "amd-openai", "2025-10-06", {"AMD": "counterparty", "NVDA": "competitor"}, "openai", "chips"
)
ACCELERATORS = made(
    "avgo-openai", "2025-10-13", {"AVGO": "counterparty"}, "openai", "chips", notes="Ten GIGAWATTS"
)
CALENDAR = [RESULTS, GPUS, ACCELERATORS]


def ids(**wanted: Any) -> list[str]:
    return [item.id for item in CALENDAR if Filters(**wanted).accept(item)]


def test_no_filter_takes_all() -> None:
    assert ids() == ["orcl-results", "amd-openai", "avgo-openai"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"tags": ("chips",)}, ["amd-openai", "avgo-openai"]),
        ({"tags": ("results", "chips")}, ["orcl-results", "amd-openai", "avgo-openai"]),
        ({"tickers": ("NVDA",)}, ["orcl-results", "amd-openai"]),
        ({"roles": ("counterparty",)}, ["amd-openai", "avgo-openai"]),
        ({"tickers": ("NVDA",), "roles": ("competitor",)}, ["amd-openai"]),
        ({"tickers": ("NVDA",), "roles": ("counterparty",)}, []),
        ({"tags": ("chips",), "tickers": ("AVGO",)}, ["avgo-openai"]),
        ({"since": dt.date(2025, 10, 6)}, ["amd-openai", "avgo-openai"]),
        ({"until": dt.date(2025, 10, 6)}, ["orcl-results", "amd-openai"]),
        ({"since": dt.date(2025, 9, 9), "until": dt.date(2025, 9, 9)}, ["orcl-results"]),
        ({"text": "gigawatts"}, ["avgo-openai"]),
        ({"text": "DEAL AMD"}, ["amd-openai"]),
        ({"text": "parties"}, []),
    ],
)
def test_filters(wanted: dict[str, Any], found: list[str]) -> None:
    assert ids(**wanted) == found


def test_a_range_that_ends_before_it_starts() -> None:
    with pytest.raises(BadUsage, match="--since 2025-10-02 is after --until 2025-10-01"):
        Filters(since=dt.date(2025, 10, 2), until=dt.date(2025, 10, 1))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["orcl-results", "amd-openai", "avgo-openai"]),
        (["amd-openai"], ["amd-openai"]),
        (["*-openai"], ["amd-openai", "avgo-openai"]),
        (["avgo-openai", "orcl-*"], ["orcl-results", "avgo-openai"]),
        (["tag:chips"], ["amd-openai", "avgo-openai"]),
        (["ticker:NVDA"], ["orcl-results", "amd-openai"]),
        (["role:issuer", "ticker:AV*"], ["orcl-results", "avgo-openai"]),
    ],
)
def test_selection_words(words: list[str], found: list[str]) -> None:
    assert [item.id for item in select(CALENDAR, words)] == found


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("amd-opnai", "no announcement is called `amd-opnai`", "did you mean `amd-openai`?"),
        ("results", "no announcement is called `results`", "did you mean `orcl-results`?"),
        ("tag:chip", "no announcement has the tag `chip`", "did you mean `chips`?"),
        ("ticker:NVDIA", "no announcement has the ticker `NVDIA`", "did you mean `NVDA`?"),
        ("role:zzz", "no announcement has the role `zzz`", "there are: competitor, counterparty"),
        ("tags:chips", "`tags:` is no kind of selection", "did you mean `tag`?"),
    ],
)
def test_words_that_name_nothing(word: str, message: str, hint: str) -> None:
    with pytest.raises(BadUsage) as caught:
        select(CALENDAR, [word])
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert hint in (problem.hint or "")


def test_all_unknown_words_at_once() -> None:
    with pytest.raises(BadUsage) as caught:
        select(CALENDAR, ["amd-openai", "nothing", "tag:nothing"])
    assert len(caught.value.problems) == 2


def test_a_large_calendar_is_not_listed() -> None:
    many = [made(f"event-{i}", "2025-10-06", {"AMD": "issuer"}) for i in range(100)]
    with pytest.raises(BadUsage) as caught:
        select(many, ["zzzzzz"])
    assert caught.value.problems[0].hint == "see `backtest events list`"


IDS = ("2025-10-06-amd", "2025-10-07-amd", "2025-10-07-amd-more", "x" * 40)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("2025-10-07-amd", "2025-10-07-amd"),
        ("2025-10-07-amd-", "2025-10-07-amd-more"),
        ("*-06-*", "2025-10-06-amd"),
        ("x", "x" * 40),
    ],
)
def test_the_one_event_that_is_meant(word: str, found: str) -> None:
    assert the_one(IDS, word) == found


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("2025", "`2025` names 3 announcements: 2025-10-06-amd, 2025-10-07-amd, 2025-10-07-amd-m"),
        ("2025-10-06-adm", "did you mean `2025-10-06-amd`?"),
        ("MORE", "did you mean `2025-10-07-amd-more`?"),
        ("", "there are: 2025-10-06-amd, "),
    ],
)
def test_no_event_or_several(word: str, said: str) -> None:
    with pytest.raises(BadUsage) as caught:
        the_one(IDS, word)
    assert said in str(caught.value)
