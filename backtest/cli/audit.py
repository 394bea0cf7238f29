"""`backtest audit`: how far the tests can be trusted on one's own prices."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from backtest.cli._options import (
    as_utf8,
    cache_folder,
    cache_option,
    format_option,
    out_option,
    tell_settings,
)
from backtest.cli._progress import piece_progress
from backtest.cli._say import note as say_note
from backtest.cli._say import say
from backtest.cli._settings import setting_option
from backtest.errors import BadUsage
from backtest.spec import StudySpec

if TYPE_CHECKING:
    from backtest.report._size_audit import SizeFormat

Number = TypeVar("Number", int, float)

_DEFAULT = StudySpec()


@click.group("audit", epilog="Example: backtest audit size --prices prices.parquet")
def COMMAND() -> None:
    """Placebo studies: the size and power of every test on your own universe."""


@COMMAND.command(
    "size", epilog="Example: backtest audit size --prices prices.parquet --events 50 --same-date"
)
@setting_option(
    "--prices",
    default="snapshot",
    show_default=True,
    help="A source as of `run`: a price table, KIND:PLACE, or snapshot, only twelve securities.",
)
@setting_option("--benchmark", default=_DEFAULT.benchmark, show_default=True, help="Ticker.")
@click.option(
    "--samples", type=int, default=1000, show_default=True, help="Samples of each kind and size."
)
@click.option(
    "--power-samples",
    type=int,
    default=1000,
    show_default=True,
    help="How many of them, at most, are tested again with each return added.",
)
@click.option(
    "--events", default="1,5,20,50", show_default=True, help="Events in a sample, by comma."
)
@click.option(
    "--same-date/--random",
    "same_date",
    default=None,
    help="Events that share one date, or on random dates.  [default: both]",
)
@click.option("--window", default="0:0", show_default=True, help="Event window, tested whole.")
@setting_option(
    "--estimation", default=str(_DEFAULT.estimation), show_default=True, help="Estimation window."
)
@setting_option(
    "--min-obs", type=int, default=_DEFAULT.min_obs, show_default=True, help="Fewest days of it."
)
@click.option(
    "--add",
    default="0,0.005,0.01,0.02",
    show_default=True,
    help="Returns added on day 0, decimals by comma; 0 is the size.",
)
@click.option("--tests", help="By comma, or all.  [default: all that do not resample]")
@click.option("--seed", type=int, default=1985, show_default=True, help="Of the random numbers.")
@setting_option("--jobs", type=click.IntRange(min=1), help="Processes.  [default: all processors]")
@format_option()
@out_option("the table, as size.parquet")
@cache_option
def size(
    prices: str,
    benchmark: str,
    samples: int,
    power_samples: int,
    events: str,
    same_date: bool | None,
    window: str,
    estimation: str,
    min_obs: int,
    add: str,
    tests: str | None,
    seed: int,
    jobs: int | None,
    format_: SizeFormat,
    out: Path | None,
    cache: Path | None,
) -> None:
    """Count how often each test rejects where nothing happened (Brown & Warner 1985).

    Samples of random securities, on random dates or sharing one, are studied like events: at 5 % a
    test should reject 5 % of them, and most of those with a return added.
    """
    from backtest.audit.draw import DESIGNS
    from backtest.audit.size import audit_size
    from backtest.audit.size_plan import SizePlan
    from backtest.files import write_tables
    from backtest.prices.source import open_source
    from backtest.report._size_audit import show_size
    from backtest.spec import Window

    plan = SizePlan(
        samples=samples,
        power_samples=power_samples,
        events=_numbers(events, int, "events"),
        designs=DESIGNS if same_date is None else (DESIGNS[same_date],),
        added=_numbers(add, float, "add"),
        tests=tuple(part.strip() for part in (tests or "").split(",") if part.strip()),
        window=Window.parse(window, "window"),
        estimation=Window.parse(estimation, "estimation"),
        min_obs=min_obs,
        benchmark=benchmark,
        seed=seed,
    )
    source = open_source(prices, cache_dir=cache_folder(cache), now=dt.datetime.now(dt.UTC))
    with piece_progress() as progress:
        audit = audit_size(plan, source, jobs=jobs or os.cpu_count() or 1, progress=progress)
    if format_ != "table":
        as_utf8(sys.stdout)
    show_size(audit, format_, sys.stdout)
    tell_settings()
    for note in audit.notes:
        say_note(note)
    if out:
        (path,) = write_tables({"size": audit.table}, out)
        say(f"wrote {path}")


def _numbers(text: str, kind: Callable[[str], Number], option: str) -> tuple[Number, ...]:
    """Read numbers separated by commas.

    Raises:
        BadUsage: a word that is none.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        return tuple(kind(word) for word in words)
    except ValueError:
        raise BadUsage.because(
            "not-numbers",
            f"`{text}` is not a list of {'whole ' if kind is int else ''}numbers",
            field=option,
            hint="separate them by commas",
        ) from None
