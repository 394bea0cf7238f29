"""`backtest run`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from backtest.cli._options import (
    as_utf8,
    nothing_studied,
    out_option,
    run_from_options,
    study_options,
    tell,
)
from backtest.cli._say import say
from backtest.errors import BadUsage, DataUnavailable


@click.command(
    "run",
    epilog="Example: backtest run tag:chips --prices snapshot --cars 0:0,-1:1 --out out/",
)
@study_options
@click.option(
    "--format",
    "format_",
    default="table",
    show_default=True,
    help="What goes to stdout: table, json, csv (the CARs), parquet (with --out only).",
)
@out_option("all tables as Parquet (as CSV too with --format csv) and the receipt")
@click.option("--strict", is_flag=True, help="Exit 1 when a claim is contradicted.")
def COMMAND(format_: str, out: Path | None, strict: bool, **study: Any) -> int:
    """Run an event study and show what the market did.

    SELECTION picks announcements: ids (2025-10-06-*), tag:chips, ticker:ORCL, role:counterparty.
    """
    from backtest.report import formats

    shown = formats.get(format_)
    if out is None and not shown.streams:
        raise BadUsage.because(
            "needs-out",
            f"{format_} goes into files",
            field="format",
            hint="name a folder: --out DIR",
        )
    result = run_from_options(**study)
    if format_ != "table":
        as_utf8(sys.stdout)
    if shown.streams:
        shown.show(result, sys.stdout)
    written = shown.write(result, out) if out else []
    tell(result)
    if out:
        say(f"wrote {len(written)} files to {out}")
    elif format_ == "table":
        say("no files were written; --out DIR writes all tables")
    if nothing_studied(result):
        return DataUnavailable.exit_code
    return int(strict and "contradicted" in result.claims["verdict"].to_list())
