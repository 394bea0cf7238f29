"""From announcements and bulk rows to observations, groups, claims and headlines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from backtest.errors import BadUsage
from backtest.events.bulk import read_bulk
from backtest.events.schema import Announcement
from backtest.events.table import EventTable
from backtest.events.tabulate import tabulate
from backtest.events.tabulate_bulk import tabulate_bulk
from backtest.inputs import Clocks

DEAL: dict[str, Any] = {
    "id": "a-deal",
    "title": "A deal in the morning",
    "announced": dt.date(2025, 10, 6),
    "session": "pre",
    "parties": [
        {"ticker": "AMD", "role": "counterparty", "attributes": {"size": "large"}},
        {"name": "OpenAI", "role": "customer"},
        {"ticker": "9984.T", "role": "investor"},
    ],
    "deal": {"value": 5.0e9, "financing": "debt"},
    "attributes": {"size": "small", "year": 2025},
    "tags": ["chips", "core"],
    "claims": [
        {
            "id": "rose",
            "says": "rose a quarter",
            "ticker": "AMD",
            "quantity": "return",
            "window": [0, 1],
            "value": 0.25,
            "source": {"title": "Up", "publisher": "Wire", "date": dt.date(2025, 10, 7)},
        }
    ],
}


@pytest.fixture
def clocks(warm: Path) -> Clocks:
    return Clocks(warm)


def event(**changed: Any) -> Announcement:
    return Announcement.model_validate({**DEAL, **changed})


def groups(table: EventTable, ticker: str) -> list[str]:
    return table.memberships.filter(ticker=ticker)["group"].to_list()


def test_every_listed_party_is_an_observation(clocks: Clocks) -> None:
    table = tabulate([event()], clocks)
    assert table.observations.rows(named=True) == [
        {
            "event_id": "a-deal",
            "ticker": ticker,
            "alternative": False,
            "session": session,
            "exchange": exchange,
            "currency": currency,
            "role": role,
            # The deal is in dollars, and nothing is converted.
            "deal_value": 5.0e9 if currency == "USD" else None,
        }
        for ticker, session, exchange, currency, role in (
            ("AMD", dt.date(2025, 10, 6), "XNYS", "USD", "counterparty"),
            # Before New York's open on Monday, Tokyo had closed: it reacts on Tuesday.
            ("9984.T", dt.date(2025, 10, 7), "XTKS", "JPY", "investor"),
        )
    ]
    assert table.excluded.is_empty()


def test_an_unknown_hour_has_two_candidates(clocks: Clocks) -> None:
    american = DEAL["parties"][:2]
    table = tabulate([event(session=None, parties=american)], clocks)
    rows = table.observations.select("ticker", "session", "alternative").rows()
    assert rows == [
        ("AMD", dt.date(2025, 10, 6), False),
        ("AMD", dt.date(2025, 10, 7), True),
    ]
    assert len(table.memberships.filter(ticker="AMD")) == 3
    late = event(session=None, probable_session="post", parties=american)
    assert tabulate([late], clocks).observations["session"].to_list() == [
        dt.date(2025, 10, 7),
        dt.date(2025, 10, 6),
    ]


def test_groups_are_tags_and_roles_unless_others_are_asked_for(clocks: Clocks) -> None:
    table = tabulate([event()], clocks)
    assert groups(table, "AMD") == ["tag:chips", "tag:core", "role:counterparty"]
    assert groups(table, "9984.T") == ["tag:chips", "tag:core", "role:investor"]
    other = tabulate([event()], clocks, ("financing", "size", "year", "binding"))
    # A party's own attribute goes before that of the announcement.
    assert groups(other, "AMD") == ["financing:debt", "size:large", "year:2025"]
    assert groups(other, "9984.T") == ["financing:debt", "size:small", "year:2025"]


def test_unknown_groupings_are_told_at_once(clocks: Clocks) -> None:
    with pytest.raises(BadUsage) as refused:
        tabulate([event()], clocks, ("tag", "sise", "colour"))
    told = [str(problem) for problem in refused.value.problems]
    assert len(told) == 2
    assert "did you mean `size`?" in told[0]
    assert "there are: binding, financing, role, size, tag, year" in told[1]


def test_claims_and_headlines_carry_over(clocks: Clocks) -> None:
    table = tabulate([event()], clocks)
    (claim,) = table.statements.rows(named=True)
    assert claim == {
        "event_id": "a-deal",
        "claim_id": "rose",
        "ticker": "AMD",
        "quantity": "return",
        "basis": "close",
        "start": 0,
        "end": 1,
        "value": 0.25,
        "tolerance": 0.05,
        "comparison": "about",
        "says": "rose a quarter",
        "source": "Wire, Up, 2025-10-07",
    }
    (headline,) = table.headlines.rows(named=True)
    assert headline["title"] == "A deal in the morning"
    assert headline["reaction"] == (
        "announced Mon 6 Oct 2025, before the open → reacts Mon 6 Oct 2025; "
        "9984.T reacts Tue 7 Oct 2025"
    )


def test_a_party_without_a_session_is_left_out_alone(clocks: Clocks) -> None:
    parties = [*DEAL["parties"], {"ticker": "BTC-USD", "role": "peer"}]
    table = tabulate([event(parties=parties)], clocks)
    assert len(table.observations) == 2
    (left,) = table.excluded.rows(named=True)
    assert (left["ticker"], left["stage"]) == ("BTC-USD", "sessions")
    assert "trades around the clock" in left["reason"]
    future = tabulate([event(announced=dt.date(2093, 1, 1), parties=DEAL["parties"][:1])], clocks)
    assert future.observations.is_empty()
    assert "the last session known of XNYS" in future.excluded["reason"].item()


def test_an_announcement_without_listed_parties_is_a_headline_only(clocks: Clocks) -> None:
    private = event(parties=[{"name": "OpenAI", "role": "subject"}], claims=[])
    table = tabulate([private], clocks)
    assert table.observations.is_empty()
    assert table.excluded.is_empty()
    assert table.headlines["reaction"].to_list() == [""]


def test_no_announcements_make_empty_tables(clocks: Clocks) -> None:
    table = tabulate([], clocks)
    for frame in (table.observations, table.memberships, table.statements, table.headlines):
        assert frame.is_empty()


def bulk(path: Path, clocks: Clocks, text: str, group_by: tuple[str, ...] = ()) -> EventTable:
    path.write_text(text)
    return tabulate_bulk(read_bulk(path, clocks), group_by)


def test_bulk_rows_are_observations_in_their_order(tmp_path: Path, clocks: Clocks) -> None:
    table = bulk(
        tmp_path / "e.csv",
        clocks,
        "event_id,ticker,date,group,role,deal_value,title\n"
        "b,9984.T,2025-10-07,x,investor,1e9,Second\n"
        "a,AMD,2025-10-06,,issuer,,\n"
        "c,AMD,2025-10-08,y,,inf,Third\n",
    )
    columns = ("event_id", "ticker", "exchange", "currency", "role", "deal_value")
    assert table.observations.select(columns).rows() == [
        ("b", "9984.T", "XTKS", "JPY", "investor", 1e9),
        ("a", "AMD", "XNYS", "USD", "issuer", None),
        ("c", "AMD", "XNYS", "USD", None, None),
    ]
    assert table.memberships.rows() == [("b", "9984.T", "group:x"), ("c", "AMD", "group:y")]
    assert table.headlines["title"].to_list() == ["Second", "a", "Third"]
    assert table.headlines["reaction"].to_list()[0] == "reacts 2025-10-07"
    assert table.statements.is_empty()


def test_bulk_columns_group_the_samples(tmp_path: Path, clocks: Clocks) -> None:
    text = "event_id,ticker,date,size\na,AMD,2025-10-06,1\nb,AMD,2025-10-07,2\n"
    plain = bulk(tmp_path / "e.csv", clocks, text)
    assert plain.memberships.is_empty()
    sized = bulk(tmp_path / "e.csv", clocks, text, ("size",))
    assert sized.memberships["group"].to_list() == ["size:1", "size:2"]
    with pytest.raises(BadUsage, match="there are: group, size"):
        bulk(tmp_path / "e.csv", clocks, text, ("sise",))


def test_both_candidates_of_a_bulk_row_are_kept(tmp_path: Path, clocks: Clocks) -> None:
    table = bulk(
        tmp_path / "e.csv", clocks, "event_id,ticker,announced,group\na,AMD,2025-10-06,x\n"
    )
    assert table.observations.select("session", "alternative").rows() == [
        (dt.date(2025, 10, 6), False),
        (dt.date(2025, 10, 7), True),
    ]
    assert table.memberships.rows() == [("a", "AMD", "group:x")]
    assert table.headlines.height == 1
    assert table.observations.schema["session"] == pl.Date
