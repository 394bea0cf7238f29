"""Many securities at once: stopped, broken and resumed pulls, and imports."""

import datetime as dt
from collections.abc import Callable
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
