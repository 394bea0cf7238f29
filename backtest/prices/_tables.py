"""Tables as people have them, brought to our column names and types.

Names are matched without regard to case, spaces and hyphens (`Adj Close` is `adj_close`). CSV is
read as text, so that the tickers NA, NAN and TRUE stay what they are and a bad number can be shown
as it was written.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, DataUnavailable, Location, Problem, did_you_mean
from backtest.masking import masked

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".parquet", ".csv")
_ALIASES = {"adjclose": "adj_close", "adjusted_close": "adj_close"}
NO_VALUE = ("", "na", "n/a", "#n/a", "null", "none", "-", "nan")
"""What people write where there is nothing, in small letters."""


def is_address(place: str) -> bool:
    """Return whether a place is not on this machine's disk."""
    return "://" in place


@dataclass(frozen=True, slots=True)
class Address(Location):
    """A place told as it was typed but for its secrets: a path would lose one of two slashes."""

    typed: str = ""

    def __str__(self) -> str:
        told = masked(self.typed)
        return f"{told}:{self.line}" if self.line else told


def place_of(place: str, line: int = 0) -> Location:
    """Return a table's place for messages."""
    if is_address(place):
        return Address(Path(place), line, typed=place)
    return Location(Path(place), line)


def canonical(name: str) -> str:
    """Return our spelling of a column name: `Adj Close` → `adj_close`, `Mkt-RF` → `mkt_rf`."""
    word = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _ALIASES.get(word, word)


@dataclass(frozen=True, slots=True)
class Table:
    """A table at a path or URL: canonical names, the file's own types (text for CSV)."""

    place: str
    frame: pl.LazyFrame
    schema: pl.Schema

    @property
    def where(self) -> Location:
        """The place, for messages."""
        return place_of(self.place)

    @property
    def is_text(self) -> bool:
        """Whether the values are text, line 2 of the file being row 0."""
        return self.place.lower().endswith(".csv")

    def require(self, *names: str) -> list[Problem]:
        """Return one problem for each column that is not there; it lists those that are."""
        there = ", ".join(self.schema) or "none"
        return [
            Problem(
                "missing-column",
                f"there is no column `{name}`; the columns are: {there}",
                self.where,
                hint=did_you_mean(name, self.schema),
            )
            for name in names
            if name not in self.schema
        ]

    def date(self, name: str = "date") -> pl.Expr:
        """Return the column as Date; null where it is none."""
        import polars as pl

        dtype, column = self.schema[name], pl.col(name)
        if dtype == pl.Date or isinstance(dtype, pl.Datetime):
            return column.dt.date()
        text = column.cast(pl.String).str.strip_chars()
        day = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        return (
            pl.when(text.str.slice(10, 1).is_in(["", "T", " "]))
            .then(pl.coalesce(day, text.str.to_date("%Y%m%d", strict=False)))
            .alias(name)
        )

    def number(self, name: str) -> pl.Expr:
        """Return the column as Float64; null where it is no number."""
        import polars as pl

        column = pl.col(name)
        if self.schema[name] == pl.String:
            column = column.str.strip_chars()
        return column.cast(pl.Float64, strict=False).alias(name)

    def unreadable(self, name: str) -> pl.Expr:
        """Return whether a value is there but neither a number nor a word for "none"."""
        import polars as pl

        if self.schema[name] != pl.String:
            return pl.lit(False)
        word = pl.col(name).str.strip_chars()
        garbage = word.is_not_null() & word.cast(pl.Float64, strict=False).is_null()
        return garbage & ~word.str.to_lowercase().is_in(NO_VALUE)

    def first(self, condition: pl.Expr, name: str) -> tuple[Location, str, int]:
        """Locate rows for a message: the first one's place and value, and how many there are."""
        import polars as pl

        with reading(self.place):
            rows = (
                self.frame.with_row_index("__row")
                .filter(condition)
                .select("__row", pl.col(name).cast(pl.String))
                .collect()
            )
        row, value = rows.row(0)
        line = int(row) + 2 if self.is_text else 0
        return place_of(self.place, line), str(value), rows.height


def open_table(place: str) -> Table:
    """Open one CSV or Parquet table, without reading its rows.

    Raises:
        BadInput: it is not there, is neither format, cannot be read, or names a column twice.
    """
    import polars as pl

    suffix = Path(place).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput.because("unknown-format", "neither .csv nor .parquet", where=place_of(place))
    with reading(place):
        if suffix == ".csv":
            frame = pl.scan_csv(place, infer_schema=False, glob=False, truncate_ragged_lines=False)
        else:
            frame = pl.scan_parquet(place, glob=False)
        schema = frame.collect_schema()
    _refuse_twins(place, schema.names())
    renamed = pl.Schema({canonical(name): dtype for name, dtype in schema.items()})
    return Table(place, frame.select(pl.all().name.map(canonical)), renamed)


def _refuse_twins(place: str, names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(canonical(name), name)
        if twin != name:
            raise BadInput.because(
                "ambiguous-column",
                f"the columns `{twin}` and `{name}` both mean `{canonical(name)}`",
                where=place_of(place),
            )


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Turn what Polars raises about a file into one clear message.

    Raises:
        BadInput: the file is missing, empty, damaged or not what its name says.
        DataUnavailable: nothing could be had from an address.
    """
    import polars as pl

    try:
        with _without_advice(place):
            yield
    except pl.exceptions.NoDataError:
        problem = Problem("empty-file", "the file is empty", place_of(place))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        if is_address(place) and isinstance(error, OSError):
            raise DataUnavailable(_no_answer(place, error)) from None
        if isinstance(error, FileNotFoundError):
            problem = Problem("missing-file", "there is no such file", place_of(place))
        else:
            why = f"cannot be read: {_said(error)[0]}"
            problem = Problem("unreadable-table", why, place_of(place))
    else:
        return
    raise BadInput(problem)


@contextmanager
def _without_advice(place: str) -> Iterator[None]:
    """Keep what the reader of an object store advises programmers to do off the screen."""
    if not is_address(place):
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _no_answer(place: str, error: OSError) -> Problem:
    """Say why an address gave nothing: the last cause is the reason, the first a log."""
    first, *causes = _said(error)
    why = re.sub(r"^\d+: ", "", causes[-1]) if causes else first.split(", after ")[0]
    return Problem(
        "no-answer",
        f"could not be fetched: {masked(why)}",
        place_of(place),
        hint="check the address and the network, or download the file and name it as a path",
    )


def _said(error: Exception) -> list[str]:
    """Return the lines of an error that say something, at least one."""
    lines = [line.strip() for line in str(error).splitlines()]
    return [line for line in lines if line] or [type(error).__name__]


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise what was found, if anything was.

    Raises:
        BadInput: with all problems at once.
    """
    found = list(problems)
    if found:
        raise BadInput(found)
