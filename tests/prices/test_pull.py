"""Many securities at once: stopped, broken and resumed pulls, and imports."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from yahoo_server import TOO_MANY, WEB_PAGE, Security, YahooServer

from backtest.errors import BadUsage, DataUnavailable, RateLimited
from backtest.prices.importing import import_bars
from backtest.prices.provider import BARS, Bars
from backtest.prices.pull import pull
from backtest.prices.refresh import Refreshed, refresh
from backtest.prices.store import Held, PriceStore

Listed = Callable[..., Security]
Make = Callable[..., Any]
LATER = dt.datetime(2025, 11, 10, 12, tzinfo=dt.UTC)


def stored(store: PriceStore, ticker: str = "ORCL") -> Held:
    held = store.read(ticker)
    assert held is not None
    return held


def test_a_pull_reports_each_security(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    seen: list[str] = []
    results = pull(
        store, make(), ["ORCL", "DEAD", "ORCL"], now, done=lambda result: seen.append(result.ticker)
    )
    assert [(r.ticker, r.state) for r in results] == [("ORCL", "new"), ("DEAD", "missing")]
    assert seen == ["ORCL", "DEAD"]
    assert "nothing for it" in results[1].reason


def test_a_stopped_pull_goes_on_with_the_rest(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    yahoo.securities |= {name: listed() for name in ("AAA", "BBB", "CCC")}
    yahoo.faults_for_good["chart CCC"] = TOO_MANY
    with pytest.raises(RateLimited):
        pull(store, make(), ["AAA", "BBB", "CCC"], now)
    assert [record.ticker for record in store.records()] == ["AAA", "BBB"]
    yahoo.faults_for_good.clear()
    yahoo.requests.clear()
    soon = now + dt.timedelta(minutes=20)
    results = pull(store, make(at=soon), ["AAA", "BBB", "CCC"], soon)
    assert [(r.ticker, r.state) for r in results] == [
        ("CCC", "new"),
        ("AAA", "skipped"),
        ("BBB", "skipped"),
    ]
    assert {path.split("/")[-1] for path, _ in yahoo.requests if "chart" in path} == {"CCC"}


def test_what_is_not_there_is_not_asked_for_twice(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    """A list of 500 with 50 dead tickers, stopped ten times: the dead ones cost ten times else."""
    yahoo.securities["AAA"] = listed()
    names = ["AAA", "DEAD", "GONE"]
    first = pull(store, make(), names, now)
    # A line that was cut off by a crash, and one that is of something else.
    log = store.folder / "nothing-there.jsonl"
    log.write_text(f'[]\n{{"ticker": 7}}{log.read_text()}\n{{"provider": "yah')
    yahoo.requests.clear()
    soon = now + dt.timedelta(minutes=20)
    again = pull(store, make(at=soon), names, soon)
    assert yahoo.asked("chart") == []
    assert [(r.ticker, r.state) for r in again] == [
        ("DEAD", "missing"),
        ("GONE", "missing"),
        ("AAA", "skipped"),
    ]
    assert again[0].reason == first[1].reason
    # A note of tomorrow, from when the clock was wrong; and one after the line that was torn.
    pull(store, make(at=now + dt.timedelta(days=1)), ["LOST"], now + dt.timedelta(days=1))
    assert json.loads(log.read_text().splitlines()[-1])["ticker"] == "LOST"
    yahoo.requests.clear()
    assert pull(store, make(at=soon), ["LOST"], soon)[0].state == "missing"
    assert len(yahoo.asked("chart")) == 1
    yahoo.requests.clear()
    assert store.verify() == []
    later = now + dt.timedelta(minutes=40)
    pull(store, make(at=later), names, later)
    assert len(yahoo.asked("chart")) == 3


def test_notes_of_what_was_missing_stay_small(
    store: PriceStore, make: Make, yahoo: YahooServer, now: dt.datetime
) -> None:
    log = store.folder / "nothing-there.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("x" * 1_100_000)
    pull(store, make(), ["DEAD"], now)
    assert log.stat().st_size < 500


def test_five_hundred_killed_in_the_middle(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, tmp_path: Path
) -> None:
    """A process that pulls, killed without warning; the next one asks for what is left only."""
    names = [f"T{number:03}" for number in range(500)]
    dead = set(names[50:250:50])
    yahoo.securities |= {name: listed(sessions=2) for name in names if name not in dead}
    pulling = subprocess.Popen(
        [sys.executable, "-m", "backtest", "prices", "pull", "--rate", "10000", *names],
        env={**os.environ, "BACKTEST_CACHE": str(tmp_path), "PYTHONWARNINGS": "error"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    patience = time.monotonic() + 120
    while len(yahoo.asked("chart")) < 260:
        assert pulling.poll() is None
        assert time.monotonic() < patience
        time.sleep(0.005)
    pulling.kill()
    pulling.wait()
    asked_before = [path.split("/")[-1] for path, _ in yahoo.requests if "chart" in path]
    kept = {record.ticker for record in store.records()}
    assert 250 <= len(kept) < 500
    assert store.verify() == []
    yahoo.requests.clear()
    now = dt.datetime.now(dt.UTC)
    results = pull(store, make(at=now), names, now)
    asked_after = [path.split("/")[-1] for path, _ in yahoo.requests if "chart" in path]
    assert sorted(asked_after) == sorted(set(names) - kept - (dead & set(asked_before)))
    # Only the one that was being asked for when the process died is asked for again.
    assert len(asked_before) + len(asked_after) <= 501
    assert {r.ticker for r in results if r.state == "missing"} == dead
    assert len(store.records()) == 500 - len(dead)
    assert store.verify() == []


def test_many_stopped_by_a_rate_limit(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    """Refused at three places, as often as it is tried; in the end one question a security."""
    names = [f"T{number:02}" for number in range(60)]
    yahoo.securities |= {name: listed(sessions=2) for name in names}
    for stop in ("T10", "T25", "T59"):
        yahoo.faults_for_good = {f"chart {stop}": TOO_MANY}
        with pytest.raises(RateLimited):
            pull(store, make(at=now, patient=False), names, now)
        assert len(store.records()) == int(stop[1:])
    yahoo.faults_for_good = {}
    pull(store, make(), names, now)
    assert len(store.records()) == 60
    answered = [path for path, _ in yahoo.requests if "chart" in path]
    # The client library asks twice before it gives up.
    assert len(answered) == 60 + 3 * 2
    assert {answered.count(path) for path in answered} == {1, 3}


def test_ctrl_c_keeps_what_is_finished(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    yahoo.securities |= {name: listed() for name in ("AAA", "BBB")}

    def interrupt(result: Refreshed) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(store, make(), ["AAA", "BBB"], now, done=interrupt)
    assert [record.ticker for record in store.records()] == ["AAA"]
    assert store.verify() == []


def test_the_line_breaks_in_the_middle(
    store: PriceStore, yahoo: YahooServer, listed: Listed, make: Make, now: dt.datetime
) -> None:
    yahoo.securities |= {name: listed() for name in ("AAA", "BBB")}
    with pytest.raises(DataUnavailable, match="cannot be reached"):
        pull(store, make(), ["AAA", "BBB"], now, done=lambda _: yahoo.stop())
    assert [record.ticker for record in store.records()] == ["AAA"]


def test_a_bad_day_of_the_provider_does_not_touch_what_is_stored(
    store: PriceStore, oracle: Security, yahoo: YahooServer, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    yahoo.faults_for_good["chart"] = WEB_PAGE
    (result,) = pull(store, make(at=LATER), ["ORCL"], LATER)
    assert "a web page instead of data" in result.notes[0]
    assert stored(store).bars.height == 45


def own_table() -> Bars:
    rows = [(dt.date(2025, 1, 2), "ORCL", None, None, None, 7.0, None, None)]
    return Bars(pl.DataFrame(rows, schema=BARS.schema(), orient="row"))


def test_an_imported_security_is_left_alone(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    (record,) = import_bars(store, own_table(), now)
    assert (record.ticker, record.provider, record.rows) == ("ORCL", "import", 1)
    (result,) = pull(store, make(at=LATER), ["ORCL"], LATER)
    assert result.state == "unchanged"
    assert stored(store).bars["close"].to_list() == [7.0]


def test_an_import_does_not_overwrite_by_itself(
    store: PriceStore, oracle: Security, make: Make, now: dt.datetime
) -> None:
    refresh(store, make(), "ORCL", now)
    with pytest.raises(BadUsage, match="1 of these are stored already: ORCL"):
        import_bars(store, own_table(), now)
    import_bars(store, own_table(), now, replace=True)
    assert stored(store).bars.height == 1
