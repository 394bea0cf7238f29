"""What every package is given: prices, and events on them. Needs NumPy only.

It travels between two environments as one `.npz` file: ours makes it, the packages' read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ESTIMATION, BEFORE, AFTER = 250, 10, 10
"""Sessions of the estimation window, which ends where the event window begins, and of that."""

DAYS = BEFORE + 1 + AFTER
MARKET = "MARKET"


@dataclass(frozen=True)
class Task:
    """Events on a table of prices without gaps; row 0 is the market.

    Attributes:
        dates: (S,) sessions, datetime64[D].
        prices: (K, S) total-return closes.
        rows: (n,) row of each event's security, never 0.
        days: (n,) session index of each event, with all its windows inside the table.
    """

    dates: NDArray[np.datetime64]
    prices: Floats
    rows: Ints
    days: Ints

    @property
    def names(self) -> list[str]:
        """Names that any package and formula takes: the market's and those of securities."""
        return [MARKET, *(f"S{row:04d}" for row in range(1, len(self.prices)))]

    @property
    def returns(self) -> Floats:
        """(K, S) simple returns, NaN on the first session."""
        out = np.full_like(self.prices, np.nan)
        out[:, 1:] = self.prices[:, 1:] / self.prices[:, :-1] - 1.0
        return out

    def take(self, chosen: Ints) -> Task:
        """Return some of the events with no more than their securities' prices."""
        kept, rows = np.unique(self.rows[chosen], return_inverse=True)
        prices = self.prices[np.concatenate([[0], kept])]
        return replace(self, prices=prices, rows=rows + 1, days=self.days[chosen])

    def one_each(self, among: NDArray[np.bool_] | None = None) -> Ints:
        """Return the first event of every security, of those that `among` marks."""
        places = np.arange(len(self.rows)) if among is None else np.flatnonzero(among)
        return np.sort(places[np.unique(self.rows[places], return_index=True)[1]])

    def write(self, path: Path) -> None:
        """Write the file that `read` reads."""
        np.savez(path, dates=self.dates, prices=self.prices, rows=self.rows, days=self.days)

    @classmethod
    def read(cls, path: Path) -> Task:
        """Read what `write` wrote."""
        with np.load(path) as file:
            return cls(file["dates"], file["prices"], file["rows"], file["days"])


@dataclass(frozen=True)
class Answer:
    """What a package said of the events it was given.

    Attributes:
        cars: (n,) CARs over the event window in the order of the events, NaN where there is none.
        errors: (n,) the standard errors it gives them.
        tests: its statistics of the whole sample, by its own names.
    """

    cars: Floats
    errors: Floats | None = None
    tests: dict[str, float] = field(default_factory=dict)


class Study(Protocol):
    """What is timed: from tables in the package's own form to its answer."""

    def __call__(self) -> Answer:
        """Run the study once."""


class Adapter(Protocol):
    """A file of `others/adapters`; imports its package inside its functions.

    Attributes:
        REQUIREMENT: what pip is asked for.
        COMPUTES: what the study gives, in words.
        CAUTION: what is wrong by its code and not to be seen from the comparison; may be empty.
        RETURNS: `simple` or `log`, those its CARs are sums of.
        EVENTS: on how many a study is timed; some seconds' worth.
    """

    REQUIREMENT: str
    COMPUTES: str
    CAUTION: str
    RETURNS: str
    EVENTS: int

    def eligible(self, task: Task) -> Ints:
        """Return the events that the package can take, in their order."""

    def prepare(self, task: Task) -> Study:
        """Put the task into the package's form, which is not timed."""


def wide(task: Task, *, prices: bool = False) -> Any:
    """Return a pandas table of returns (without the first session) or prices, a column a name."""
    import pandas as pd

    index = pd.DatetimeIndex(task.dates.astype("datetime64[ns]"), name="date")
    table = pd.DataFrame((task.prices if prices else task.returns).T, index, task.names)
    return table if prices else table.iloc[1:]


def long(task: Task, *, session: str, name: str, value: str) -> Any:
    """Return a pandas table with a row a session and security, in the columns named."""
    table = wide(task).drop(columns=MARKET).rename_axis(session).reset_index()
    return table.melt(session, var_name=name, value_name=value)[[name, session, value]]
