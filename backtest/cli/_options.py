"""Options that several commands share, and the study they describe."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from backtest.cli._say import note as say_note
from backtest.cli._say import say
from backtest.cli._settings import config_option, session, setting_option
from backtest.inputs import default_cache
from backtest.spec import DEFAULT_TESTS, StudySpec

if TYPE_CHECKING:
    from backtest.plan import Plan
    from backtest.results.result import StudyResult

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = StudySpec()


def cache_folder(chosen: Path | None) -> Path:
    """Return the cache folder: the option, `BACKTEST_CACHE`, or `cache` here."""
    return chosen or default_cache()


_cache = setting_option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Cache folder.  [default: $BACKTEST_CACHE or ./cache]",
)

events_option = setting_option(
    "--events",
    type=click.Path(path_type=Path),
    help="Announcements: a YAML file, a folder of them, or a .csv/.parquet table.  "
    "[default: ./events, else the shipped calendar]",
)


def cache_option(command: Command) -> Command:
    """Add the options `--cache` and `--config`, of every command that reads or keeps anything."""
    return _cache(config_option(command))


def format_option(*names: str, more: str = "") -> Callable[[Command], Command]:
    """Return the option `--format` of a command that prints these, the first by default.

    Args:
        names: the formats; table, json and csv when none is named.
        more: what its help says besides.
    """
    names = names or ("table", "json", "csv")
    return click.option(
        "--format",
        "format_",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help=f"What goes to stdout{more}.",
    )


def out_option(holds: str) -> Callable[[Command], Command]:
    """Return the option `--out` of a command that writes what `holds` says."""
    return click.option(
        "--out", type=click.Path(file_okay=False, path_type=Path), help=f"Folder for {holds}."
    )


_STUDY = (
    click.argument("selection", nargs=-1),
    events_option,
    setting_option(
        "--prices",
        default="auto",
        show_default=True,
        help="auto, snapshot, yahoo; a price table, a folder of them or an address "
        "(.parquet, .csv, s3://…); or KIND:PLACE, as stooq:DIR, folder:DIR (a file a ticker), "
        "duckdb:FILE?table=NAME. PLACE?close=total-return says what its close is.",
    ),
    setting_option("--benchmark", default=_DEFAULT.benchmark, show_default=True, help="Ticker."),
    setting_option(
        "--model", default="market", show_default=True, help="Expected-return models, by comma."
    ),
    setting_option(
        "--factors",
        help="What --model factors regresses on, as rf+mkt_rf+SMH: small letters name a column of "
        "the factor data, CAPITALS a ticker of the prices, market the benchmark. With rf, returns "
        "of securities are in excess of it, else raw.",
    ),
    setting_option(
        "--factor-data",
        type=click.Path(path_type=Path),
        help="Daily factor returns in decimals (.csv, .parquet): date and what the models need of "
        "mkt_rf, smb, hml, rmw, cma, mom, rf.  [default: the French library as fetched by "
        "`backtest prices factors`, else the shipped ones]",
    ),
    setting_option(
        "--sectors",
        type=click.Path(path_type=Path),
        help="A table (.csv, .parquet) with ticker and sector: the controls of --model matched "
        "and synthetic are of the same sector.",
    ),
    setting_option(
        "--estimation",
        default=str(_DEFAULT.estimation),
        show_default=True,
        help="Estimation window in sessions from the event day.",
    ),
    setting_option(
        "--window", default=str(_DEFAULT.window), show_default=True, help="Event window."
    ),
    setting_option("--cars", help="CAR windows, by comma.  [default: the usual ones that fit]"),
    setting_option("--returns", type=click.Choice(["simple", "log"]), default="simple"),
    setting_option(
        "--measure",
        type=click.Choice(["return", "volume", "volatility"]),
        default="return",
        show_default=True,
        help="What is studied: returns, log volume, or squared abnormal returns.",
    ),
    setting_option(
        "--tests",
        default=",".join(DEFAULT_TESTS),
        show_default=True,
        help="Tests by comma, or all: see `backtest tests`.",
    ),
    setting_option(
        "--group-by", help="Groups of the sample tests: tag, role, financing or an attribute."
    ),
    setting_option(
        "--missing",
        type=click.Choice(["strict", "lenient"]),
        default="strict",
        show_default=True,
        help="A missing day inside a CAR window: no CAR, or the sum of the other days.",
    ),
    setting_option(
        "--min-obs", type=int, default=100, show_default=True, help="Fewest estimation days."
    ),
    _cache,
    setting_option(
        "--no-cache/--use-cache",
        default=False,
        help="Neither read nor keep results, nor fetched factors; stored prices are read as ever.",
    ),
    setting_option(
        "--jobs",
        type=click.IntRange(min=1),
        help="Threads, or worker processes of dask.  [default: all processors]",
    ),
    setting_option(
        "--engine",
        default="local",
        show_default=True,
        help="Where blocks are computed: local (threads here) or dask (processes, also of other "
        "machines). The numbers are the same.",
    ),
    setting_option(
        "--scheduler",
        help="Address of a running Dask scheduler, as tcp://host:8786, for --engine dask.  "
        "[default: workers are started here]",
    ),
    setting_option(
        "--shared",
        metavar="PLACE",
        help="For --engine dask: a folder or address (s3://…) that all machines see. Workers read "
        "the panel there and keep blocks in it, from which an interrupted study goes on.",
    ),
    config_option,
)


def study_options(command: Command) -> Command:
    """Add the selection and every option of a study."""
    return _with(command, _STUDY)


def study_settings(command: Command) -> Command:
    """Add every option of a study, without the selection."""
    return _with(command, _STUDY[1:])


def shared_options(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds these options of a study, by the names of their values."""

    def add(command: Command) -> Command:
        wanted = (*names, "config")
        return _with(command, [option for option in _STUDY if _value_of(option) in wanted])

    return add


def _with(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _value_of(option: Callable[[Callable[..., Any]], Any]) -> str:
    """Return the name of the value an option decorator gives."""
    (parameter,) = option(lambda: None).__click_params__
    name: str = parameter.name
    return name


def run_from_options(**options: Any) -> StudyResult:
    """Run the study that the options describe; names are those of `backtest.api.run`."""
    from backtest.api import run
    from backtest.cli._progress import price_progress

    with price_progress() as progress:
        return run(**_arguments(**options), progress=progress)


@contextmanager
def plan_from_options(**options: Any) -> Iterator[Plan]:
    """Plan the study that the options describe; what is fetched inside `with` shows how far."""
    from backtest.api import planned
    from backtest.cli._progress import price_progress

    with price_progress() as progress:
        yield planned(**_arguments(**options), progress=progress)


def _arguments(
    *,
    cars: str | None,
    group_by: str | None,
    factors: str | None,
    cache: Path | None,
    no_cache: bool,
    **options: Any,
) -> dict[str, Any]:
    """Return options as the arguments of `backtest.api.run`."""
    return {
        "cars": cars.split(",") if cars else (),
        "group_by": group_by or (),
        "factors": factors or (),
        "cache": False if no_cache else cache_folder(cache),
        "store": cache_folder(cache),
        **options,
    }


def as_utf8(stream: TextIO) -> None:
    """Let a stream that programs read be UTF-8 whatever the locale: JSON is nothing else."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")


def tell(result: StudyResult) -> None:
    """Say on stderr what the user should know besides the tables."""
    from backtest.report._changes import show_changes
    from backtest.results.changes import is_change

    tell_settings()
    for warning in result.warnings:
        if not is_change(warning):
            say_note(warning)
    show_changes(result, sys.stderr)
    told = result.provenance
    if told.computed:
        reused = f", {told.reused:,} taken from the cache" if told.reused else ""
        say(f"computed {_observations(told.computed)}{reused}")
    elif told.reused:
        say(f"nothing to compute: all {_observations(told.reused)} came from the cache")


def tell_settings() -> None:
    """Say on stderr which settings file was followed: it may lie above, where nobody looks."""
    file = session().file
    if file and file.entries:
        say(f"settings from {file.path}")


def nothing_studied(result: StudyResult) -> bool:
    """Whether no observation could be used at all; says so on stderr."""
    import polars as pl

    from backtest.results.event_frames import OK

    some = result.scan("fits").filter(pl.col("status") == OK).head(1).collect()
    if len(some):
        return False
    left = result.excluded
    why = "no event names a listed security"
    if len(left):
        event, ticker, _, reason = left.row(0)
        more = f" (and {len(left) - 1:,} more)" if len(left) > 1 else ""
        why = f"{event} {ticker}: {reason}{more}; the table `excluded` has every reason"
    say(f"error: nothing could be studied: {why}")
    return True


def _observations(count: int) -> str:
    return f"{count:,} observation{'' if count == 1 else 's'}"
