"""Who can be placed in the panels, and what is said of the others."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from support.studies import panel_of

from backtest.contracts import EXCLUDED
from backtest.events.table import OBSERVATIONS
from backtest.results.markets import Market, Markets
from backtest.results.place import SECOND, absent, located, place
from backtest.valuation.shares import ShareCounts

NAN = float("nan")


@pytest.fixture
def markets() -> Markets:
    """Ten days from 1 January 2024; LATE is listed on the fourth, GONE ends on the sixth."""
    whole = [100.0 + day for day in range(10)]
    panel = panel_of(
        ("SPY", "FULL", "LATE", "GONE", "VOID"),
        close=[
            whole,
            whole,
            [NAN] * 3 + whole[3:],
            whole[:6] + [NAN] * 4,
            [NAN] * 10,
        ],
    )
    market = Market("XNYS", panel, panel.sessions, 0, ShareCounts.none())
    missing = {"LOST": "not in the table"}
    return Markets({"XNYS": market}, missing, (), "a table", dt.date(2024, 1, 10))


def observed(*rows: tuple[str, str, int, bool], currency: str = "USD") -> pl.DataFrame:
    """Return observations from (event, ticker, day of January 2024, second candidate)."""
    return pl.DataFrame(
        [
            {
                "event_id": event,
                "ticker": ticker,
                "alternative": second,
                "session": dt.date(2024, 1, 1) + dt.timedelta(day - 1),
                "exchange": "XNYS",
                "currency": currency,
                "role": None,
                "deal_value": None,
            }
            for event, ticker, day, second in rows
        ],
        schema=OBSERVATIONS.schema(),
        orient="row",
    )


@pytest.mark.parametrize(
    ("ticker", "day", "why"),
    [
        ("LATE", 3, "prices start 2024-01-04, the event reacts 2024-01-03"),
        ("GONE", 7, "not yet traded: prices end 2024-01-06, the event reacts 2024-01-07"),
        ("FULL", 20, "not yet traded: prices end 2024-01-10, the event reacts 2024-01-20"),
        ("VOID", 5, "no usable price"),
        ("LOST", 5, "not in the table"),
        ("NEW", 5, "the price source has no such ticker"),
    ],
)
def test_who_cannot_be_placed_is_told_why(
    markets: Markets, ticker: str, day: int, why: str
) -> None:
    placed, excluded = place(observed(("e", ticker, day, False)), markets)
    assert [len(one.rows) for one in placed] == [0]
    assert excluded.rows() == [("e", ticker, "prices", why)]


@pytest.mark.parametrize(("ticker", "day"), [("FULL", 1), ("FULL", 10), ("LATE", 4), ("GONE", 6)])
def test_the_first_and_last_price_are_enough(markets: Markets, ticker: str, day: int) -> None:
    (placed,), excluded = place(observed(("e", ticker, day, False)), markets)
    assert placed.day0.tolist() == [day - 1]
    assert placed.rows.tolist() == [markets.by_exchange["XNYS"].panel.tickers.index(ticker)]
    assert excluded.is_empty()


def test_a_second_candidate_is_named_only_where_the_main_session_is_studied(
    markets: Markets,
) -> None:
    rows = observed(
        ("both", "FULL", 20, False),
        ("both", "FULL", 21, True),
        ("one", "GONE", 6, False),
        ("one", "GONE", 7, True),
    )
    (placed,), excluded = place(rows, markets)
    assert placed.observations.select("event_id", "alternative").rows() == [("one", False)]
    assert [(row[0], row[3].startswith(SECOND)) for row in excluded.rows()] == [
        ("both", False),
        ("one", True),
    ]
    # A claim stands on the main session: only the first of the two has no price for it.
    assert list(absent(excluded)) == [("both", "FULL")]


def test_claims_are_located_on_the_main_session(markets: Markets) -> None:
    rows = observed(("e", "FULL", 5, False), ("e", "FULL", 6, True), ("f", "FULL", 7, False))
    placed, _ = place(rows, markets)
    wanted = pl.DataFrame({"event_id": ["e", "e", "g"], "ticker": ["FULL", "FULL", "FULL"]})
    (found,) = located(placed, wanted)
    assert found.claims.tolist() == [0, 1]
    assert found.rows.tolist() == [1, 1]
    assert found.day0.tolist() == [4, 4]
    assert found.unit.tolist() == [1.0, 1.0]


def test_observations_are_taken_by_mask(markets: Markets) -> None:
    rows = observed(*((f"e{day}", "FULL", day, False) for day in range(1, 9)))
    (placed,), _ = place(rows, markets)
    some = placed.take(np.arange(8) % 3 == 0)
    assert some.observations["event_id"].to_list() == ["e1", "e4", "e7"]
    assert some.day0.tolist() == [0, 3, 6]
    assert placed.take(np.ones(8, dtype=bool)).day0.tolist() == placed.day0.tolist()


def test_absence_is_told_from_sessions_and_prices_only() -> None:
    rows = [("e", "A", stage, f"by {stage}") for stage in ("sessions", "estimation", "valuation")]
    frame = pl.DataFrame(rows, schema=EXCLUDED.schema(), orient="row")
    assert absent(frame) == {("e", "A"): "by sessions"}
