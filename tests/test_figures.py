"""What the market did on the days everybody wrote about, from the shipped calendar and prices.

The figures are those of the brief and of the press, to the digits they were published with.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from support.cli import CALENDAR

from backtest.events.load import load_announcements
from backtest.results.result import StudyResult

ORACLE = "2025-09-09-orcl-fq1-2026-results"
AMD = "2025-10-06-amd-openai-6gw-warrant"
BROADCOM = "2025-10-13-avgo-openai-10gw"
NVIDIA = "2025-09-22-nvda-openai-100b-loi"
CUT = "2026-02-20-openai-compute-600b"
LAST_PRICE = dt.date(2026, 5, 29)

Row = dict[str, Any]


def at(frame: pl.DataFrame, **equal: object) -> Row:
    return frame.row(
        by_predicate=pl.all_horizontal(*(pl.col(k) == v for k, v in equal.items())), named=True
    )


def event_day(frame: pl.DataFrame, event: str, ticker: str) -> Row:
    return at(frame, event_id=event, ticker=ticker, alternative=False, day=0)


@pytest.mark.parametrize(
    ("event", "ticker", "day", "percent"),
    [
        (ORACLE, "ORCL", "2025-09-10", 35.95),
        (AMD, "AMD", "2025-10-06", 23.71),
        (BROADCOM, "AVGO", "2025-10-13", 9.88),
        (NVIDIA, "NVDA", "2025-09-22", 3.93),
        (CUT, "ORCL", "2026-02-20", -5.40),
        (CUT, "MSFT", "2026-02-20", -0.31),
        (CUT, "CRWV", "2026-02-20", -8.12),
    ],
)
def test_return_of_the_event_day(
    shipped: StudyResult, event: str, ticker: str, day: str, percent: float
) -> None:
    row = event_day(shipped.abnormal_returns, event, ticker)
    assert row["date"] == dt.date.fromisoformat(day)
    assert round(100 * row["return"], 2) == percent


@pytest.mark.parametrize(
    ("event", "ticker", "column", "billions"),
    [
        (ORACLE, "ORCL", "change", 243.9),
        (AMD, "AMD", "change", 63.4),
        (AMD, "AMD", "peak_change", 100.7),
    ],
)
def test_dollars_of_the_event_day(
    shipped: StudyResult, event: str, ticker: str, column: str, billions: float
) -> None:
    row = event_day(shipped.market_caps, event, ticker)
    assert round(row[column] / 1e9, 1) == billions
    assert row["currency"] == "USD"


def claim(result: StudyResult, event: str, key: str) -> Row:
    return at(result.claims, event_id=event, claim_id=key)


def test_oracle_soared_36_at_the_close_not_at_the_high(shipped: StudyResult) -> None:
    told = claim(shipped, ORACLE, "article-soared-36")
    assert (told["basis"], told["claimed"]) == ("intraday_high", 0.36)
    assert round(told["measured"], 4) == 0.4315
    assert (told["verdict"], told["best_basis"]) == ("contradicted", "close")
    assert "+35.95%" in told["reason"]


def test_oracle_never_touched_a_trillion(shipped: StudyResult) -> None:
    told = claim(shipped, ORACLE, "article-touched-a-trillion")
    assert (told["quantity"], told["claimed"]) == ("market_cap", 1e12)
    assert (told["verdict"], told["best_basis"]) == ("contradicted", None)
    assert round(told["measured"] / 1e9) == 971


def test_nearly_70_billion_fits_neither_close_nor_high(shipped: StudyResult) -> None:
    told = claim(shipped, AMD, "article-nearly-70bn")
    assert told["claimed"] == 70e9
    assert round(told["measured"] / 1e9, 1) == 63.4
    assert (told["verdict"], told["best_basis"]) == ("contradicted", None)
    assert "100.7" in told["reason"]


def test_a_claim_on_a_security_without_prices_says_what_is_missing(shipped: StudyResult) -> None:
    told = claim(shipped, "2026-04-27-openai-missed-targets-wsj", "softbank-return")
    assert (told["verdict"], told["measured"], told["best_basis"]) == ("unverifiable", None, None)
    assert told["reason"] == "not among the 12 securities of the shipped snapshot"


def test_dollars_without_a_share_count_are_left_out_with_the_reason(shipped: StudyResult) -> None:
    assert shipped.market_caps.filter(ticker="TSM").is_empty()
    left = shipped.excluded.filter(event_id=AMD, ticker="TSM")
    assert left["stage"].to_list() == ["valuation"]
    assert left["reason"].to_list() == ["no share count was known by 2025-10-06"]


def test_softbank_is_left_out_wherever_it_is_a_party(shipped: StudyResult) -> None:
    events = {
        one.id
        for one in load_announcements(CALENDAR)
        if any(party.ticker == "9984.T" for party in one.announcement.parties)
    }
    left = shipped.excluded.filter(ticker="9984.T")
    assert len(events) > 5
    assert set(left["event_id"]) == events
    assert set(left["reason"]) == {"not among the 12 securities of the shipped snapshot"}


def test_events_after_the_last_price_are_not_yet_traded(shipped: StudyResult) -> None:
    late = shipped.observations.filter(
        pl.col("session") > LAST_PRICE, ~pl.col("alternative"), pl.col("ticker") == "ORCL"
    )
    left = shipped.excluded.join(late, on=["event_id", "ticker"], how="inner")
    assert len(left) == len(late) >= 5
    wanted = [
        f"not yet traded: prices end 2026-05-29, the event reacts {day}" for day in left["session"]
    ]
    assert left["reason"].to_list() == wanted
    assert shipped.abnormal_returns.filter(pl.col("day") == 0)["date"].max() <= LAST_PRICE


def test_only_unknown_hours_have_a_second_candidate(shipped: StudyResult) -> None:
    unknown = {one.id for one in load_announcements(CALENDAR) if not one.announcement.hour_known}
    second = shipped.fits.filter("alternative")
    american = second.filter(~pl.col("ticker").str.contains(r"\."))
    assert set(american["event_id"]) <= unknown
    # All but the few that nobody could trade yet, or whose parties have no prices.
    studied = shipped.fits.filter(~pl.col("alternative"))["event_id"]
    assert set(american["event_id"]) == unknown & set(studied)
    assert len(set(american["event_id"])) >= 10
    main = shipped.fits.filter(~pl.col("alternative"))
    pairs = second.join(main, on=["event_id", "ticker", "model"], how="inner")
    assert (pairs["day0"] != pairs["day0_right"]).all()


def test_the_calendar_holds_all_announcements(shipped: StudyResult) -> None:
    assert shipped.headlines["event_id"].n_unique() == 44
    assert shipped.provenance.prices_to == "2026-05-29"


@pytest.mark.parametrize(
    ("event", "day"),
    [
        ("2026-04-27-openai-missed-targets-wsj", dt.date(2026, 4, 28)),
        ("2026-06-25-openai-ipo-delay", dt.date(2026, 6, 26)),
    ],
)
def test_news_after_the_us_close_reacts_on_the_next_session(
    shipped: StudyResult, event: str, day: dt.date
) -> None:
    row = at(shipped.observations, event_id=event, ticker="ORCL", alternative=False)
    assert row["session"] == day
