"""Tables as people have them, brought to our column names and types.

Names are matched without regard to case, spaces and hyphens (`Adj Close` is `adj_close`). CSV is
read as text, so that the tickers NA, NAN and TRUE stay what they are and a bad number can be shown
as it was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, DataUnavailable, Location, Problem, did_you_mean
from backtest.prices._address import (
    is_address,
    no_answer,
    place_of,
    said,
    says_nothing_there,
    scan_options,
    without_advice,
)

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".parquet", ".csv")
_ALIASES = {"adjclose": "adj_close", "adjusted_close": "adj_close"}
NO_VALUE = ("", "na", "n/a", "#n/a", "null", "none", "-", "nan")
"""What people write where there is nothing, in small letters."""
_MARK = "\ufffd"
"""In place of bytes that are no text."""


def canonical(name: str) -> str:
    """Return our spelling of a column name: `Adj Close` → `adj_close`, `Mkt-RF` → `mkt_rf`."""
    word = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _ALIASES.get(word, word)


@dataclass(frozen=True, slots=True)
class Table:
    """A table at a path or URL: canonical names, the file's own types (text for CSV).

    `is_text` is whether the values are text, line 2 of the file being row 0.
    """

    place: str
    frame: pl.LazyFrame
    schema: pl.Schema
    is_text: bool = False

    @property
    def where(self) -> Location:
        """The place, for messages."""
        return place_of(self.place)

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
        DataUnavailable: nothing could be had from an address, or it needs credentials.
    """
    suffix = Path(place).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput.because("unknown-format", "neither .csv nor .parquet", where=place_of(place))
    return table_of(scan(place, suffix), place, is_text=suffix == ".csv")


def scan(
    place: str, suffix: str, *, separator: str = ",", files: str | None = None
) -> pl.LazyFrame:
    """Scan a table as it stands, CSV as text.

    Args:
        place: a path or address; with `files` it may be a pattern of several.
        suffix: `.parquet`, else it is read as CSV.
        separator: what stands between the values of a CSV.
        files: name of a column that says which file each row is from.
    """
    import polars as pl

    remote = scan_options(place)
    several = files is not None
    if suffix == ".parquet":
        return pl.scan_parquet(place, glob=several, include_file_paths=files, **remote)
    return pl.scan_csv(
        place,
        separator=separator,
        infer_schema=False,
        glob=several,
        include_file_paths=files,
        truncate_ragged_lines=False,
        **remote,
    )


def table_of(frame: pl.LazyFrame, place: str, *, is_text: bool) -> Table:
    """Bring a scanned table to our column names.

    Raises:
        BadInput: it cannot be read, or names a column twice.
        DataUnavailable: nothing could be had from an address.
    """
    import polars as pl

    with reading(place):
        schema = frame.collect_schema()
    refuse_other_text(place, schema.names(), is_text=is_text)
    _refuse_twins(place, schema.names())
    renamed = pl.Schema({canonical(name): dtype for name, dtype in schema.items()})
    return Table(place, frame.select(pl.all().name.map(canonical)), renamed, is_text)


def separator_in(columns: Sequence[str]) -> str | None:
    """Return what stands between the columns of a CSV that was read as a single one."""
    if len(columns) != 1:
        return None
    return next((sign for sign in (";", "\t", "|") if sign in columns[0]), None)


def refuse_other_text(place: str, names: Collection[str], *, is_text: bool) -> None:
    """Refuse a CSV of another encoding than UTF-8, of which Polars reads the header all the same.

    Two bytes a character are text with zeros in it, and a mark stands for each byte that is none.

    Args:
        place: path or address.
        names: of the columns.
        is_text: whether it is CSV.

    Raises:
        BadInput: there is such a column.
    """
    marked = is_text and any(_MARK in name for name in names)
    if any("\0" in name for name in names) or (marked and not _begins_as_utf8(place)):
        raise BadInput(_not_utf8(place))


def _begins_as_utf8(place: str) -> bool:
    """Whether the first line of a file is UTF-8, the mark one of its own; an address is not asked.

    A pattern of several files has no first line either.
    """
    try:
        with Path(place).open("rb") as file:
            file.readline().decode()
    except (OSError, UnicodeDecodeError):
        return False
    return True


def _not_utf8(place: str) -> Problem:
    return Problem(
        "not-utf-8",
        "is not UTF-8 text, as CSV has to be",
        place_of(place),
        hint="save it as UTF-8; iconv -f LATIN1 -t UTF-8 makes it of Western European text",
    )


def is_doubled(name: str, names: Collection[str]) -> bool:
    """Whether a header has a name twice: Polars calls the second one `close_duplicated_0`."""
    return bool(name) and f"{name}_duplicated_0" in names


def _refuse_twins(place: str, names: list[str]) -> None:
    for name in names:
        if is_doubled(name, names):
            raise BadInput.because(
                "ambiguous-column",
                f"the column `{name}` is there twice",
                where=place_of(place),
                hint="keep one of them",
            )
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
        with without_advice(place):
            yield
    except pl.exceptions.NoDataError:
        problem = Problem("empty-file", "the file is empty", place_of(place))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        if is_address(place) and (isinstance(error, OSError) or says_nothing_there(error)):
            raise DataUnavailable(no_answer(place, error)) from None
        if isinstance(error, FileNotFoundError):
            problem = Problem("missing-file", "there is no such file", place_of(place))
        elif "invalid utf-8" in str(error).lower():
            problem = _not_utf8(place)
        else:
            why = f"cannot be read: {said(error)[0]}"
            problem = Problem("unreadable-table", why, place_of(place))
    else:
        return
    raise BadInput(problem)


def raise_all(problems: Iterable[Problem]) -> None:
    """Raise what was found, if anything was.

    Raises:
        BadInput: with all problems at once.
    """
    found = list(problems)
    if found:
        raise BadInput(found)
