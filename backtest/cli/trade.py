"""`backtest trade`: what could have been earned."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._options import (
    as_utf8,
    format_option,
    out_option,
    study_settings,
    tell_settings,
)
from backtest.cli._say import note as say_note
from backtest.cli._say import say
from backtest.cli._trading import axes_of, check_page, swept, traded
from backtest.errors import BadUsage, DataUnavailable

if TYPE_CHECKING:
    from backtest.strategy.judged import Judged
    from backtest.strategy.sweep_study import SweepResult
    from backtest.strategy.tables import TradeResult

    Made = Judged | SweepResult


@click.command(
    "trade", epilog="Example: backtest trade round-trip-to-the-cut --prices snapshot --out out/"
)
@click.argument("strategies", nargs=-1, metavar="[STRATEGY]...")
@click.option(
    "--select",
    "selection",
    multiple=True,
    metavar="WORD",
    help="Announcements that may be traded, as SELECTION of `run`; may be repeated.",
)
@click.option(
    "--capital",
    type=click.FloatRange(min=0, min_open=True),
    default=1e6,
    show_default="1000000",
    help="Money at the start, of each strategy, in the currency of the prices.",
)
@click.option(
    "--placebo",
    type=click.IntRange(min=0, max=1_000_000),
    help="Times the same trades are drawn on random dates.  [default: 999; 499 of a sweep]",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the random dates."
)
@click.option("--sweep", is_flag=True, help="Trade variants of each strategy; all are shown.")
@click.option(
    "--entries", help="For --sweep, by comma.  [default: auction,close,next_open,close+1]"
)
@click.option("--exits", help="For --sweep: sessions held, by comma.  [default: 1,3,5,10,20]")
@click.option("--hedges", help="For --sweep, by comma.  [default: none,market,beta]")
@click.option(
    "--where",
    "filters",
    multiple=True,
    metavar="CONDITION",
    help="For --sweep: in place of the strategy's own; may be repeated.",
)
@click.option(
    "--parts",
    type=click.IntRange(min=1, max=100),
    help="For --sweep: times a variant is chosen on the past and judged after.  [default: 3]",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write a tear sheet as one HTML file, or the page of a sweep.",
)
@click.option("--list", "listed", is_flag=True, help="List the strategies and stop.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a strategy file and stop.")
@study_settings
@format_option(
    "table", "json", "csv", "parquet", more="; csv is the trades, or the variants of a sweep"
)
@out_option("every table, as Parquet")
def COMMAND(
    strategies: tuple[str, ...],
    selection: tuple[str, ...],
    capital: float,
    placebo: int | None,
    seed: int,
    sweep: bool,
    entries: str | None,
    exits: str | None,
    hedges: str | None,
    filters: tuple[str, ...],
    parts: int | None,
    page: Path | None,
    listed: bool,
    schema: bool,
    format_: str,
    out: Path | None,
    **study: Any,
) -> int:
    """Trade announcements by a rule, when they were known, at prices one could have had.

    STRATEGY is the id of a strategy (--list), or a YAML file of your own; all by default.
    """
    if schema:
        from backtest.strategy.json_schema import json_schema_text

        click.echo(json_schema_text(), nl=False)
        return 0
    if format_ == "parquet" and out is None:
        raise BadUsage.because(
            "needs-out", "parquet goes into files", field="format", hint="name a folder: --out DIR"
        )
    from backtest.strategy.load import find_strategies

    loaded = find_strategies(strategies)
    if listed:
        from backtest.report._strategies import show_strategies

        show_strategies(loaded, sys.stdout)
        return 0
    if page:
        check_page(page)
    axes = axes_of(sweep, entries, exits, hedges, filters, parts)
    place = selection, capital, study
    made: Made
    if axes is None:
        made = traded(loaded, *place, runs=placebo, seed=seed)
    else:
        made = swept(loaded, axes, *place, runs=placebo, seed=seed, parts=parts)
    _show(made, format_)
    written = made.write(out) if out else []
    if page:
        _write_page(made, page)
    tell_settings()
    for warning in _notes(made):
        say_note(warning)
    if out:
        say(f"wrote {len(written)} files to {out}")
    elif format_ == "table" and not page:
        click.echo("no files were written; --out DIR writes all tables", err=True)
    why = _why_nothing(made)
    if why:
        say(f"error: nothing was traded: {why}")
        return DataUnavailable.exit_code
    return 0


def _show(made: Made, format_: str) -> None:
    from backtest.strategy.judged import Judged

    if format_ == "parquet":
        return
    if format_ != "table":
        as_utf8(sys.stdout)
        table = made.result.trades if isinstance(made, Judged) else made.sweep
        csv = format_ == "csv"
        text = table.write_csv() if csv else json.dumps(made.as_dict(), default=str) + "\n"
        click.echo(text, nl=False)
    elif isinstance(made, Judged):
        from backtest.report._trades import show_trades

        show_trades(made, sys.stdout)
    else:
        from backtest.report._sweep import show_sweep

        show_sweep(made, sys.stdout)


def _write_page(made: Made, path: Path) -> None:
    from backtest.report.html.file import write_page
    from backtest.report.html.sweep_sheet import sweep_sheet
    from backtest.report.html.trade_sheet import trade_sheet
    from backtest.strategy.judged import Judged

    text = trade_sheet(made) if isinstance(made, Judged) else sweep_sheet(made)
    written = write_page(text, path, field="report")
    say(f"wrote {path}, {written / 1e6:.1f} MB")


def _notes(made: Made) -> list[str]:
    return list(made.warnings)


def _why_nothing(made: Made) -> str | None:
    """Return why nothing was traded, None where something was."""
    from backtest.strategy.judged import Judged

    if isinstance(made, Judged):
        return None if made.result.trades.height else _untraded(made.result)
    return None if made.sweep["trades"].sum() else "no variant of any strategy has an order filled"


def _untraded(made: TradeResult) -> str:
    from backtest.strategy.verdict import why_nothing

    lost = made.untraded["reason"].to_list()
    more = "; the table `untraded` has every reason" if lost else ""
    return f"{why_nothing(lost)}{more}"
