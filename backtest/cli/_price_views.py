"""How the price commands print what they did and what there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from backtest.cli._say import note as say_note
from backtest.cli._say import say

if TYPE_CHECKING:
    from backtest.prices._record import Record
    from backtest.prices.refresh import Refreshed

_COLUMNS = ("ticker", "first", "last", "rows", "currency", "closes", "provider", "retrieved_at")


def show(results: Sequence[Refreshed]) -> None:
    """Print a line a security to standard output; notes and what is missing to standard error."""
    for result in results:
        for note in result.notes:
            say_note(note)
        if result.record is None:
            say(f"missing: {result.ticker}: {result.reason}")
        else:
            record = result.record
            span = f"{record.first} to {record.last}"
            click.echo(f"{record.ticker:<10} {result.state:<10} {span}  {record.rows} sessions")


def show_unreadable(torn: Mapping[str, str]) -> None:
    """Say of records that cannot be read what is wrong and how to mend it.

    Args:
        torn: what is wrong, by file name.
    """
    from backtest.prices._damage import how_to_mend

    for file, why in torn.items():
        say_note(why if file in why else f"{file}: {why}")
    if torn:
        say_note(how_to_mend({None}, "it" if len(torn) == 1 else "them"))


def plain(record: Record) -> dict[str, str | int | None]:
    """Return what a record says, as plain values; dates are ISO."""
    return _plain(record, _COLUMNS)


def plain_revisions(record: Record) -> list[dict[str, str | int | None]]:
    """Return the earlier versions of a security that are kept, the newest first."""
    names = ("provider", "retrieved_at", "replaced_at", "first", "last", "rows", "why")
    return [_plain(one, names) for one in record.earlier]


def _plain(said: object, names: Sequence[str]) -> dict[str, str | int | None]:
    values = {name: getattr(said, name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in values.items()
    }


def revision_lines(records: Sequence[Record]) -> list[str]:
    """Return a line for each history that was revised, by ticker, the newest revision first."""
    return [
        f"{record.ticker}: {one.name} revised {one.replaced_at:%Y-%m-%d %H:%M}: {one.why}"
        for record in records
        for one in record.earlier
    ]


def as_table(records: Sequence[Record]) -> str:
    """Return aligned columns."""
    rows = [
        _COLUMNS,
        *(tuple(_cell(*pair) for pair in plain(record).items()) for record in records),
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    lines = ("  ".join(f"{v:<{w}}" for v, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _cell(name: str, value: str | int | None) -> str:
    """Return a value as it is, a moment to the second."""
    if value is None:
        return "-"
    return str(value)[:19] if name == "retrieved_at" else str(value)
