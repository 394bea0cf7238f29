"""What is stored, held against calendars, currencies and the day it should reach to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from support.bulk import sessions

from backtest.errors import BadUsage
from backtest.inputs import Clocks
from backtest.prices._record import IMPORTED, Record
from backtest.prices.checks import MEANINGS
from backtest.prices.provider import ACTIONS, BARS, SHARES
from backtest.prices.store import Held, PriceStore
from backtest.results.price_check import Checked, check_source, check_store

DAYS = sessions(60)
"""Sessions of New York, the last 60 of the snapshot."""
NOW = dt.datetime.combine(DAYS[-1], dt.time(12), dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(tmp_path / "prices")


def keep(
    store: PriceStore,
    ticker: str,
    days: Sequence[dt.date],
    *,
    provider: str = "yahoo",
    currency: str | None = None,
    split: tuple[dt.date, float] | None = None,
    bare: bool = False,
) -> Record:
    """Keep closes of 100 and 100.5 by turns, divided by a split if it is `bare`."""
    ratio = split[1] if split and bare else 1.0
    closes = [
        (100 + n % 2 / 2) / (ratio if split and day >= split[0] else 1.0)
        for n, day in enumerate(days)
    ]
    rows = [
        (day, ticker, None, None, None, one, one, 5.0)
        for day, one in zip(days, closes, strict=True)
    ]
    actions = [] if split is None else [(ticker, split[0], "split", split[1])]
    at = dt.datetime.combine(days[-1], dt.time(22), dt.UTC)
    ends = {"first": days[0], "last": days[-1], "complete_to": days[-1]}
    record = Record(ticker, provider, at, rows=len(days), currency=currency, **ends)
    held = Held(
        record,
        pl.DataFrame(rows, schema=BARS.schema(), orient="row"),
        pl.DataFrame(actions, schema=ACTIONS.schema(), orient="row"),
        SHARES.empty(),
    )
    return store.write(held, None)


def check(store: PriceStore, now: dt.date, tmp_path: Path, *names: str) -> Checked:
    instant = dt.datetime.combine(now, dt.time(12), dt.UTC)
    return check_store(store, Clocks(tmp_path).of, instant, names or tuple(MEANINGS))


def found(checked: Checked) -> list[tuple[object, ...]]:
    return checked.findings.select("check", "ticker", "date").rows()


def test_tails_by_the_last_row_and_what_should_be_there(store: PriceStore, tmp_path: Path) -> None:
    """Pulled prices should reach to now, imported ones as far as the rest of the import."""
    keep(store, "AAA", DAYS)
    keep(store, "BBB", DAYS[:50])
    keep(store, "MINE", DAYS[:40], provider=IMPORTED)
    keep(store, "YOURS", DAYS[:52], provider=IMPORTED)
    soon = check(store, DAYS[-1] + dt.timedelta(days=3), tmp_path)
    assert found(soon) == [("stale", "BBB", DAYS[49]), ("stale", "MINE", DAYS[39])]
    assert (soon.securities, soon.rows) == (4, 202)
    assert soon.last["MINE"] == DAYS[39]
    late = check(store, DAYS[-1] + dt.timedelta(days=30), tmp_path, "stale")
    assert [row[1] for row in found(late)] == ["AAA", "BBB", "MINE"]


def test_gaps_against_the_calendar_of_each_exchange(store: PriceStore, tmp_path: Path) -> None:
    keep(store, "AAA", [*DAYS[:20], *DAYS[22:]])
    keep(store, "^IDX", [*DAYS[:20], *DAYS[30:]])  # an index has no exchange of its own
    checked = check(store, DAYS[-1], tmp_path, "gap")
    assert found(checked) == [("gap", "AAA", DAYS[20])]
    (why,) = checked.findings["why"]
    assert why == f"no close on 2 sessions of XNYS to {DAYS[21]}"


def test_currencies_and_known_splits(store: PriceStore, tmp_path: Path) -> None:
    keep(store, "AAA", DAYS, currency="USD", split=(DAYS[30], 4.0))
    keep(store, "BBB", DAYS, currency="USD", split=(DAYS[30], 4.0), bare=True)
    keep(store, "VOD.L", DAYS, currency="GBP")
    keep(store, "BP.L", DAYS, currency="GBp")
    checked = check(store, DAYS[-1], tmp_path, "split", "currency")
    assert found(checked) == [("split", "BBB", DAYS[30]), ("currency", "VOD.L", DAYS[-1])]
    assert "the split 4.0 for 1 of this day is not in the prices" in checked.findings["why"][0]
    assert checked.findings["why"][1] == "is in GBP, where the exchange quotes in GBp"


def test_a_damaged_file_is_a_finding_and_the_others_are_checked(
    store: PriceStore, tmp_path: Path
) -> None:
    record = keep(store, "AAA", DAYS)
    keep(store, "BBB", DAYS[:20])
    (store.folder / str(record.file_of("bars"))).write_bytes(b"")
    checked = check(store, DAYS[-1], tmp_path)
    assert found(checked) == [("damaged", "AAA", None), ("stale", "BBB", DAYS[19])]
    assert checked.findings["column"][0] == "AAA.json"
    assert found(check(store, DAYS[-1], tmp_path, "gap")) == []


def test_a_source_that_cannot_say_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="cannot say which securities it has"):
        check_source(object(), Clocks(tmp_path).of, NOW, ["gap"])  # type: ignore[arg-type]


def test_a_year_mistyped_is_the_fault_of_one_and_nobody_else_is_late(
    store: PriceStore, tmp_path: Path
) -> None:
    ahead = [dt.date(2062, 1, 5) + dt.timedelta(days=n) for n in range(5)]
    keep(store, "AMD", [*DAYS, *ahead], provider=IMPORTED)
    keep(store, "NVDA", DAYS, provider=IMPORTED)
    keep(store, "MINE", DAYS[:40], provider=IMPORTED)
    soon = DAYS[-1] + dt.timedelta(days=3)
    checked = check(store, soon, tmp_path, "stale")
    assert found(checked) == [("stale", "AMD", ahead[0]), ("stale", "MINE", DAYS[39])]
    assert checked.findings["why"][0] == (
        "a price on a day that has not come; in all 5 such days to 2062-01-09"
    )
    # Once these days have come, they are still years after the others end.
    later = check(store, dt.date(2062, 2, 1), tmp_path, "stale")
    assert found(later) == found(checked)
    assert later.findings["why"][0].startswith(
        f"a price long after those of the others end ({DAYS[-1]})"
    )


def test_what_is_pulled_is_not_ahead_on_the_day_itself(store: PriceStore, tmp_path: Path) -> None:
    keep(store, "AAA", DAYS)
    assert found(check(store, DAYS[-1], tmp_path, "stale")) == []
