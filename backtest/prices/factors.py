"""Daily factor returns: the shipped ones, or a table of the user's."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.contracts import Frame, frame_columns
from backtest.errors import Location, Problem
from backtest.prices._short_rows import short_rows
from backtest.prices._tables import Table, canonical, open_table, raise_all, reading
from backtest.prices.providers.snapshot import read_table
from backtest.spec import is_ticker

if TYPE_CHECKING:
    import polars as pl

FACTORS = Frame(
    "factors",
    "session",
    ("date",),
    frame_columns(
        "date:Date mkt_rf::decimal smb::decimal hml::decimal rmw::decimal cma::decimal "
        "mom::decimal rf::decimal"
    ),
)
_LARGEST_PLAUSIBLE = 0.5
_TYPICAL_DAY_IN_PERCENT = 0.1


@dataclass(frozen=True, slots=True)
class Factors:
    """Factor returns in decimals by session.

    `frame` has `date` and at least one factor; names are those of `FACTORS` where they are known
    ones, others are the user's own. `source` says where they come from; `notes` are what the user
    should know of their content, `faults` of how they were come by.
    """

    frame: pl.DataFrame
    source: str
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The factors."""
        return [name for name in self.frame.columns if name != "date"]

    def only(self, columns: Sequence[str]) -> Factors:
        """Return some of the factors."""
        frame = self.frame.select("date", *columns)
        return replace(self, frame=frame, notes=tuple(_notes(frame)) if self.notes else ())

    def digest(self) -> str:
        """Hash names, dates and values: wherever the table lies, equal ones are equal."""
        digest = hashlib.blake2b(digest_size=16)
        for column in self.frame.sort("date").get_columns():
            digest.update(f"|{column.name}|".encode())
            digest.update(column.to_physical().to_numpy().tobytes())
        return digest.hexdigest()

    def describe(self) -> str:
        """Say in a few words what this is and how far it reaches."""
        return f"{self.source}, to {self.last_date}"

    @property
    def last_date(self) -> dt.date | None:
        """The last session with factors."""
        last = self.frame["date"].max()
        return last if isinstance(last, dt.date) else None


def factor_name(word: str) -> str:
    """Return a factor's name as its table has it (`Mkt-RF` → `mkt_rf`); a ticker stays as it is."""
    return word if is_ticker(word) else canonical(word)


def load_factors(path: Path | None = None) -> Factors:
    """Return the shipped factors, or those of a CSV or Parquet table.

    Raises:
        BadInput: the table cannot be read, has no `date` or no factor, or names a date twice.
    """
    if path is None:
        return Factors(read_table("factors"), "Kenneth R. French data library, as shipped")
    table = open_table(str(path))
    raise_all(table.require("date"))
    raise_all(short_rows(table))
    with reading(table.place):
        raw = table.frame.collect()
    others = [name for name in raw.columns if name != "date"]
    names = [name for name in others if name in FACTORS.names or _is_numeric(table, raw, name)]
    frame = raw.select(table.date(), *(_finite(table.number(name)) for name in names))
    raise_all([*_garbage(table, raw, names), *_problems(frame, table.where)])
    return Factors(frame.sort("date"), str(path), tuple(_notes(frame)))


def _finite(value: pl.Expr) -> pl.Expr:
    import polars as pl

    return pl.when(value.is_finite()).then(value)


def _is_numeric(table: Table, raw: pl.DataFrame, name: str) -> bool:
    """Whether a column of the user's own holds nothing but numbers; CSV columns come as text."""
    import polars as pl

    if raw.schema[name] != pl.String:
        return raw.schema[name].is_numeric()
    return not raw.select(table.unreadable(name).any()).item()


def _garbage(table: Table, raw: pl.DataFrame, names: list[str]) -> list[Problem]:
    """A known factor with something in it that is no number."""
    out = []
    for name in names:
        if raw.select(table.unreadable(name).any()).item():
            where, value, _ = table.first(table.unreadable(name), name)
            out.append(Problem("bad-number", f"`{value}` is not a number", where, name))
    return out


def _problems(frame: pl.DataFrame, where: Location) -> list[Problem]:
    found = []
    if len(frame.columns) < 2:
        known = ", ".join(FACTORS.names[1:])
        found.append(
            Problem("no-factor", f"there is no numeric factor column (such as {known})", where)
        )
    if frame["date"].null_count():
        found.append(
            Problem(
                "bad-date",
                f"{frame['date'].null_count()} dates cannot be read",
                where,
                "date",
                "write them as 2025-10-06",
            )
        )
    twice = frame.filter(frame["date"].is_duplicated() & frame["date"].is_not_null())
    if twice.height:
        first = twice["date"].sort()[0]
        found.append(Problem("duplicate-date", f"{first} is there more than once", where, "date"))
    return found


def _notes(frame: pl.DataFrame) -> list[str]:
    """Warn of numbers that no factor has in decimals: a daily 0.5 is fifty percent."""
    import polars as pl

    percent = [name for name in frame.columns[1:] if _looks_like_percent(frame[name])]
    if not percent:
        return []
    largest = frame.select(pl.max_horizontal(pl.col(percent).abs().max())).item()
    return [
        f"{', '.join(percent)} reach {largest:g}, which looks like percent; factors are read as "
        "decimals (0.01 = 1 %), so divide them by 100"
    ]


def _looks_like_percent(values: pl.Series) -> bool:
    largest, typical = values.abs().max(), values.abs().median()
    if not isinstance(largest, float) or not isinstance(typical, float):
        return False
    return largest > _LARGEST_PLAUSIBLE or typical > _TYPICAL_DAY_IN_PERCENT
