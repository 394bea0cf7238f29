"""What can be wrong with the rows of a bulk table, found by Polars over all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from backtest.errors import BadInput, Location, Problem
from backtest.events.bulk_rows import ROW, BulkTable
from backtest.plain_text import PATTERN, printable, shortened

if TYPE_CHECKING:
    import polars as pl

Rule: TypeAlias = "tuple[pl.Expr, str, pl.Expr, str | None]"

_SESSIONS = ("pre", "intraday", "post", "unknown")
_SHOWN = 20
_NAMES = ("event_id", "ticker", "group")
_LONGEST_NAME, _LONGEST_TEXT = 200, 20_000
"""Characters of what stands in every table and file name, and of any other text."""


def check_rows(table: BulkTable, moments: pl.DataFrame) -> None:
    """Check every row of a table and the moments read from it.

    Raises:
        BadInput: rows that cannot be meant; all of them are counted, the first 20 told.
    """
    import polars as pl

    rows = table.frame.select(ROW, "event_id", "ticker", written=table.when)
    rows = rows.hstack(moments)
    found = [_findings(rows, *rule) for rule in _rules(rows, table.when)]
    found += [_findings(table.frame, *rule) for rule in _texts(table.frame)]
    findings = pl.concat([*found, _twice(rows)]).sort(ROW, maintain_order=True)
    if findings.is_empty():
        return
    where = Location(table.path)
    problems = [
        Problem(code, f"row {row}: {message}", where, hint=hint)
        for row, code, message, hint in findings.head(_SHOWN).iter_rows()
    ]
    if findings.height > _SHOWN:
        rest = findings.height - _SHOWN
        noun = "problem in another row" if rest == 1 else "problems in other rows"
        more = f"{rest:,} more {noun}, {findings.height:,} in all"
        problems.append(Problem("more-rows", more, where))
    raise BadInput(problems)


def _rules(rows: pl.DataFrame, when: str) -> Iterator[Rule]:
    """What a row can get wrong: a mask, a code, the message and the mend."""
    import polars as pl

    written = pl.col("written").cast(pl.String)
    blank = pl.col("written").is_null()
    if rows.schema["written"] == pl.String:
        blank |= pl.col("written").str.strip_chars() == ""
    for name in ("event_id", "ticker"):
        yield pl.col(name).is_null(), "empty", pl.lit(f"`{name}` is empty"), None
    yield blank, "empty", pl.lit(f"`{when}` is empty"), None
    unread = pl.col("day").is_null() & ~blank
    if when == "date":
        told = pl.format("`{}` is not a date", written)
        yield unread, "bad-date", told, "write 2025-10-06"
        hour = pl.col("wall").dt.time() != pl.time(0)
        told = pl.format("`{}` has an hour, but `date` is the session itself", written)
        yield hour, "bad-date", told, "call the column `announced` to let the hour decide"
        return
    told = pl.format("`{}` is not a date or time", written)
    yield unread, "bad-moment", told, "write 2025-10-06 or 2025-10-06T07:00:00-04:00"
    told = pl.format("`{}` is no part of a day", pl.col("session"))
    allowed = f"one of {', '.join(_SESSIONS)}"
    yield ~pl.col("session").is_in(_SESSIONS), "bad-session", told, allowed
    lost = pl.col("wall").is_not_null() & pl.col("instant").is_null() & pl.col("zone").is_not_null()
    told = pl.format(
        "`{}` is no moment in {}: unknown zone, or an hour its clock skips or repeats",
        written,
        pl.col("zone"),
    )
    yield lost, "bad-moment", told, "give the UTC offset"


def _texts(frame: pl.DataFrame) -> Iterator[Rule]:
    """No text may command the terminal of whoever reads it, or be longer than anybody reads."""
    import polars as pl

    for name, dtype in frame.schema.items():
        if dtype == pl.String:
            shown = printable(shortened(name))
            told = pl.lit(f"`{shown}` has a character that would command a terminal")
            hint = "leave out control characters and marks of direction"
            yield pl.col(name).str.contains(PATTERN), "bad-text", told, hint
            most = _LONGEST_NAME if name in _NAMES else _LONGEST_TEXT
            told = pl.lit(f"`{shown}` has more than {most:,} characters")
            yield pl.col(name).str.len_chars() > most, "long-text", told, None


def _findings(
    rows: pl.DataFrame, mask: pl.Expr, code: str, message: pl.Expr, hint: str | None
) -> pl.DataFrame:
    import polars as pl

    # polars 2.1 panics when it formats columns whose chunks differ, hence the rechunk
    bad = rows.filter(mask).rechunk()
    told = message.alias("message"), pl.lit(hint, pl.String).alias("hint")
    return bad.select(ROW, pl.lit(code).alias("code"), *told)


def _twice(rows: pl.DataFrame) -> pl.DataFrame:
    """Name every row after the first that has the same event and ticker."""
    import polars as pl

    pair = ("event_id", "ticker")
    several = rows.filter(
        pl.struct(pair).is_duplicated() & pl.all_horizontal(pl.col(pair).is_not_null())
    )
    several = several.with_columns(first=pl.col(ROW).min().over(pair))
    told = pl.format("event `{}` names {} again, after row {}", *pair, "first")
    return _findings(several, pl.col(ROW) > pl.col("first"), "row-twice", told, None)
