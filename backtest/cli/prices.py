"""`backtest prices`: pull prices and factors into the cache, see what is there, check, import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.cli._factor_views import plain_factors, show_factors, told_factors
from backtest.cli._options import cache_folder, cache_option, format_option
from backtest.cli._price_import import import_table
from backtest.cli._price_verify import verify
from backtest.cli._price_views import (
    as_table,
    plain,
    plain_revisions,
    revision_lines,
    show,
    show_unreadable,
)
from backtest.cli._progress import price_progress
from backtest.cli._say import say
from backtest.cli._settings import setting_option
from backtest.errors import BacktestError, BadUsage, Problem
from backtest.plain_text import printable
from backtest.spec import StudySpec

if TYPE_CHECKING:
    from backtest.prices.refresh import Refreshed

UNAVAILABLE = 3


@click.group()
def prices() -> None:
    """Pull prices and factors, and see what is stored.

    \b
    Examples:
      backtest prices pull ORCL AMD SPY
      backtest prices pull --events events/
      backtest prices factors
      backtest prices status
    """


@prices.command()
@click.argument("tickers", nargs=-1)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="Pull every ticker of these announcements, and the benchmark.",
)
@setting_option(
    "--benchmark",
    default=StudySpec().benchmark,
    show_default=True,
    help="Pulled with the announcements.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day to ask for.  [default: as far back as there is]",
)
@setting_option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Requests a second.",
)
@cache_option
def pull(
    tickers: tuple[str, ...],
    events: Path | None,
    benchmark: str,
    since: dt.datetime | None,
    rate: float,
    cache: Path | None,
) -> int:
    """Pull prices, dividends, splits and share counts from Yahoo Finance into the store.

    Only what is missing is asked for. Without TICKERS and --events, everything that is stored is
    brought up to date. A pull that was stopped goes on where it was when it is run again.

    \b
    Example:
      backtest prices pull ORCL AMD SPY
    """
    from backtest.prices.provider import Setup
    from backtest.prices.providers.yahoo import Yahoo
    from backtest.prices.pull import pull as pull_all
    from backtest.prices.store import price_store

    folder = cache_folder(cache)
    store = price_store(folder)
    stored = [record.ticker for record in store.records()]
    _refuse_what_is_no_ticker(tickers)
    named = _wanted(tickers, events, benchmark)
    if not named:
        show_unreadable(store.unreadable())
    wanted = named or stored
    if not wanted:
        raise BadUsage.because(
            "nothing-to-pull", "name tickers, or --events", hint="backtest prices pull ORCL SPY"
        )
    now = dt.datetime.now(dt.UTC)
    yahoo = Yahoo(Setup(now=now, cache_dir=folder, rate=rate))
    results: list[Refreshed] = []
    try:
        with price_progress() as progress:

            def done(result: Refreshed) -> None:
                results.append(result)
                if progress:
                    progress(result.ticker, len(results), len(wanted))

            pull_all(store, yahoo, wanted, now, since.date() if since else None, done)
    except BacktestError as error:
        show(results)
        raise _stopped(error, len(results), len(wanted)) from error
    finally:
        yahoo.close()
    show(results)
    return UNAVAILABLE if any(result.state == "missing" for result in results) else 0


@prices.command()
@cache_option
def factors(cache: Path | None) -> None:
    """Fetch the daily factors of Kenneth French's data library, or bring them up to date.

    The five factors (2x3) and momentum, in place of the shipped ones where they reach further.

    \b
    Example:
      backtest prices factors
    """
    from backtest.prices.factor_refresh import refresh_factors
    from backtest.prices.factor_store import factor_store

    store = factor_store(cache_folder(cache))
    show_factors(refresh_factors(store, dt.datetime.now(dt.UTC)))


@prices.command()
@format_option("table", "json")
@cache_option
def status(format_: str, cache: Path | None) -> None:
    """Show what the price store, the shipped snapshot and the factors hold, and what was revised.

    Where a source changed the past, the version before is kept, five a security at most.

    \b
    Example:
      backtest prices status --format json
    """
    from backtest.prices.factor_store import factor_store
    from backtest.prices.store import price_store

    store, fetched = price_store(cache_folder(cache)), factor_store(cache_folder(cache))
    records, unreadable = store.records(), store.unreadable()
    if format_ == "json":
        import json

        listed = [{**plain(one), "revisions": plain_revisions(one)} for one in records]
        torn = [{"file": file, "why": why} for file, why in unreadable.items()]
        held = {"prices": listed, "unreadable": torn, "factors": plain_factors(fetched)}
        click.echo(json.dumps({"schema_version": 1, **held}))
        return
    if records:
        click.echo(as_table(records))
        for line in revision_lines(records):
            click.echo(printable(line))
    show_unreadable(unreadable)
    if not records and not unreadable:
        say(f"nothing is stored in {store.folder}")
    from backtest.prices.providers.snapshot import Snapshot

    say(f"besides: {Snapshot().describe()}")
    say(f"factors: {told_factors(fetched)}")


prices.add_command(verify)
prices.add_command(import_table)


def _wanted(tickers: Sequence[str], events: Path | None, benchmark: str) -> list[str]:
    wanted = [ticker.strip().upper() for ticker in tickers]
    if events is not None:
        wanted += [*_tickers_of(events), benchmark]
    return list(dict.fromkeys(wanted))


def _refuse_what_is_no_ticker(typed: Sequence[str]) -> None:
    """Check what was typed before anybody is asked.

    Raises:
        BadUsage: with every word that cannot be a ticker.
    """
    from backtest.prices.providers.yahoo import not_a_ticker

    why = {word: not_a_ticker(word.strip().upper()) for word in typed}
    problems = [
        Problem("no-ticker", f"`{word}`: {reason}", field="tickers")
        for word, reason in why.items()
        if reason
    ]
    if problems:
        raise BadUsage(problems)


def _tickers_of(events: Path) -> list[str]:
    """Return the tickers of a calendar or a bulk table."""
    if events.suffix.lower() in (".csv", ".parquet"):
        from backtest.events.bulk_rows import read_table

        return sorted(read_table(events).frame["ticker"].drop_nulls().unique().to_list())
    from backtest.events.load import load_announcements

    parties = (p for item in load_announcements(events) for p in item.announcement.parties)
    return sorted({party.ticker for party in parties if party.ticker})


def _stopped(error: BacktestError, saved: int, wanted: int) -> BacktestError:
    """Say how far a pull came; the error keeps its kind and so its exit code."""
    first, *others = error.problems
    message = f"{first.message}; {saved} of {wanted} securities are saved"
    return type(error)(
        [Problem(first.code, message, first.where, first.field, first.hint), *others]
    )


COMMAND = prices
