"""The coverage receipt adds up and warns where prices are of survivors."""

from __future__ import annotations

import datetime as dt

import polars as pl

from backtest.report.html.receipt import receipt
from backtest.results.result import StudyResult
from backtest.results.survivors import survivorship

END = dt.date(2026, 5, 29)


def test_the_shipped_calendar_adds_up(shipped: StudyResult) -> None:
    found = receipt(shipped, "snapshot", {"ORCL": END}, END)
    assert found.asked_events == 44
    assert found.studied_events == shipped.fits["event_id"].n_unique() == 36
    assert found.studied_pairs == 143
    lost = shipped.excluded.filter(pl.col("stage") != "valuation").select("event_id", "ticker")
    unstudied = set(lost.rows()) - set(shipped.cars.select("event_id", "ticker").rows())
    assert found.lost_pairs == len(unstudied)
    assert sum(one.events for one in found.securities) == found.studied_pairs
    assert {one.ticker: one.last for one in found.securities}["ORCL"] == END
    assert found.survivors is not None
    assert len(found.unstudied) == 8
    assert "not yet traded" in found.unstudied["2026-10-08-openai-arr-50b-ft"]


def test_a_table_in_which_nobody_ends_lists_survivors() -> None:
    ends = [END] * 30
    warning = survivorship("files", ends, END)
    assert warning is not None
    assert "All 30 securities" in warning
    assert survivorship("files", [*ends, dt.date(2025, 1, 31)], END) is None
    assert survivorship("files", ends[:5], END) is None
    assert survivorship("files", [], None) is None
    assert survivorship("yahoo", [], None) is not None
