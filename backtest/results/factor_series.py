"""Factor returns on the sessions of a panel: values, what they cannot reach, and their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backtest.engine.arrays import Bools, Dates, Floats, Ints
from backtest.prices.digest import Words, prefix_digests, range_digests
from backtest.prices.factors import Factors
from backtest.prices.panel import Panel
from backtest.spec import Returns, StudySpec


@dataclass(frozen=True)
class FactorSeries:
    """Columns of the factor data on the sessions of one exchange, aligned by date.

    Attributes:
        sessions: (S,) of the panel.
        names: (k) columns.
        values: (k, S) decimals, NaN where the factor data have none.
        first, last: (k,) dates of each column's first and last value, in the whole of the data.
    """

    sessions: Dates
    names: tuple[str, ...]
    values: Floats
    first: Dates
    last: Dates

    @classmethod
    def of(cls, factors: Factors, sessions: Dates, returns: Returns) -> FactorSeries:
        """Put factors on sessions; a study of log returns gets ln(1 + r_f)."""
        names = tuple(factors.columns)
        table = factors.frame.sort("date")
        dates = table["date"].to_numpy().astype("datetime64[D]")
        place = np.searchsorted(sessions, dates).clip(0, len(sessions) - 1)
        hit = sessions[place] == dates
        values = np.full((len(names), len(sessions)), np.nan)
        first, last = (np.full(len(names), np.datetime64("NaT", "D")) for _ in range(2))
        for row, name in enumerate(names):
            column = table[name].to_numpy().astype(np.float64)
            there = np.flatnonzero(np.isfinite(column))
            first[row], last[row] = dates[there[0]], dates[there[-1]]
            column = np.where(np.isfinite(column), column, np.nan)
            values[row, place[hit]] = column[hit]
            if name == "rf" and returns == "log":
                values[row] = np.log1p(np.where(values[row] > -1.0, values[row], np.nan))
        return cls(sessions, names, values, first, last)

    def barred(
        self, columns: Collection[str], day0: Ints, reach: Ints, spec: StudySpec
    ) -> dict[str, Bools]:
        """Return reason → (n,) of the observations for which the factor data do not go far enough.

        Args:
            columns: the factors that a model needs.
            day0: (n,) session index of τ = 0.
            reach: (n,) the last session of the event window with a price of the security.
            spec: windows and the fewest estimation days.
        """
        rows = [row for row, name in enumerate(self.names) if name in columns]
        ends = {
            f"the factor data end {day}, before the event window {spec.window} does "
            "(newer ones: `backtest prices factors`, --factor-data)": self.sessions[reach] > day
            for day in np.unique(self.last[rows])
        }
        window = f"the estimation window {spec.estimation}"
        starts = {
            f"the factor data start {day}, too late for {spec.min_obs} days of {window} "
            "(earlier ones: `backtest prices factors`, --factor-data)": self._too_late(
                day, day0, spec
            )
            for day in np.unique(self.first[rows])[::-1]
        }
        return {**ends, **starts}

    def _too_late(self, first: np.datetime64, day0: Ints, spec: StudySpec) -> Bools:
        """Return (n,) where too few sessions of the estimation window come at or after a date."""
        start = int(np.searchsorted(self.sessions, first))
        low = np.maximum(day0 + spec.estimation.start, start)
        few: Bools = day0 + spec.estimation.end - low + 1 < spec.min_obs
        return few & (start > 0)

    @cached_property
    def _prefix(self) -> Words:
        cells = {f"factor {name}": self.values[[row]] for row, name in enumerate(self.names)}
        return prefix_digests(Panel(self.sessions, ("factors",), cells))

    def digests(self, first: Ints, last: Ints, barred: dict[str, Bools]) -> list[Words]:
        """Return words of (n,): digests of the values on sessions `first` to `last`, and of why
        an observation is barred, which dates outside of its windows may decide.
        """
        told = np.zeros((2, len(first)), dtype=np.uint64)
        for reason, where in barred.items():
            word = hashlib.blake2b(reason.encode(), digest_size=16).digest()
            told += np.where(where, np.frombuffer(word, np.uint64)[:, None], np.uint64(0))
        return [*range_digests(self._prefix, np.zeros_like(first), first, last), *told]
