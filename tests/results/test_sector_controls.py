"""Studies whose controls are of one sector: who is chosen, and what a change computes anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save, sessions
from support.lab import TICKERS, Lab, counts, same

import backtest as bt
from backtest.models.matched import CONTROLS, NO_PEERS
from backtest.results.result import StudyResult

CHIPS = ("T0", *(f"C{number}" for number in range(14)))
BANKS = ("T1", *(f"B{number}" for number in range(14)))
REST = ("T2", "R0", "R1")
"""Their sector is not given."""

EACH = 8
"""Events of each of T0, T1 and T2."""


class SectorLab(Lab):
    """A lab with a table of sectors, a copy of which can be changed."""

    def __init__(self, folder: Path, cache: Path) -> None:
        super().__init__(folder, cache)
        self.prices = made_prices((*CHIPS, *BANKS, *REST))
        self.sectors = dict.fromkeys(CHIPS, "Chips") | dict.fromkeys(BANKS, "Banks")
        self.sectors_path = folder / "sectors.csv"

    def within(self, cache: Path | bool | None = None, **options: Any) -> StudyResult:
        rows = {"ticker": list(self.sectors), "sector": list(self.sectors.values())}
        path = save(pl.DataFrame(rows), self.sectors_path)
        return self.run(cache, sectors=path, **{"model": "matched", **options})

    def check_within(self, **options: Any) -> StudyResult:
        """Run with the cache and compare every bit with a run without."""
        result = self.within(**options)
        same(result, self.within(cache=False, **options))
        return result


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> SectorLab:
    return SectorLab(tmp_path, cache)


def of(result: StudyResult, ticker: str) -> list[pl.DataFrame]:
    return [
        table.filter(ticker=ticker) for table in (result.abnormal_returns, result.cars, result.fits)
    ]


def assert_equal(result: StudyResult, other: StudyResult, ticker: str) -> None:
    for ours, theirs in zip(of(result, ticker), of(other, ticker), strict=True):
        assert len(ours)
        assert ours.equals(theirs)


def controls(result: StudyResult, ticker: str) -> set[float]:
    fits = result.fits.filter(ticker=ticker)
    return set(fits["coefficients"].struct.field("controls").to_list())


def test_it_is_as_if_the_prices_were_of_the_sector_only(lab: SectorLab) -> None:
    result = lab.check_within()
    everybody = lab.check(model="matched")
    prices, events = lab.prices, lab.events
    for ticker, sector in (("T0", CHIPS), ("T1", BANKS)):
        assert controls(result, ticker) == {CONTROLS}
        lab.prices = prices.filter(pl.col("ticker").is_in([*sector, "SPY"]))
        lab.events = events.filter(ticker=ticker)
        assert_equal(result, lab.run(cache=False, model="matched"), ticker)
        assert not of(result, ticker)[0].equals(of(everybody, ticker)[0])
    assert_equal(result, everybody, "T2")


def test_other_models_do_not_see_sectors(lab: SectorLab) -> None:
    both = lab.run(model="matched,market", sectors=save(_table(CHIPS), lab.sectors_path))
    plain = lab.run(model="market").cars
    assert both.cars.filter(model="market").equals(plain)


def _table(tickers: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame({"ticker": tickers, "sector": ["s"] * len(tickers)})


def test_naming_sectors_computes_those_who_have_one(lab: SectorLab) -> None:
    lab.run(model="matched")
    assert counts(lab.check_within()) == (2 * EACH, EACH)
    assert counts(lab.within()) == (0, 3 * EACH)
    assert counts(lab.within(tests="sign")) == (0, 3 * EACH)
    assert counts(lab.check(model="matched")) == (0, 3 * EACH)


@pytest.mark.parametrize(
    ("changed", "readers"),
    [
        ({"C3": "Banks"}, "T0 T1"),
        ({"C3": "Farms"}, "T0"),
        ({"R0": "Banks"}, "T1"),
        ({"B5": "n/a"}, "T1"),
        ({"T0": "Banks"}, "T0 T1"),
        ({"T2": "Chips"}, "T2 T0"),
        ({"C3": "Banks", "B5": "Chips"}, "T0 T1"),
    ],
)
def test_who_is_in_a_sector_is_part_of_the_key(
    lab: SectorLab, changed: dict[str, str], readers: str
) -> None:
    before = lab.within()
    lab.sectors |= changed
    after = lab.check_within()
    count = EACH * len(readers.split())
    assert counts(after) == (count, 3 * EACH - count)
    for ticker in TICKERS:
        if ticker not in readers.split():
            assert_equal(after, before, ticker)


def test_candidates_that_leave_the_sector_are_as_if_they_were_not_there(lab: SectorLab) -> None:
    """Five of fourteen leave nine."""
    leaving = CHIPS[1:6]
    before = lab.within()
    lab.sectors |= dict.fromkeys(leaving, "Farms")
    after = lab.check_within()
    lab.prices = lab.prices.filter(~pl.col("ticker").is_in(leaving))
    assert_equal(after, lab.within(cache=False), "T0")
    assert (controls(before, "T0"), controls(after, "T0")) == ({CONTROLS}, {9})


@pytest.mark.parametrize(
    "changed",
    [
        {"7203.T": "Chips"},
        {"NOBODY": "Banks", "SPY": "Funds"},
        dict.fromkeys(CHIPS, "SEMICONDUCTORS"),
        dict.fromkeys(BANKS, "bANKS "),
        dict.fromkeys(CHIPS, "Banks") | dict.fromkeys(BANKS, "Chips"),
        {"R0": "Farms", "R1": "Farms"},
    ],
)
def test_what_no_event_compares_with_computes_nothing(
    lab: SectorLab, changed: dict[str, str]
) -> None:
    """Other exchanges, no prices, other names of the same sectors, sectors without events."""
    lab.within()
    lab.sectors |= changed
    assert counts(lab.check_within()) == (0, 3 * EACH)


def test_the_same_table_elsewhere_is_the_same_study(lab: SectorLab) -> None:
    lab.within()
    lab.sectors_path = lab.sectors_path.with_name("others.parquet")
    lab.sectors = dict(reversed(lab.sectors.items()))
    again = lab.check_within()
    assert counts(again) == (0, 3 * EACH)
    assert again.provenance.sectors == f"{lab.sectors_path}, 30 tickers in 2 sectors"


def test_a_corrected_price_recomputes_its_sector_and_who_has_none(lab: SectorLab) -> None:
    lab.within()
    place = 120
    moved = (pl.col("ticker") == "C3") & (pl.col("date") == sessions()[place])
    close = pl.when(moved).then(pl.col("close") + 0.01).otherwise("close")
    lab.prices = lab.prices.with_columns(close=close)
    windows = ((sessions().index(day) - 261, day) for day in lab.events["date"])
    near = [day for first, day in windows if first <= place]
    reading = lab.events.filter(pl.col("date").is_in(near), pl.col("ticker") != "T1").height
    assert 0 < reading < 2 * EACH
    assert counts(lab.check_within()) == (reading, 3 * EACH - reading)


def test_an_event_elsewhere_recomputes_nobody_of_the_sector(lab: SectorLab) -> None:
    """A bank's event keeps no candidate from a chip maker's."""
    everything = lab.events
    lab.events = everything.filter(pl.col("ticker") == "T0")
    lab.within()
    lab.events = everything.filter(pl.col("ticker") != "T2")
    assert counts(lab.check_within()) == (EACH, EACH)


def test_a_candidate_who_is_barred_still_counts_for_the_spread(tmp_path: Path, cache: Path) -> None:
    """Both have an event that day, so neither is a control; AMD's spread is of NVDA's sector too.

    Twelve securities are too few for the spread to change who is chosen, but not for the key.
    """
    day = sessions()[330]
    table = pl.DataFrame({"event_id": ["a", "b"], "ticker": ["AMD", "NVDA"], "date": [day, day]})
    events, path = save(table, tmp_path / "events.csv"), tmp_path / "sectors.csv"
    names = ("AMD", "NVDA", "AVGO", "TSM")

    def run(sector: str, kept: Path | bool = cache) -> StudyResult:
        frame = pl.DataFrame({"ticker": names, "sector": ["Chips", sector, "Chips", "Chips"]})
        options: dict[str, Any] = {"model": "matched", "cache": kept, "sectors": save(frame, path)}
        return bt.run(events, "snapshot", **options)

    assert counts(run("Chips")) == (2, 0)
    assert counts(run("chips")) == (0, 2)
    other = run("Gadgets")
    assert counts(other) == (2, 0)
    same(other, run("Gadgets", kept=False))


def test_nobody_left_in_the_sector_is_a_reason_of_its_own(lab: SectorLab) -> None:
    """First nobody is left at all, and then nobody of the sector: two different sentences."""
    lab.prices = lab.prices.filter(pl.col("ticker").is_in(["T0", "SPY"]))
    lab.events = lab.events.filter(ticker="T0")
    lab.check(model="matched")
    result = lab.check_within()
    assert counts(result) == (EACH, 0)
    assert set(result.fits["reason"]) == {NO_PEERS}
    assert set(result.excluded["reason"]) >= {NO_PEERS}


def test_who_has_events_and_no_sector_is_named(lab: SectorLab) -> None:
    note = "no sector is given, so controls are securities of all sectors"
    first = lab.within()
    assert [one for one in first.warnings if "sector" in one] == [f"T2: {note}"]
    assert lab.within().warnings == first.warnings
    lab.sectors["T2"] = "Farms"
    assert not any("sector" in one for one in lab.within().warnings)
    tickers = [f"M{number}" for number in range(7)]
    lab.prices = made_prices((*TICKERS, *tickers))
    lab.events = made_events(7, tickers)
    lab.sectors = {"T0": "Chips"}
    assert f"M0, M1, M2, M3, M4 and 2 more: {note}" in lab.within().warnings


def test_placebo_dates_keep_to_the_sector(lab: SectorLab) -> None:
    """The permutation test of an event is that of prices of its sector only."""
    lab.events = lab.events.head(1)
    options = {"model": "matched", "tests": "permutation", "window": "0:0", "cars": "0:0"}
    before = lab.run(**options)
    after = lab.within(**options)
    lab.prices = lab.prices.filter(pl.col("ticker").is_in([*CHIPS, "SPY"]))
    assert after.event_tests.equals(lab.run(cache=False, **options).event_tests)
    assert not after.event_tests.equals(before.event_tests)
