"""`backtest curve`: the specification curve."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from backtest.cli._options import (
    as_utf8,
    cache_folder,
    format_option,
    out_option,
    shared_options,
    tell_settings,
)
from backtest.cli._say import note as say_note
from backtest.cli._say import say
from backtest.errors import BadUsage, DataUnavailable


@click.command(
    "curve",
    epilog="Example: backtest curve 2025-10-06-amd-openai-6gw-warrant --ticker AMD "
    "--windows 0:0,-1:1 --prices snapshot",
)
@click.option("--all", "everything", is_flag=True, help="Every event.")
@click.option("--ticker", help="These securities only, by comma.")
@click.option(
    "--benchmarks", help="Tickers by comma.  [default: SPY,QQQ, of which there are prices]"
)
@click.option(
    "--models", help="Models by comma.  [default: market,market_adjusted,mean,ff3,carhart,ff5]"
)
@click.option("--windows", help="CAR windows by comma.  [default: those of `run`]")
@click.option("--returns", help="simple, log, or both by comma.  [default: simple,log]")
@click.option("--estimations", help="Estimation windows by comma.  [default: -260:-11,-130:-11]")
@shared_options(
    *("selection", "events", "prices", "factors", "factor_data", "sectors", "missing"),
    *("min_obs", "cache", "no_cache", "jobs", "engine", "scheduler", "shared"),
)
@format_option(more="; csv is every specification, for a plot")
@out_option("the tables specifications, curves and missing, as Parquet")
def COMMAND(
    everything: bool,
    ticker: str | None,
    format_: str,
    out: Path | None,
    benchmarks: str | None,
    models: str | None,
    windows: str | None,
    returns: str | None,
    estimations: str | None,
    selection: tuple[str, ...],
    factors: str | None,
    cache: Path | None,
    no_cache: bool,
    **study: Any,
) -> int:
    """Estimate events under every benchmark, model, window, returns and estimation window.

    SELECTION picks announcements as for `run`; --all takes every one.
    """
    from backtest.cli._progress import price_progress
    from backtest.specifications.curve import curve
    from backtest.specifications.grid import read_grid

    if everything == bool(selection):
        raise BadUsage.because(
            "no-selection",
            "name events or say --all, one of the two",
            field="selection",
            hint="for example backtest curve ticker:AMD",
        )
    grid = read_grid(benchmarks, models, windows, returns, estimations)
    with price_progress() as progress:
        made = curve(
            grid=grid,
            selection=selection,
            tickers=_words(ticker),
            factors=factors or (),
            cache=False if no_cache else cache_folder(cache),
            store=cache_folder(cache),
            progress=progress,
            **study,
        )
    if format_ == "table":
        from backtest.report._curve import show_curve

        show_curve(made, sys.stdout)
    else:
        as_utf8(sys.stdout)
        csv = format_ == "csv"
        click.echo(
            made.specifications.write_csv() if csv else json.dumps(made.as_dict()), nl=not csv
        )
    written = made.write(out) if out else []
    tell_settings()
    for warning in made.warnings:
        say_note(warning)
    if out:
        say(f"wrote {len(written)} files to {out}")
    if made.specifications.is_empty():
        why = made.missing["reason"][0] if len(made.missing) else "no event names a listed security"
        say(f"error: nothing could be estimated: {why}")
        return DataUnavailable.exit_code
    return 0


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
