"""`backtest prices verify`: files and prices checked, findings as a table."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.cli._options import as_utf8, cache_folder, cache_option, format_option
from backtest.cli._say import say
from backtest.plain_text import printable

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.price_check import Checked

FOUND = 1
SHOWN = 50
"""Findings that the table shows."""
_NARROWEST = 30


@click.command()
@click.option(
    "--prices",
    "source",
    metavar="SOURCE",
    help="What to check: snapshot, a table, any source of --prices.  [default: the price store]",
)
@click.option(
    "--check",
    "checks",
    metavar="NAMES",
    help="By comma, of: damaged, duplicate, not-positive, order, gap, stale, constant, "
    "zero-volume, spike, split, adjusted, currency.  [default: all]",
)
@format_option("table", "json", "csv")
@cache_option
def verify(source: str | None, checks: str | None, format_: str, cache: Path | None) -> int:
    """Check stored files against their checksums, and prices against calendars and each other.

    Every finding is pointed at and nothing is changed; exit 1 where there is one.

    \b
    Examples:
      backtest prices verify
      backtest prices verify --prices snapshot
      backtest prices verify --prices my.parquet --check gap --format csv
    """
    from backtest.prices.checks import check_names

    names = check_names(checks)
    folder = cache_folder(cache)
    checked = _store(folder, names) if source is None else _source(source, folder, names)
    _show(checked, format_)
    return FOUND if checked.findings.height else 0


def _store(folder: Path, names: list[str]) -> Checked:
    """Check the price store, and the files of the factors beside it."""
    from dataclasses import replace

    import polars as pl

    from backtest.inputs import Clocks
    from backtest.prices._damage import damage_advice
    from backtest.prices.checks import DAMAGED
    from backtest.prices.factor_store import factor_store
    from backtest.prices.store import price_store
    from backtest.results.price_check import check_store, damage_findings

    store, now = price_store(folder), dt.datetime.now(dt.UTC)
    checked = check_store(store, Clocks(folder).of, now, names)
    damage = factor_store(folder).verify() if DAMAGED in names else []
    torn = checked.findings.filter(pl.col("check") == DAMAGED)["column"].to_list()
    for line in damage_advice(store, torn):
        say(line)
    if damage:
        say("`backtest prices factors` fetches the factors anew")
    found = pl.concat([damage_findings(damage), checked.findings])
    return replace(checked, findings=found)


def _source(word: str, folder: Path, names: list[str]) -> Checked:
    from backtest.inputs import Clocks
    from backtest.prices.source import open_source
    from backtest.results.price_check import check_source

    now = dt.datetime.now(dt.UTC)
    source = open_source(word, cache_dir=folder, now=now, offline=True)
    return check_source(source, Clocks(folder).of, now, names)


def _show(checked: Checked, format_: str) -> None:
    found = checked.findings
    if format_ == "csv":
        as_utf8(sys.stdout)
        click.echo(found.write_csv(), nl=False)
    elif format_ == "json":
        as_utf8(sys.stdout)
        rows = [{**row, **_iso(row)} for row in found.iter_rows(named=True)]
        last = {ticker: day.isoformat() for ticker, day in checked.last.items()}
        told = {"securities": checked.securities, "rows": checked.rows, "last": last}
        click.echo(json.dumps({"schema_version": 1, **told, "findings": rows}, ensure_ascii=False))
    else:
        for line in _lines(found.head(SHOWN)):
            click.echo(printable(line))
    if format_ == "table" and found.height > SHOWN:
        say(f"and {found.height - SHOWN:,} more; --format csv has all")
    say(_summary(checked))


def _iso(row: dict[str, object]) -> dict[str, str | None]:
    return {
        name: day.isoformat() if isinstance(day := row[name], dt.date) else None
        for name in ("date", "until")
    }


def _lines(found: pl.DataFrame) -> list[str]:
    """Return a table: check, ticker, date and why, which goes on below itself."""
    if found.is_empty():
        return []
    names = ("check", "ticker", "date")
    rows = [
        tuple("-" if row[name] is None else str(row[name]) for name in names)
        for row in found.iter_rows(named=True)
    ]
    widths = [max(len(row[at]) for row in [names, *rows]) for at in range(len(names))]
    room = max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns - sum(widths) - 6)

    def line(cells: tuple[str, ...], text: str) -> list[str]:
        head = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        first, *others = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
        return [f"{head}  {first}", *(" " * (sum(widths) + 6) + more for more in others)]

    lines = line(names, "what")
    for row, why in zip(rows, found["why"], strict=True):
        lines += line(row, why)
    return lines


def _summary(checked: Checked) -> str:
    noun = "security" if checked.securities == 1 else "securities"
    looked = f"{checked.securities:,} {noun}, {checked.rows:,} rows checked"
    counts = checked.findings.group_by("check", maintain_order=True).len().rows()
    if not counts:
        return f"{looked}: nothing found"
    return f"{looked}: {', '.join(f'{count:,} {check}' for check, count in counts)}"
