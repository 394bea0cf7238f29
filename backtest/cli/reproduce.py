"""`backtest reproduce`: a study computed again from its receipt, and compared bit by bit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.cli._options import as_utf8, cache_folder, format_option, shared_options
from backtest.cli._say import note
from backtest.plain_text import printable

if TYPE_CHECKING:
    from backtest.reproduction import Reproduction

FOUND = 1
NAMED = 20
"""Changed inputs that are named."""


@click.command("reproduce", epilog="Example: backtest reproduce out/receipt.json")
@click.argument("receipt", type=click.Path(path_type=Path))
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="Where the announcements are now.  [default: where they were]",
)
@click.option(
    "--prices", metavar="SOURCE", help="Where the prices are now.  [default: where they were]"
)
@format_option("table", "json")
@shared_options("cache", "jobs")
def COMMAND(
    receipt: Path,
    events: Path | None,
    prices: str | None,
    format_: str,
    cache: Path | None,
    jobs: int | None,
) -> int:
    """Compute a study again from the RECEIPT that `run --out DIR` wrote, and compare every bit.

    Nothing is fetched and nothing kept is used but prices. Exit 1 with the first difference, or
    with the inputs that are not what they were; 3 where one is gone.
    """
    from backtest.reproduction import Elsewhere, reproduce
    from backtest.results.receipt import read_receipt

    plain = read_receipt(receipt)
    done = reproduce(plain, receipt, Elsewhere(events, prices, cache_folder(cache), jobs))
    if format_ == "json":
        as_utf8(sys.stdout)
        click.echo(json.dumps(_plain(done), ensure_ascii=False))
    else:
        _show(done)
    return 0 if done.identical else FOUND


def _plain(done: Reproduction) -> dict[str, object]:
    return {
        "schema_version": 1,
        "identical": done.identical,
        "inputs": done.inputs,
        "difference": done.difference.plain() if done.difference else None,
        "tables": done.tables,
        "rows": done.rows,
        "versions": {name: list(pair) for name, pair in done.versions.items()},
    }


def _show(done: Reproduction) -> None:
    compared = f"{done.tables} tables, {done.rows:,} rows"
    for line in done.inputs[:NAMED]:
        click.echo(printable(f"input: {line}"))
    if len(done.inputs) > NAMED:
        click.echo(f"input: and {len(done.inputs) - NAMED:,} more")
    if done.identical:
        click.echo(f"bit-identical: {compared}, from the same inputs")
    elif done.difference is None:
        click.echo(f"bit-identical all the same: {compared}")
    else:
        click.echo(printable(f"first difference: {done.difference}"))
    if not done.identical:
        for name, (then, now) in done.versions.items():
            note(f"{name} was {then}, is {now}")
