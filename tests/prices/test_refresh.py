"""The store and the real client together, the server standing in for Yahoo."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from yahoo_server import TOO_MANY, Security, YahooServer

from backtest.errors import RateLimited
from backtest.prices.refresh import (
    OVERLAP,
    covers,
    last_finished_weekday,
    refresh,
    shares_due,
)
from backtest.prices.store import Held, PriceStore

Listed = Callable[..., Security]
Make = Callable[..., Any]
LATER = dt.datetime(2025, 11, 10, 12, tzinfo=dt.UTC)
WEEK = [dt.date(2025, 11, day) for day in (3, 4, 5, 6, 7)]


def a_week_later(security: Security, first_close: float = 145.0) -> None:
    security.days += WEEK
    security.closes += [first_close + place for place in range(5)]


def stored(store: PriceStore, ticker: str = "ORCL") -> Held:
    held = store.read(ticker)
    assert held is not None
    return held


def first_asked(query: dict[str, str]) -> dt.date:
    return dt.datetime.fromtimestamp(int(query["period1"]), dt.UTC).date()


def test_the_first_time_everything_is_fetched(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    result = refresh(store, make(), "ORCL", now)
    held = stored(store)
    assert (result.state, result.notes) == ("new", ())
    assert held.bars["close"].to_list() == oracle.closes
    assert held.shares["shares"].to_list() == [1000.0, 1010.0]
    record = held.record
    assert (record.first, record.last, record.rows) == (oracle.days[0], oracle.days[-1], 45)
    assert (record.currency, record.provider, record.asked_from) == ("USD", "yahoo", None)
    assert record.retrieved_at == now


def test_later_only_the_last_year_is_asked_for(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    """A year of sessions shows what changed meanwhile; those before it are not asked for again."""
    long = listed(sessions=45)
    before = [long.days[0] - dt.timedelta(days=n) for n in range(500, 0, -1)]
    long.days = [day for day in before if day.weekday() < 5] + long.days
    long.closes = [100.0 + place for place in range(len(long.days))]
    yahoo.securities["ORCL"] = long
    refresh(store, make(), "ORCL", now)
    year = long.days[-OVERLAP]
    a_week_later(long)
    yahoo.requests.clear()
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert result.state == "extended"
    assert stored(store).bars["close"].to_list() == long.closes
    (chart,) = yahoo.asked("chart")
    assert first_asked(chart) == year - dt.timedelta(days=1)
    assert yahoo.asked("timeseries") == []


def test_share_counts_are_asked_for_once_a_week(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    a_week_later(oracle)
    oracle.shares.append((WEEK[0], 1020.0))
    at = now + dt.timedelta(days=8)
    refresh(store, make(at=at), "ORCL", at)
    assert stored(store).shares["shares"].to_list() == [1000.0, 1010.0, 1020.0]


def test_a_new_dividend_needs_no_refetch(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    a_week_later(oracle)
    oracle.dividends = {WEEK[2]: 14.6}  # a tenth of the close before, 146
    yahoo.requests.clear()
    refresh(store, make(at=LATER), "ORCL", LATER)
    bars = stored(store).bars.sort("date")
    assert len(yahoo.asked("chart")) == 1
    assert bars["adj_close"][0] == pytest.approx(90.0)
    assert bars["adj_close"][-1] == 149.0
    assert bars["close"][0] == 100.0


def test_a_split_changes_the_past_and_fetches_it_anew(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    oracle.closes = [float(close or 0) / 2 for close in oracle.closes]
    a_week_later(oracle, 72.5)
    oracle.splits = {WEEK[0]: (2, 1)}
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert result.state == "revised"
    assert result.notes[0] == (
        "ORCL: Yahoo Finance has changed the past (split 2 for 1 on 2025-11-03); fetched anew"
    )
    assert stored(store).bars.sort("date")["close"].to_list() == oracle.closes
    # What was reported stays as reported; the actions put it on the new basis when it is read.
    assert stored(store).shares["shares"].to_list() == [1000.0, 1010.0]


@pytest.mark.parametrize("change", ["corrected", "gone"])
def test_a_corrected_past_is_fetched_anew(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime, change: str
) -> None:
    refresh(store, make(), "ORCL", now)
    if change == "corrected":
        oracle.closes[-2] = 143.5
        why = "close of 2025-10-30 was 143, is 143.5"
    else:
        del oracle.days[-2], oracle.closes[-2]
        why = "2025-10-30 is gone"
    result = refresh(store, make(), "ORCL", now)
    assert result.state == "revised"
    assert result.notes[0].startswith(f"ORCL: Yahoo Finance has changed the past ({why})")
    assert stored(store).bars.sort("date")["close"].to_list() == oracle.closes


def test_a_security_that_vanished_keeps_its_past(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    del yahoo.securities["ORCL"]
    result = refresh(store, make(at=LATER), "ORCL", LATER)
    assert result.state == "unchanged"
    assert result.notes[0].startswith("ORCL: nothing after 2025-10-31 (Yahoo Finance has nothing")
    assert stored(store).bars.height == 45


def test_a_damaged_earlier_version_is_said_to_go(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    first = refresh(store, make(), "ORCL", now).record
    oracle.closes = [float(close or 0) * 1.1 for close in oracle.closes]
    assert refresh(store, make(), "ORCL", now).state == "revised"
    assert first is not None
    (store.folder / str(first.file_of("bars"))).write_bytes(b"PAR1")
    notes = refresh(store, make(), "ORCL", now).notes
    assert notes[-1].startswith("ORCL: the version of ")
    assert notes[-1].endswith(" was damaged and could not be kept")
    assert not store.verify()


def test_a_damaged_file_is_said_and_fetched_anew(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    record = refresh(store, make(), "ORCL", now).record
    assert record is not None
    (store.folder / str(record.file_of("bars"))).write_bytes(b"PAR1")
    result = refresh(store, make(), "ORCL", now)
    assert "its stored file was damaged" in result.notes[0]
    assert store.verify() == []


def test_a_start_before_what_was_asked_for_fetches_more(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now, dt.date(2025, 10, 1))
    assert stored(store).record.first == dt.date(2025, 10, 1)
    assert not covers(stored(store).record, dt.date(2025, 9, 15), None, now)
    refresh(store, make(), "ORCL", now, dt.date(2025, 9, 15))
    assert stored(store).record.first == dt.date(2025, 9, 15)
    refresh(store, make(), "ORCL", now, dt.date(2025, 10, 1))
    assert stored(store).record.first == dt.date(2025, 9, 15)


def test_the_last_count_before_the_start_is_kept(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now, dt.date(2025, 10, 20))
    assert stored(store).shares["known_from"].to_list() == [oracle.days[0], oracle.days[20]]


def test_refused_while_asking_for_share_counts_keeps_the_bars(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    yahoo.faults_for_good["shares"] = TOO_MANY
    with pytest.raises(RateLimited):
        refresh(store, make(), "ORCL", now)
    assert stored(store).bars.height == 45
    assert stored(store).record.shares_at is None
    yahoo.faults_for_good.clear()
    refresh(store, make(), "ORCL", now)
    assert stored(store).shares.height == 2


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-11-03T00:00", "2025-10-31"),  # Monday → Friday
        ("2025-11-02T12:00", "2025-10-31"),  # Sunday
        ("2025-11-01T12:00", "2025-10-31"),  # Saturday
        ("2025-11-04T23:59", "2025-11-03"),
    ],
)
def test_the_last_weekday_that_is_over(moment: str, expected: str) -> None:
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    assert last_finished_weekday(at) == dt.date.fromisoformat(expected)


def test_what_a_record_covers(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    record = refresh(store, make(), "ORCL", now).record
    assert record is not None
    far = dt.date(2030, 1, 1)
    assert covers(record, None, None, now)
    assert covers(record, dt.date(1990, 1, 1), far, now)  # nothing can have come since Friday
    assert covers(record, None, dt.date(2025, 10, 31), LATER)
    assert not covers(record, None, far, LATER)


def test_a_record_from_the_future_covers_what_it_has_and_no_more(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    ahead = now + dt.timedelta(days=365)
    record = refresh(store, make(at=ahead), "ORCL", ahead).record
    assert record is not None
    assert record.complete_to > now.date()
    assert covers(record, None, record.last, LATER)
    assert not covers(record, None, dt.date(2025, 11, 7), LATER)
    assert shares_due(record, now)
    assert not shares_due(record, ahead)
