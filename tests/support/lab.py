"""Studies of made-up tables with a results cache, and how two are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from support.bulk import made_events, made_prices, save

import backtest as bt
from backtest.results.cache import ResultsCache
from backtest.results.result import StudyResult

TICKERS = ("T0", "T1", "T2")


class Lab:
    """A table of events and one of prices in a folder, and studies of them."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.events_path, self.prices_path = folder / "events.csv", folder / "prices.csv"
        self.cache = cache
        self.events = made_events(24, TICKERS)
        self.prices = made_prices(TICKERS)
        self._saved: dict[Path, pl.DataFrame] = {}

    def run(self, cache: Path | bool | None = None, **options: Any) -> StudyResult:
        for path, table in ((self.events_path, self.events), (self.prices_path, self.prices)):
            # A file that is written anew counts as changed, so only a changed table is.
            if path not in self._saved or not self._saved[path].equals(table):
                save(table, path)
                self._saved[path] = table.clone()
        kept = self.cache if cache is None else cache
        return bt.run(self.events_path, self.prices_path, cache=kept, **options)  # type: ignore[arg-type]

    def check(self, **options: Any) -> StudyResult:
        """Run with the cache and compare every bit with a run without."""
        result = self.run(**options)
        same(result, self.run(cache=False, **options))
        return result

    @property
    def kept(self) -> ResultsCache:
        return ResultsCache(self.cache / "results")


def same(one: StudyResult, other: StudyResult) -> None:
    for name, table in one.tables.items():
        assert table.equals(other.tables[name]), name


def counts(result: StudyResult) -> tuple[int, int]:
    return result.provenance.computed, result.provenance.reused


def entries(lab: Lab) -> list[Path]:
    return [path for entry in lab.kept.entries() for path in sorted(entry.iterdir())]
