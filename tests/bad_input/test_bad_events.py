"""Tables of events that are wrong or merely awkward."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.bad_input import DAYS, EVENTS, MIDDLE, PRICES, Study, reasons, studied, with_one
from support.bulk import one_event


def test_an_unknown_ticker_is_left_out(study: Study, suffix: str) -> None:
    ran = study(events=with_one(one_event("AAB", MIDDLE)), suffix=suffix)
    assert ran.code == 0
    assert len(studied(ran)) == 6
    assert reasons(ran) == {("one", "AAB"): f"not in prices.{suffix} (did you mean `AAA`?)"}


def test_tickers_not_in_capitals(study: Study, suffix: str) -> None:
    told = "note: tickers not in capitals, looked up as written: `zzz` (did you mean `ZZZ`?)"
    ran = study(events=with_one(one_event("zzz", MIDDLE)), suffix=suffix)
    assert ran.code == 0
    assert told in ran.err
    assert told.removeprefix("note: ") in ran.json["warnings"]
    alone = study(events=one_event("zzz", MIDDLE), suffix=suffix)
    assert alone.code == 3
    assert told in alone.err


def test_own_prices_may_have_tickers_in_lower_case(study: Study) -> None:
    small = pl.col("ticker").replace("AAA", "aaa")
    ran = study(events=EVENTS.with_columns(small), prices=PRICES.with_columns(small))
    assert ran.code == 0
    assert len(studied(ran)) == 6


def test_nothing_but_an_unknown_ticker(study: Study) -> None:
    ran = study(events=one_event("ZZZ", MIDDLE))
    assert ran.refused(3) == (
        "error: nothing could be studied: one ZZZ: not in prices.csv; "
        "the table `excluded` has every reason"
    )
    assert reasons(ran) == {("one", "ZZZ"): "not in prices.csv"}


def test_an_event_on_a_sunday_reacts_on_monday(study: Study, suffix: str) -> None:
    ran = study(events=one_event("AAA", "2026-01-11"), suffix=suffix)
    assert ran.code == 0
    assert [row["day0"] for row in ran.json["tables"]["fits"]] == ["2026-01-12"]
    assert "moved to the next one: 1 event" in ran.err


def test_an_event_on_a_holiday_reacts_on_the_next_session(study: Study) -> None:
    ran = study(events=one_event("AAA", "2025-12-25"))
    assert [row["day0"] for row in ran.json["tables"]["fits"]] == ["2025-12-26"]


def test_a_future_event_is_not_yet_traded(study: Study, suffix: str) -> None:
    ran = study(events=with_one(one_event("AAA", "2027-05-11")), suffix=suffix)
    assert ran.code == 0
    assert reasons(ran) == {
        ("one", "AAA"): "not yet traded: prices end 2026-05-29, the event reacts 2027-05-11"
    }
    assert study(events=one_event("AAA", "2027-05-11")).refused(3).startswith("error: nothing")


@pytest.mark.parametrize(("day", "why"), [("2093-05-11", "after "), ("1899-05-11", "before ")])
def test_a_date_beyond_the_calendar_is_left_out(study: Study, day: str, why: str) -> None:
    ran = study(events=with_one(one_event("AAA", day)))
    assert ran.code == 0
    assert len(studied(ran)) == 6
    assert why in reasons(ran)["one", "AAA"]


@pytest.mark.parametrize("day", ["2093-05-11", "1899-05-11"])
def test_nothing_but_a_date_beyond_the_calendar(study: Study, day: str) -> None:
    assert "nothing could be studied" in study(events=one_event("AAA", day)).refused(3)


def test_too_short_a_history(study: Study, suffix: str) -> None:
    ran = study(events=with_one(one_event("AAA", DAYS[60])), suffix=suffix)
    assert ran.code == 0
    # The 60 sessions before the event have 59 returns, the last ten of them too near.
    assert reasons(ran) == {
        ("one", "AAA"): "49 valid days in the estimation window -260:-11 need 100"
    }
    line = study(events=one_event("AAA", DAYS[60])).refused(3)
    assert "49 valid days in the estimation window -260:-11 need 100" in line


def test_a_late_listing(study: Study) -> None:
    listed = (pl.col("ticker") != "AAA") | (pl.col("date") >= DAYS[250])
    ran = study(
        events=pl.concat(
            [one_event("AAA", DAYS[300], "early"), one_event("AAA", DAYS[380], "late")]
        ),
        prices=PRICES.filter(listed),
    )
    assert studied(ran) == ["late"]
    assert reasons(ran)["early", "AAA"].startswith("39 valid days")
    before = study(events=with_one(one_event("AAA", DAYS[200])), prices=PRICES.filter(listed))
    assert reasons(before)["one", "AAA"] == (
        f"prices start {DAYS[250]}, the event reacts {DAYS[200]}"
    )


def test_an_empty_table_of_events(study: Study, suffix: str) -> None:
    assert study(events=EVENTS.clear(), suffix=suffix).refused(2).endswith("holds no events")


def test_files_that_are_no_tables(study: Study, tmp_path: Path) -> None:
    blank = tmp_path / "blank.csv"
    blank.touch()
    assert "blank.csv" in study(events=blank).refused(2)
    assert "blank.csv: the file is empty" in study(prices=blank).refused(2)
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(b"PAR1 but no more")
    assert "torn.parquet" in study(events=torn).refused(2)
    assert "torn.parquet" in study(prices=torn).refused(2)
    assert "nowhere.csv" in study(events=tmp_path / "nowhere.csv").refused(2)
    assert "nowhere.csv" in study(prices=tmp_path / "nowhere.csv").refused(2)
    assert "nowhere" in study(events=tmp_path / "nowhere").refused(2)


def test_events_without_a_ticker_column(study: Study, suffix: str) -> None:
    line = study(events=EVENTS.drop("ticker"), suffix=suffix).refused(2)
    assert "no column `ticker`" in line


def test_a_selection_is_for_a_calendar(study: Study) -> None:
    assert "filter the table itself" in study("tag:chips").refused(2)
