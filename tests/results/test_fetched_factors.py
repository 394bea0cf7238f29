"""Studies on fetched factors: what a refresh computes anew."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from support.bulk import sessions
from support.french_server import FrenchServer
from support.lab import Lab, counts, same

import backtest as bt
from backtest.prices.factor_refresh import RefreshedFactors, refresh_factors
from backtest.prices.factor_store import factor_store
from backtest.prices.factors import load_factors

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
DAYS = sessions()
SHIPPED = load_factors().frame
LAST = dt.date(2026, 4, 30)


def reaching(last: int) -> pl.DataFrame:
    """The shipped factors and made-up ones after them, to a session."""
    more = [day for day in DAYS[: last + 1] if day > LAST]
    values = SHIPPED.drop("date").head(len(more))
    return pl.concat([SHIPPED, values.insert_column(0, pl.Series("date", more))])


class FetchingLab(Lab):
    """A lab whose factors come from the library."""

    def __init__(self, folder: Path, cache: Path, french: FrenchServer) -> None:
        super().__init__(folder, cache)
        self.french = french

    def fetch(self, frame: pl.DataFrame) -> RefreshedFactors:
        self.french.publish(frame)
        return refresh_factors(factor_store(self.cache), NOW)

    def study(self, model: str = "ff3") -> bt.StudyResult:
        """Run with the cache and compare every bit with a study of that table as the user's."""
        result = self.run(model=model)
        held = factor_store(self.cache).read()
        if held is not None and held.record.last > LAST:
            own = self.cache.parent / "own.parquet"
            held.frame.write_parquet(own)
            same(result, self.run(cache=False, model=model, factor_data=own))
        return result


@pytest.fixture
def lab(tmp_path: Path, cache: Path, french: FrenchServer) -> FetchingLab:
    return FetchingLab(tmp_path, cache, french)


def late(lab: Lab, last: dt.date) -> int:
    """Return how many events have windows that end after a day."""
    return sum(DAYS[DAYS.index(day) + 10] > last for day in lab.events["date"])


def test_a_first_fetch_computes_those_whom_the_shipped_did_not_reach(lab: FetchingLab) -> None:
    before = lab.study()
    unreached = late(lab, LAST)
    assert before.fits["status"].to_list().count("ok") == 24 - unreached
    assert 0 < unreached < 24
    lab.fetch(reaching(len(DAYS) - 1))
    after = lab.study()
    assert counts(after) == (unreached, 24 - unreached)
    assert set(after.fits["status"]) == {"ok"}
    assert counts(lab.study()) == (0, 24)


def test_a_revision_recomputes_the_events_that_read_it(lab: FetchingLab) -> None:
    whole = reaching(len(DAYS) - 1)
    lab.fetch(whole)
    lab.study()
    place = 150
    hit = pl.col("date") == DAYS[place]
    done = lab.fetch(whole.with_columns(smb=pl.when(hit).then(0.0321).otherwise("smb")))
    assert (done.revised, done.first_revised) == (1, DAYS[place])
    readers = sum(-260 <= place - DAYS.index(day) <= 10 for day in lab.events["date"])
    assert 0 < readers < 24
    assert counts(lab.study()) == (readers, 24 - readers)
    # Of a factor that the model does not use.
    lab.fetch(whole.with_columns(smb=pl.when(hit).then(0.0321).otherwise("smb"), mom=pl.lit(0.01)))
    assert counts(lab.study()) == (0, 24)


def test_sessions_added_after_all_windows_recompute_nothing(lab: FetchingLab) -> None:
    needed = max(DAYS.index(day) for day in lab.events["date"]) + 10
    lab.fetch(reaching(needed))
    assert set(lab.study().fits["status"]) == {"ok"}
    assert needed < len(DAYS) - 1
    assert lab.fetch(reaching(len(DAYS) - 1)).added == len(DAYS) - 1 - needed
    assert counts(lab.study()) == (0, 24)


def test_without_a_cache_nothing_fetched_is_used(lab: FetchingLab) -> None:
    lab.fetch(reaching(len(DAYS) - 1))
    alone = lab.run(cache=False, model="ff3")
    assert alone.provenance.factors == "Kenneth R. French data library, as shipped, to 2026-04-30"
    assert alone.fits["status"].to_list().count("ok") == 24 - late(lab, LAST)


def test_decades_before_the_prices_change_nothing(lab: FetchingLab) -> None:
    """The library starts with momentum alone, a century ago."""
    whole = reaching(len(DAYS) - 1)
    lab.fetch(whole)
    first = lab.study("carhart")
    others = [name for name in whole.columns if name not in ("date", "mom")]
    old = whole.head(40).with_columns(
        pl.col("date") - dt.timedelta(days=36_500),
        *(pl.lit(None, pl.Float64).alias(name) for name in others),
    )
    assert lab.fetch(pl.concat([old, whole])).added == 40
    again = lab.study("carhart")
    assert counts(again) == (0, 24)
    assert again.warnings == first.warnings == ()
