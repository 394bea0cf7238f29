"""Findings over a whole calendar, on a market that trades every weekday but one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest.errors import DataUnavailable, Problem
from backtest.events.check import check, severity
from backtest.events.exchanges import Exchange
from backtest.events.load import load_announcements
from backtest.events.sessions import SessionClock
from backtest.events.yaml_emit import emit
from backtest.spec import Window

HOLIDAY = np.datetime64("2025-11-27")


def clocks(exchange: Exchange) -> SessionClock:
    if exchange.mic == "XLON":
        raise DataUnavailable.because("no-sessions", "no sessions are known")
    days = np.arange("2025-01-01", "2026-12-31", dtype="datetime64[D]")
    days = days[np.is_busday(days, holidays=[HOLIDAY])]
    hour = 0 if exchange.mic == "XTKS" else 14
    opens = (days + np.timedelta64(hour, "h")).astype("datetime64[ns]")
    return SessionClock(exchange, days, opens, opens + np.timedelta64(6, "h"))


MISSPELT = {"ticker": "AMD", "role": "isuer"}
SOURCE = {"title": "A page", "publisher": "A paper"}


def event(key: str, announced: str, *tickers: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "title": f"The deal {key}",
        "announced": dt.date.fromisoformat(announced),
        "session": "intraday",
        "parties": [{"ticker": ticker, "role": "issuer"} for ticker in tickers],
        "sources": [SOURCE],
        **more,
    }


class Calendar:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self, *events: dict[str, Any], **options: Any) -> list[Problem]:
        for number, fields in enumerate(events):
            (self.folder / f"{number}.yaml").write_text(emit(fields))
        return check(load_announcements(self.folder), clocks, **options)

    def told(self, *events: dict[str, Any], **options: Any) -> list[str]:
        found = self.check(*events, **options)
        return [f"{problem.code} {problem}".replace(f"{self.folder}/", "") for problem in found]


@pytest.fixture
def calendar(tmp_path: Path) -> Calendar:
    return Calendar(tmp_path)


def test_a_clean_calendar_has_no_findings(calendar: Calendar) -> None:
    events = (event("a", "2025-03-03", "ORCL"), event("b", "2025-06-02", "ORCL"))
    assert calendar.told(*events, known_tickers={"ORCL"}) == []


@pytest.mark.parametrize(("sessions", "overlaps"), [(20, True), (21, False)])
def test_windows_overlap_up_to_their_length(
    calendar: Calendar, sessions: int, overlaps: bool
) -> None:
    """Windows of ±10 sessions touch when the event days are 20 sessions apart or fewer."""
    other = str(np.busday_offset("2025-03-03", sessions))
    found = calendar.told(
        event("a", "2025-03-03", "ORCL", "AMD"), event("b", other, "ORCL", "NVDA")
    )
    expected = "overlapping-windows 1.yaml:1:1: its event window -10:10 overlaps that of a (ORCL)"
    assert found == ([expected] if overlaps else [])


def test_a_narrower_window_overlaps_less(calendar: Calendar) -> None:
    events = (event("a", "2025-03-03", "ORCL"), event("b", "2025-03-06", "ORCL"))
    assert calendar.check(*events, window=Window(-1, 1)) == []
    assert len(calendar.check(*events, window=Window(-1, 2))) == 1


def test_many_overlaps_are_one_finding(calendar: Calendar) -> None:
    days = ("2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06", "2025-03-07")
    found = calendar.told(*(event(f"e{day[-1]}", day, "ORCL") for day in days))
    assert len(found) == 4
    assert found[-1].endswith("overlaps that of e4 (ORCL), e5 (ORCL), e6 (ORCL) and 1 more")


def test_confounders_inside_the_window(calendar: Calendar) -> None:
    confounders = [
        {"date": dt.date(2025, 2, 14), "what": "eleven sessions before"},
        {"date": dt.date(2025, 2, 17), "what": "ten sessions before"},
        {"date": dt.date(2025, 3, 4), "what": "about somebody else", "tickers": ["MSFT"]},
        {"date": dt.date(2025, 3, 16), "what": "a Sunday, the tenth session after"},
        {"date": dt.date(2025, 3, 18), "what": "eleven sessions after"},
    ]
    (told,) = calendar.told(event("a", "2025-03-03", "ORCL", confounders=confounders))
    assert told.startswith("confounder-in-window 0.yaml:")
    assert "confounders[1]: other news within the event window -10:10" in told
    assert told.endswith(
        "2025-02-17 ten sessions before, 2025-03-16 a Sunday, the tenth session after"
    )


@pytest.mark.parametrize(
    ("day", "why"), [("2025-03-08", "a weekend"), ("2025-11-27", "a holiday"), ("2025-11-28", "")]
)
def test_days_without_a_session_are_noted(calendar: Calendar, day: str, why: str) -> None:
    found = calendar.check(event("a", day, "ORCL"))
    assert [problem.message for problem in found] == (
        [f"{day} is {why} at XNYS; the next session reacts"] if why else []
    )
    assert all(severity(problem) == "note" for problem in found)


def test_missing_sources(calendar: Calendar) -> None:
    claim = {
        "id": "c",
        "says": "rose",
        "ticker": "ORCL",
        "quantity": "return",
        "value": 0.3,
        "source": {"title": "Somewhere"},
    }
    found = calendar.check(
        event("a", "2025-03-03", "ORCL", sources=[]),
        event("b", "2025-06-02", "ORCL", claims=[claim]),
    )
    assert [(problem.code, problem.field) for problem in found] == [
        ("missing-source", None),
        ("missing-source", "claims[0].source"),
    ]
    line = (calendar.folder / "1.yaml").read_text().splitlines()[found[1].where.line - 1]  # type: ignore[union-attr]
    assert line.strip().startswith(("source:", "title: Somewhere"))


def test_unknown_tickers_are_told_once_with_their_place(calendar: Calendar) -> None:
    found = calendar.told(
        event("a", "2025-03-03", "ORCL", "NVDIA"),
        event("b", "2025-06-02", "NVDIA"),
        event("c", "2025-09-01", "ZZZ"),
        known_tickers={"ORCL", "NVDA"},
    )
    assert len(found) == 2
    assert "no prices for NVDIA (2 announcements name it)" in found[0]
    assert "did you mean `NVDA`?" in found[0]
    assert "0.yaml:7:14: parties[1].ticker" in found[0]
    assert "`backtest prices pull ZZZ`" in found[1]


def test_a_party_without_sessions(calendar: Calendar) -> None:
    told = "\n".join(calendar.told(event("a", "2025-03-03", "VOD.L", "X.NOWHERE")))
    assert (
        "no-reaction-session 0.yaml:6:14: parties[0].ticker: VOD.L has no reaction session" in told
    )
    assert "X.NOWHERE has no reaction session" in told


def test_a_session_is_told_in_the_day_of_the_first_party(calendar: Calendar) -> None:
    """Before the open in New York is after the close in Tokyo: the next day there."""
    us_first = event("a", "2025-03-03", "ORCL", "9984.T", session="pre")
    tokyo_first = event("b", "2025-04-01", "9984.T", session="pre")
    clash = calendar.told(us_first, tokyo_first, window=Window(0, 20))
    assert len(clash) == 1
    assert calendar.told(us_first, tokyo_first, window=Window(0, 19)) == []


def test_beyond_the_last_session_known(calendar: Calendar) -> None:
    (told,) = calendar.told(event("a", "2030-03-04", "ORCL"))
    assert "ORCL has no reaction session: announced after 2026-12-30" in told


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"tags": ["chip"]}, "tags[0]", "did you mean `chips`?"),
        ({"deal": {"financing": "debts"}}, "deal.financing", "did you mean `debt`?"),
        ({"parties": [MISSPELT]}, "parties[0].role", "did you mean `issuer`?"),
    ],
)
def test_a_word_used_once_that_looks_like_a_common_one(
    calendar: Calendar, change: dict[str, Any], field: str, hint: str
) -> None:
    common = {"tags": ["chips"], "deal": {"financing": "debt"}}
    events = [event(f"e{month}", f"2025-0{month}-03", "AMD", **common) for month in (1, 3, 4, 7)]
    events.append(event("e9", "2025-09-03", "AMD", **{**common, **change}))
    (problem,) = calendar.check(*events)
    assert (problem.code, problem.field, problem.hint) == ("rare-word", field, hint)
    assert severity(problem) == "warning"


def test_a_new_word_is_no_slip(calendar: Calendar) -> None:
    events = [
        event(f"e{month}", f"2025-0{month}-03", "AMD", tags=["chips"]) for month in (1, 3, 4, 7)
    ]
    assert calendar.check(*events, event("e9", "2025-09-03", "AMD", tags=["energy"])) == []


def test_a_changed_file_still_has_a_place(calendar: Calendar) -> None:
    (calendar.folder / "0.yaml").write_text(emit(event("a", "2025-03-03", "ORCL", sources=[])))
    loaded = load_announcements(calendar.folder)
    (calendar.folder / "0.yaml").unlink()
    (problem,) = check(loaded, clocks)
    assert problem.where == loaded[0].location


def test_files_with_several_announcements(calendar: Calendar) -> None:
    (calendar.folder / "list.yaml").write_text(
        "- {id: a, title: One, announced: 2025-03-03, session: pre,\n"
        "   parties: [{ticker: ORCL, role: issuer}]}\n"
        "- {id: b, title: Two, announced: 2025-06-02, session: pre,\n"
        "   parties: [{ticker: ORCL, role: issuer}]}\n"
    )
    found = check(load_announcements(calendar.folder), clocks)
    assert [problem.where.line for problem in found if problem.where] == [1, 3]
