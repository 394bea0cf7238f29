"""When parties were announced to: files and tables, at home and abroad."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from backtest.events.exchanges import US, exchange_of
from backtest.inputs import Clocks
from backtest.strategy.moments import read_moments
from backtest.strategy.timing import first_auctions

EVENT = """\
id: {id}
title: An announcement of a test
announced: {announced}
{more}
parties:
  - {{ticker: {first}, role: issuer, attributes: {{grade: 3, hour: late}}}}
  - {{ticker: {second}, role: competitor}}
attributes: {{grade: 1, kind: loan}}
tags: [chips, debt]
"""


@pytest.fixture
def clocks(cache: Path) -> Clocks:
    return Clocks(cache)


def written(folder: Path, announced: str, more: str = "", **tickers: str) -> Path:
    path = folder / "one.yaml"
    named = {"first": "ORCL", "second": "AMD", **tickers}
    path.write_text(EVENT.format(id="one", announced=announced, more=more, **named))
    return path


def test_a_party_has_its_own_attributes_and_the_events(tmp_path: Path, clocks: Clocks) -> None:
    path = written(tmp_path, "2025-09-09T16:05:00-04:00")
    orcl, amd = read_moments(path, clocks).to_dicts()
    assert orcl["instant"] == dt.datetime(2025, 9, 9, 20, 5)
    assert (orcl["hour"], orcl["tags"]) == ("known", ["chips", "debt"])
    assert (orcl["grade"], amd["grade"], amd["kind"]) == (3.0, 1.0, "loan")


def test_a_bare_date_keeps_its_part_of_the_day(tmp_path: Path, clocks: Clocks) -> None:
    for told in ("pre", "intraday", "post", "unknown"):
        path = written(tmp_path, "2025-09-09", f"session: {told}")
        found = read_moments(path, clocks)
        assert found["hour"].to_list() == [told] * 2
        assert found["instant"].null_count() == 2
    assert read_moments(written(tmp_path, "2025-09-09"), clocks)["hour"][0] == "unknown"


@pytest.mark.parametrize(
    ("told", "auction"),
    [("pre", "2025-09-09 open"), ("intraday", "2025-09-09 open"), ("unknown", "2025-09-09 close")],
)
def test_a_day_told_in_tokyo_ends_before_new_york_opens(
    tmp_path: Path, clocks: Clocks, told: str, auction: str
) -> None:
    """Tokyo closes at 2:30 in New York; its midnight is 11:00 there, during the session."""
    path = written(tmp_path, "2025-09-09", f"session: {told}", first="9984.T", second="ORCL")
    found = read_moments(path, clocks).filter(ticker="ORCL")
    assert found["hour"].to_list() == ["unknown" if told == "unknown" else "known"]
    clock = clocks(US)
    at = int(first_auctions(found, clock, clock.dates, 10)[0])
    assert f"{clock.dates[at // 2]} {('open', 'close')[at % 2]}" == auction


def test_a_day_told_in_new_york_is_the_next_one_in_tokyo(tmp_path: Path, clocks: Clocks) -> None:
    path = written(tmp_path, "2025-09-09", "session: intraday", second="9984.T")
    found = read_moments(path, clocks).filter(ticker="9984.T")
    clock = clocks(exchange_of("9984.T"))
    at = int(first_auctions(found, clock, clock.dates, 10)[0])
    assert clock.dates[at // 2] == np.datetime64("2025-09-10")
    assert at % 2 == 0


def test_rows_of_a_table(tmp_path: Path, clocks: Clocks) -> None:
    table = pl.DataFrame(
        {
            "event_id": ["a", "b", "c"],
            "ticker": ["ORCL", "AMD", "ORCL"],
            "announced": ["2025-09-09T16:05:00-04:00", "2025-10-06", "2025-10-07"],
            "session": [None, "pre", None],
            "group": ["chips", None, "debt"],
            "grade": [1, 2, 3],
        }
    )
    table.write_csv(tmp_path / "events.csv")
    found = read_moments(tmp_path / "events.csv", clocks)
    assert found["hour"].to_list() == ["known", "pre", "unknown"]
    assert found["instant"][0] == dt.datetime(2025, 9, 9, 20, 5)
    assert found["tags"].to_list() == [["chips"], [], ["debt"]]
    assert found["grade"].to_list() == [1, 2, 3]


def test_a_tables_date_tells_no_hour(tmp_path: Path, clocks: Clocks) -> None:
    table = pl.DataFrame({"event_id": ["a"], "ticker": ["ORCL"], "date": ["2025-09-09"]})
    table.write_csv(tmp_path / "events.csv")
    found = read_moments(tmp_path / "events.csv", clocks)
    assert found.select("hour", "instant").rows() == [("reaction", None)]
