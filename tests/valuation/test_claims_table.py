"""The claims table: windows at the edges of the prices, and claims nobody can check."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from support.studies import panel_of

from backtest.contracts import CLAIMS
from backtest.events.table import STATEMENTS
from backtest.prices.panel import Panel
from backtest.prices.provider import SHARES
from backtest.valuation.claims_table import Located, claims_table
from backtest.valuation.shares import ShareCounts

PANEL = panel_of(
    ("X", "A"),
    close=[[1.0] * 5, [100.0, 110.0, 121.0, 60.5, 66.0]],
    high=[[1.0] * 5, [101.0, 112.0, 150.0, 125.0, 70.0]],
    low=[[1.0] * 5, [99.0, 100.0, 110.0, 60.0, 60.0]],
    open=[[1.0] * 5, [100.0, 101.0, 115.0, 121.0, 61.0]],
)
COUNTS = ShareCounts.of(
    pl.DataFrame(
        [("A", dt.date(2024, 1, 2), 10.0), ("A", dt.date(2024, 1, 4), 20.0)],
        schema=SHARES.schema(),
        orient="row",
    ),
    PANEL.tickers,
)


def _table(
    *claims: dict[str, Any], day0: int = 2, absent: dict[tuple[str, str], str] | None = None
) -> pl.DataFrame:
    made = {
        "event_id": "e",
        "claim_id": "c",
        "ticker": "A",
        "quantity": "return",
        "basis": "close",
        "start": 0,
        "end": 0,
        "value": 0.10,
        "tolerance": 0.05,
        "comparison": "about",
        "says": "it rose",
        "source": "A paper",
    }
    rows = [{**made, **claim} for claim in claims]
    statements = pl.DataFrame(rows, schema=STATEMENTS.schema())
    own = [i for i, one in enumerate(rows) if (one["event_id"], one["ticker"]) == ("e", "A")]
    return claims_table(statements, [_at(PANEL, COUNTS, own, 1, day0)], absent or {})


def _at(panel: Panel, counts: ShareCounts, claims: list[int], row: int, day0: int) -> Located:
    many = np.ones(len(claims), dtype=np.int64)
    return Located(panel, counts, np.array(claims, np.int64), row * many, day0 * many, 1.0 * many)


def _row(day0: int = 2, **claim: Any) -> dict[str, Any]:
    return _table(claim, day0=day0).row(0, named=True)


def test_a_row_of_the_table() -> None:
    row = _row()
    reason = row.pop("reason")
    assert row.pop("measured") == pytest.approx(0.10)
    assert row == {
        "event_id": "e",
        "claim_id": "c",
        "ticker": "A",
        "quantity": "return",
        "basis": "close",
        "start": 0,
        "end": 0,
        "claimed": 0.10,
        "verdict": "confirmed",
        "best_basis": "close",
        "source": "A paper",
    }
    assert reason == "+10.00% at the close, claimed +10.00%"


@pytest.mark.parametrize(
    ("quantity", "basis", "window", "expected"),
    [
        ("return", "close", (0, 1), 60.5 / 110 - 1),
        ("return", "intraday_high", (0, 2), 150 / 110 - 1),
        ("return", "intraday_low", (-1, 2), 60 / 100 - 1),
        ("return", "open", (0, 2), 115 / 110 - 1),
        ("return", "close", (-1, -1), 110 / 100 - 1),
        # The count known by the window's last session: 10 to the third day, then 20.
        ("market_cap_change", "close", (0, 0), 10 * 11),
        ("market_cap_change", "close", (0, 1), 20 * (60.5 - 110)),
        ("market_cap", "intraday_high", (0, 0), 10 * 150),
        ("market_cap", "close", (1, 2), 20 * 66),
    ],
)
def test_windows(quantity: str, basis: str, window: tuple[int, int], expected: float) -> None:
    start, end = window
    row = _row(quantity=quantity, basis=basis, start=start, end=end, value=expected)
    assert row["measured"] == pytest.approx(expected)
    assert row["verdict"] == "confirmed"


def test_claims_measured_together_keep_their_own_windows_and_order() -> None:
    windows = [(0, 0), (0, 1), (0, 0), (-1, -1), (0, 1), (1, 1)]
    claims = [
        {"claim_id": str(i), "start": start, "end": end} for i, (start, end) in enumerate(windows)
    ]
    table = _table(*claims)
    closes = PANEL.prices["close"][1]
    expected = [closes[2 + end] / closes[1 + start] - 1 for start, end in windows]
    assert table["claim_id"].to_list() == list("012345")
    assert table["measured"].to_list() == pytest.approx(expected)


BEFORE = "no close on the session before the claim's window"
OVER = "no price at the close over the claim's window"


@pytest.mark.parametrize(
    ("day0", "start", "end", "reason"),
    [
        (0, 0, 0, BEFORE),  # the first session has none before it
        (0, -3, 0, BEFORE),
        (0, 1, 1, None),
        (4, 0, 0, None),  # the last session
        (4, 0, 1, OVER),  # one day too far
        (4, 1, 1, OVER),
        (4, 3, 4, BEFORE),
        (2, -2, 2, BEFORE),
        (2, -1, 2, None),
    ],
)
def test_windows_at_the_edges_of_the_prices(
    day0: int, start: int, end: int, reason: str | None
) -> None:
    row = _row(day0=day0, start=start, end=end)
    assert (row["verdict"] == "unverifiable") == (reason is not None)
    assert (row["measured"] is None) == (reason is not None)
    if reason:
        assert row["reason"] == reason


def test_a_count_published_later_does_not_help() -> None:
    row = _row(day0=0, quantity="market_cap", value=1000.0)
    assert (row["verdict"], row["reason"]) == ("unverifiable", "no share count was known by then")


def test_a_market_value_on_the_first_session() -> None:
    row = _row(day0=1, quantity="market_cap", start=0, value=1100.0)
    assert (row["verdict"], row["measured"]) == ("confirmed", 1100.0)


def test_an_event_without_a_place_says_why() -> None:
    table = _table(
        {"event_id": "gone", "claim_id": "1"},
        {"event_id": "e", "claim_id": "2", "ticker": "B"},
        {"claim_id": "3"},
        absent={("gone", "A"): "prices end 2024-01-05"},
    )
    assert table["verdict"].to_list() == ["unverifiable", "unverifiable", "confirmed"]
    assert table["reason"].to_list()[:2] == ["prices end 2024-01-05", "no price"]
    assert table["measured"].to_list()[:2] == [None, None]


def test_prices_the_table_does_not_have() -> None:
    bare = panel_of(("A",), close=[[100.0, 110.0]])
    statements = pl.DataFrame(
        [
            ("e", basis, "A", "return", basis, 0, 0, 0.1, 0.05, "about", "it rose", "s")
            for basis in ("close", "intraday_high", "intraday_low", "open")
        ],
        schema=STATEMENTS.schema(),
        orient="row",
    )
    none = ShareCounts.of(pl.DataFrame(schema=SHARES.schema()), ("A",))
    table = claims_table(statements, [_at(bare, none, [0, 1, 2, 3], 0, 1)], {})
    assert table["verdict"].to_list() == ["confirmed"] + ["unverifiable"] * 3
    assert table["reason"][1] == "no price at the intraday high over the claim's window"


def test_no_claims() -> None:
    assert claims_table(STATEMENTS.empty(), (), {}).equals(CLAIMS.empty())
