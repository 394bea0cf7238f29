"""`backtest reprocess`: bring a study up to date and show what that cost, stage by stage."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import nullcontext
from typing import Any

import click

from backtest.cli._options import (
    as_utf8,
    cache_folder,
    format_option,
    nothing_studied,
    run_from_options,
    study_options,
    tell,
)
from backtest.cli._say import say
from backtest.errors import BadUsage, DataUnavailable

DERIVED = ("results", "panels", "announcements")
"""What `--all` makes anew; pulled prices and factors, and the sessions of exchanges, stay."""


@click.command("reprocess", epilog="Example: backtest reprocess --prices snapshot --compare last")
@study_options
@click.option("--all", "everything", is_flag=True, help="From scratch, not only what changed.")
@click.option("--compare", metavar="RUN", help="An earlier run: its name, its file, or last.")
@click.option("--name", help="What to call this run.  [default: the time, as 20261122T084500Z]")
@format_option("table", "json")
def COMMAND(
    everything: bool, compare: str | None, name: str | None, format_: str, **study: Any
) -> int:
    """Recompute what changed since the last run, and show what each stage cost.

    Every run is kept below the cache folder, in runs, to compare with.
    """
    from backtest.results.runs import Run, Runs, check_name
    from backtest.results.set_aside import set_aside
    from backtest.stages import recording

    if study["no_cache"]:
        raise BadUsage.because(
            "needs-cache",
            "what changed is known from the cache",
            field="no-cache",
            hint="`backtest run --no-cache` computes without it",
        )
    began = dt.datetime.now(dt.UTC)
    called = check_name(name) if name else began.strftime("%Y%m%dT%H%M%S%fZ")
    folder = cache_folder(study["cache"])
    runs = Runs(folder / "runs")
    before = runs.read(compare) if compare else None
    with set_aside(folder, DERIVED) if everything else nullcontext(), recording() as seen:
        result = run_from_options(**study)
    told = result.provenance
    facts = {"events": told.events, "prices": told.prices, "engine": told.engine}
    run = Run.of(called, began, facts, everything, seen)
    runs.keep(run)
    _show(run, before, format_, result.changes)
    tell(result)
    say(f"kept as {called}")
    return DataUnavailable.exit_code if nothing_studied(result) else 0


def _show(run: Any, before: Any, format_: str, changes: Any) -> None:
    if format_ == "json":
        import json

        as_utf8(sys.stdout)
        compared = before.plain() if before else None
        listed = [] if changes is None else changes.to_dicts()
        told = {"run": run.plain(), "compared": compared, "changes": listed}
        click.echo(json.dumps({"schema_version": 1, **told}))
        return
    from backtest.report._stages import show_run

    show_run(run, before, sys.stdout)
