"""The rows of a bulk table as they were written: reading the file, its columns, its moments."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Location, Problem, did_you_mean
from backtest.events.bulk_moments import parse_moments, to_instants

if TYPE_CHECKING:
    import polars as pl

ROW = "row number"
_OURS = ("alternative", ROW)


@dataclass(frozen=True, slots=True, eq=False)
class BulkTable:
    """A table as read: `frame` has `ROW` (from 1, header not counted) and the file's columns.

    `event_id`, `ticker` and `group` are stripped text, null where blank. `when` is the column
    with the moments, `date` or `announced`.
    """

    path: Path
    frame: pl.DataFrame
    when: str

    @property
    def timed(self) -> bool:
        """Whether moments go through the session clock."""
        return self.when == "announced"

    def attributes(self) -> pl.DataFrame:
        """Return the attribute columns; a CSV's text as numbers or booleans where all of it is."""
        core = {ROW, "event_id", "ticker", "group", "session", self.when}
        frame = self.frame.select(name for name in self.frame.columns if name not in core)
        if self.path.suffix.lower() != ".csv":
            return frame
        return frame.with_columns(_typed(column) for column in frame.iter_columns())


def read_table(path: Path) -> BulkTable:
    """Read a `.csv` or `.parquet` table of events.

    Raises:
        BadInput: unreadable, empty, or without the columns it needs.
    """
    import polars as pl

    frame = _load(path)
    problems = list(_column_problems(frame, Location(path)))
    if problems:
        raise BadInput(problems)
    keys = [name for name in ("event_id", "ticker", "group") if name in frame.columns]
    text = pl.col(keys).cast(pl.String).str.strip_chars()
    frame = frame.with_columns(pl.when(text != "").then(text).name.keep())
    return BulkTable(path, frame, "date" if "date" in frame.columns else "announced")


def _load(path: Path) -> pl.DataFrame:
    """Read a CSV as text throughout, so that a ticker `TRUE` or an id `007` stays what it is."""
    import polars as pl

    where = Location(path)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise BadInput(Problem("unknown-table", "is neither a .csv nor a .parquet file", where))
    try:
        raw = io.BytesIO(path.read_bytes())
        if suffix == ".csv":
            frame = pl.read_csv(raw, infer_schema=False).with_row_index(ROW, offset=1)
            frame = frame.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
        else:
            frame = pl.read_parquet(raw).with_row_index(ROW, offset=1)
    except OSError as error:
        told = error.strerror or str(error)
        raise BadInput(Problem("unreadable", f"cannot be read: {told}", where)) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        told = str(error).partition("\n")[0]
        hint = "a CSV is UTF-8 text with commas" if suffix == ".csv" else None
        problem = Problem("bad-table", f"is not a {suffix} table: {told}", where, hint=hint)
        raise BadInput(problem) from error
    if frame.is_empty():
        raise BadInput(Problem("no-events", "holds no events", where))
    return frame


def _column_problems(frame: pl.DataFrame, where: Location) -> Iterator[Problem]:
    import polars as pl

    there = [name for name in frame.columns if name != ROW]
    listed = ", ".join(f"`{name}`" for name in there)
    needed = {name: f"`{name}`" for name in ("event_id", "ticker") if name not in there}
    if "date" not in there and "announced" not in there:
        needed["date"] = "`date` (or `announced`)"
    for name, said in needed.items():
        hint = did_you_mean(name, there) or (name == "date" and did_you_mean("announced", there))
        if len(there) == 1:
            hint = "separate the columns by commas"
        yield Problem(
            "missing-column", f"no column {said}; there are: {listed}", where, hint=hint or None
        )
    if "date" in there and "announced" in there:
        yield Problem(
            "two-moments",
            "has both `date` and `announced`",
            where,
            hint="keep `date` if it is the reaction session itself, else `announced`",
        )
    for name in sorted({*_OURS} & {*there}):
        yield Problem("reserved-column", f"column `{name}` is ours", where, hint="rename it")
    for name in there:
        base = name.rpartition("_duplicated_")[0]
        if base in there:
            yield Problem("column-twice", f"two columns are named `{base}`", where)
    for name in ("event_id", "ticker", "group", "session"):
        dtype = frame.schema.get(name, pl.String())
        if dtype.is_nested() or dtype.is_temporal() or dtype == pl.Binary:
            yield Problem("bad-column", f"`{name}` holds {dtype}, expected text", where)


def _typed(column: pl.Series) -> pl.Series:
    """Read text as integers, numbers or booleans where that loses nothing (007 stays text)."""
    import polars as pl

    values = column.drop_nulls()
    if values.is_empty() or values.str.contains(r"^\s*[+-]?0\d").any():
        return column
    for dtype in (pl.Int64, pl.Float64):
        numbers = column.cast(dtype, strict=False)
        if numbers.null_count() == column.null_count():
            return numbers
    if values.str.to_lowercase().is_in(["true", "false"]).all():
        return column.str.to_lowercase() == "true"
    return column


def read_moments(table: BulkTable, zones: pl.Series) -> tuple[pl.DataFrame, list[str]]:
    """Read the moments of all rows; `zones` holds each row's exchange zone (null: no exchange).

    Returns:
        One row a row of the table, and notes: `day` (Date as written), `wall` (Datetime as
        written; null for a bare date), `instant` (Datetime, UTC; null for a bare date), `local`
        (whether the exchange's zone decided), `zone` (the zone that decides, if one does) and
        `session` (as written, or unknown).

    Raises:
        BadInput: the column holds neither dates nor times.
    """
    import polars as pl

    notes: list[str] = []
    column = table.frame[table.when]
    if table.timed and _only_midnights(column):
        column = column.dt.date()
        notes.append("`announced` holds no hours: read as dates")
    parsed = parse_moments(column)
    if parsed is None:
        message = f"`{table.when}` holds {column.dtype}, expected dates or times"
        raise BadInput(Problem("bad-column", message, Location(table.path)))
    zone = parsed.select(pl.coalesce(pl.col("zone"), zones)).to_series()
    moments = parsed.with_columns(
        zone=zone,
        instant=to_instants(parsed["wall"], parsed["offset"], zone),
        local=pl.col("wall").is_not_null() & pl.col("offset").is_null() & pl.col("zone").is_null(),
        session=_sessions(table.frame),
    )
    return moments, notes


def _only_midnights(column: pl.Series) -> bool:
    """Whether a typed column without zone holds dates that a program wrote as times."""
    import polars as pl

    naive = isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is None
    return naive and bool((column.dt.time().drop_nulls() == dt.time(0)).all())


def _sessions(frame: pl.DataFrame) -> pl.Series:
    import polars as pl

    if "session" not in frame.columns:
        return pl.repeat("unknown", frame.height, eager=True)
    text = frame["session"].cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.replace("", "unknown").fill_null("unknown")
