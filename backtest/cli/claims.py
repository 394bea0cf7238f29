"""`backtest claims`: the ledger of headline numbers alone."""

from __future__ import annotations

import sys
from typing import Any

import click

from backtest.cli._options import as_utf8, format_option, run_from_options, study_options, tell


@click.command("claims", epilog="Example: backtest claims ticker:AMD --prices snapshot")
@study_options
@format_option()
@click.option("--strict", is_flag=True, help="Exit 1 when a claim is contradicted.")
def COMMAND(format_: str, strict: bool, **study: Any) -> int:
    """Check headline numbers against the prices: confirmed, contradicted or unverifiable."""
    result = run_from_options(**study)
    if format_ != "table":
        as_utf8(sys.stdout)
    if format_ == "json":
        click.echo(result.claims.write_json())
    elif format_ == "csv":
        click.echo(result.claims.write_csv(), nl=False)
    else:
        from backtest.report._claims import show_ledger

        show_ledger(result, sys.stdout)
    tell(result)
    return int(strict and "contradicted" in result.claims["verdict"].to_list())
