"""How the price commands print what they did and what there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from backtest.prices._record import Record
    from backtest.prices.refresh import Refreshed

_COLUMNS = ("ticker", "first", "last", "rows", "currency", "closes", "provider", "retrieved_at")


def show(results: Sequence[Refreshed]) -> None:
    """Print a line a security to standard output; notes and what is missing to standard error."""
    for result in results:
        for note in result.notes:
            click.echo(f"note: {note}", err=True)
        if result.record is None:
            click.echo(f"missing: {result.ticker}: {result.reason}", err=True)
        else:
            record = result.record
            span = f"{record.first} to {record.last}"
            click.echo(f"{record.ticker:<10} {result.state:<10} {span}  {record.rows} sessions")


def plain(record: Record) -> dict[str, str | int | None]:
    """Return what a record says, as plain values; dates are ISO."""
    values = {name: getattr(record, name) for name in _COLUMNS}
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in values.items()
    }


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
