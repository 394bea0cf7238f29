"""The printed report of bulk tables: many events, no titles, closes alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, one_event, save, sessions
from support.printed import lines_of

import backtest as bt
from backtest.report.table import SHOWN, STRONGEST
from backtest.results.result import StudyResult
from backtest.spec import DEFAULT_TESTS


@pytest.fixture
def bulk(tmp_path: Path, cache: Path) -> Any:
    """Study a bulk table on made-up prices."""
    tickers = ("AAA", "BBB")
    prices = save(made_prices(tickers), tmp_path / "p.csv")

    def study(events: pl.DataFrame, **options: Any) -> StudyResult:
        return bt.run(save(events, tmp_path / "e.csv"), prices, cache=cache, **options)

    return study


def test_events_without_titles_share_one_table(bulk: Any) -> None:
    text = bulk(made_events(5, ("AAA", "BBB"))).summary(120)
    block = lines_of(text, "  event")
    assert len(block) == 6
    assert block[0].split()[:5] == ["event", "ticker", "session", "return", "AR"]
    # What a table of closes cannot tell takes no room.
    for absent in ("Δ cap", "peak", "abnormal ", "role"):
        assert absent not in block[0]


def test_who_is_left_out_of_a_bulk_table_is_named_by_reason(bulk: Any) -> None:
    lost = [one_event("ZZZ", day, f"z{place}") for place, day in enumerate(sessions()[300:325])]
    early = one_event("BBB", "1899-01-03", "early")
    result = bulk(pl.concat([one_event("AAA", sessions()[330], "kept"), *lost, early]))
    block = lines_of(result.summary(250), "  event")
    assert len(block) == 4
    names = ", ".join(f"z{number} ZZZ" for number in range(20))
    assert f"  left out  {names} and 5 more: not in p.csv" in block
    assert any(line.startswith("  left out  early BBB: ") for line in block)


def test_titles_of_a_bulk_table_are_shown(bulk: Any) -> None:
    events = made_events(2, ("AAA",)).with_columns(title=pl.Series(["One deal", "Another deal"]))
    text = bulk(events).summary(100)
    assert lines_of(text, "One deal")[2].split()[0] == "ticker"


def test_of_a_large_sample_the_strongest_reactions_are_shown(bulk: Any) -> None:
    result = bulk(made_events(SHOWN + 15, ("AAA", "BBB")), model="market,mean")
    text = result.summary(120)
    assert f"{SHOWN + 15} events; the {STRONGEST} with the largest |t| over 0:0 follow" in text
    shown = [line.split()[0] for line in lines_of(text, "  event")[1:]]
    first = result.cars.filter(model="market", start=0, end=0)
    strongest = first.sort(pl.col("t").abs(), descending=True).head(STRONGEST)
    assert shown == strongest["event_id"].to_list()
    assert "market, mean on SPY" in text
    assert "the tables show market" in text


@pytest.mark.parametrize("options", [{"window": "3:8"}, {"window": "-8:-3"}, {"tests": ""}])
def test_studies_away_from_the_event_day_can_be_shown(bulk: Any, options: dict[str, str]) -> None:
    options = {"estimation": "-200:-11", **options}
    for events in (made_events(4, ("AAA", "BBB")), one_event("AAA", sessions()[60])):
        text = bulk(events, **options).summary(80)
        assert text.startswith("Event study of")


def test_tests_that_are_not_defined_say_why(bulk: Any) -> None:
    text = bulk(made_events(1, ("AAA",))).summary(100)
    said = " ".join(" ".join(lines_of(text, "Every test for all")[1:-1]).split())
    why = "why fewer than 2 observations: only tests of single events are defined"
    assert said == f"{why} not defined {', '.join(DEFAULT_TESTS)}: needs at least 2 observations"


def test_log_returns_are_said_not_to_be_portfolio_returns(bulk: Any) -> None:
    events = made_events(4, ("AAA", "BBB"))
    words = "means of log returns are not returns of a portfolio"
    assert words in bulk(events, returns="log").summary(100)
    assert words not in bulk(events).summary(100)


def test_partial_cars_of_a_bulk_table_are_named_with_their_event(
    tmp_path: Path, cache: Path
) -> None:
    days = sessions()
    prices = made_prices(("AAA",)).filter(
        (pl.col("ticker") != "AAA") | (pl.col("date") != days[303])
    )
    paths = save(one_event("AAA", days[300]), tmp_path / "e.csv"), save(prices, tmp_path / "p.csv")
    text = bt.run(*paths, cache=cache, missing="lenient", cars="0:5").summary(160)
    assert "  †  days with a return: one AAA 0:5 4 of 6" in text.splitlines()


def test_only_what_was_studied_counts_as_without_a_market_value(bulk: Any) -> None:
    """One of three is excluded for its short history, and prices in a table have no counts."""
    events = pl.concat(
        [one_event("AAA", sessions()[place], f"e{place}") for place in (20, 300, 320)]
    )
    result = bulk(events)
    assert len(result.excluded.filter(stage="valuation")) == 3
    told = "Left out: 1 without an estimate, 2 only without a market value"
    assert told in result.summary(160)


def test_reasons_beyond_what_fits_are_counted(bulk: Any) -> None:
    early = [one_event("AAA", f"2011-03-{day}", f"e{day}") for day in range(10, 32)]
    early += [one_event("AAA", f"2011-05-{day}", f"f{day}") for day in range(10, 32)]
    result = bulk(pl.concat([one_event("AAA", sessions()[330], "kept"), *early]))
    lines = result.summary(160).splitlines()
    named = [line for line in lines if ": prices start " in line]
    assert len(named) == 20
    # Two names share a line where one of the days was a weekend.
    rest = 44 - sum(line.count(" AAA") for line in named)
    more = lines[lines.index(named[-1]) + 1]
    assert more == f"  left out  and {rest} more for other reasons, in the table `excluded`"
