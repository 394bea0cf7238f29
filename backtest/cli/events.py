"""`backtest events`: list, show, check, add and import announcements; their JSON Schema."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from backtest.cli._event_data import (
    existing,
    finding,
    load,
    priced,
    print_json,
    reactions,
    unknown_filters,
)
from backtest.cli._options import cache_folder, cache_option, format_option
from backtest.cli._say import say
from backtest.cli._settings import config_option, setting_option, typed
from backtest.events.default import WRITABLE, default_calendar

Command = TypeVar("Command", bound=Callable[..., Any])

_DAY = click.DateTime(["%Y-%m-%d"])


def _calendar_option(command: Command) -> Command:
    option = setting_option(
        "--events",
        type=click.Path(path_type=Path),
        help="A YAML file or a folder of them.  [default: ./events, else the shipped calendar]",
    )
    return option(command)


def _target_option(command: Command) -> Command:
    option = setting_option(
        "--events",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=WRITABLE,
        show_default=True,
        help="The calendar's folder; made where it is not there.",
    )
    return option(config_option(command))


@click.group("events", epilog="Example: backtest events list --tag chips --since 2025-10-01")
def COMMAND() -> None:
    """List, show, check, add and import announcements."""


@COMMAND.command("list", epilog="Example: backtest events list --ticker ORCL --since 2025-10-01")
@_calendar_option
@click.option("--tag", "tags", multiple=True, help="One of these tags.")
@click.option("--ticker", "tickers", multiple=True, help="One of these parties.")
@click.option("--role", "roles", multiple=True, help="A party in one of these roles.")
@click.option("--since", type=_DAY, help="First day of announcement.")
@click.option("--until", type=_DAY, help="Last day of announcement.")
@click.option("--text", help="Words found anywhere in the announcement.")
@cache_option
@format_option("table", "json")
def list_(
    events: Path | None,
    tags: tuple[str, ...],
    tickers: tuple[str, ...],
    roles: tuple[str, ...],
    since: dt.datetime | None,
    until: dt.datetime | None,
    text: str | None,
    cache: Path | None,
    format_: str,
) -> None:
    """List announcements; of several filters all must hold."""
    from backtest.cli._event_views import listing, row, width
    from backtest.events.select import Filters

    filters = Filters(
        tags=tags,
        tickers=tuple(ticker.upper() for ticker in tickers),
        roles=roles,
        since=since.date() if since else None,
        until=until.date() if until else None,
        text=text,
    )
    calendar = events or default_calendar()
    loaded = load(calendar, cache)
    found = [item for item in loaded if filters.accept(item)]
    if format_ == "json":
        print_json("announcements", [row(item) for item in found], calendar)
    elif found:
        click.echo("\n".join(listing(found, width())))
    if not found:
        told = unknown_filters(loaded, filters) or ["no announcement matches"]
        say("\n".join(told))


@COMMAND.command("show", epilog="Example: backtest events show 2025-10-06-amd-openai-6gw-warrant")
@click.argument("selection", nargs=-1, required=True)
@_calendar_option
@cache_option
@format_option("text", "yaml", "json")
def show(selection: tuple[str, ...], events: Path | None, cache: Path | None, format_: str) -> None:
    """Show announcements in full, and which session reacts to them.

    SELECTION is an id, a pattern of ids, tag:NAME, ticker:NAME or role:NAME.
    """
    from backtest.cli._event_views import page, width
    from backtest.events.compose import compose_all, plain
    from backtest.events.select import select

    calendar = events or default_calendar()
    found = select(load(calendar, cache), selection)
    if format_ == "json":
        print_json("announcements", [plain(item.announcement) for item in found], calendar)
    elif format_ == "yaml":
        click.echo(compose_all([item.announcement for item in found]), nl=False)
    else:
        folder = existing(cache)
        pages = ("\n".join(page(item, reactions(item, folder), width())) for item in found)
        click.echo("\n\n".join(pages))


@COMMAND.command("check", epilog="Example: backtest events check --window -5:5 --ignore rare-word")
@_calendar_option
@setting_option("--window", default="-10:10", show_default=True, help="Event window in sessions.")
@click.option("--ignore", multiple=True, help="Codes of findings to leave out.")
@cache_option
@format_option("text", "json")
def check(
    events: Path | None, window: str, ignore: tuple[str, ...], cache: Path | None, format_: str
) -> int:
    """Look a calendar over; exit 1 when a warning was found, 2 when a file is broken."""
    from backtest.events.check import check, severity
    from backtest.inputs import Clocks
    from backtest.spec import Window

    calendar = events or default_calendar()
    loaded = load(calendar, cache)
    clocks = Clocks(existing(cache))
    known = priced(loaded, cache_folder(cache))
    found = [
        problem
        for problem in check(loaded, clocks, window=Window.parse(window), known_tickers=known)
        if problem.code not in ignore
    ]
    warnings = sum(severity(problem) == "warning" for problem in found)
    if format_ == "json":
        print_json("findings", [finding(problem) for problem in found], calendar)
    else:
        for problem in found:
            click.echo(f"{severity(problem)}[{problem.code}]: {problem}")
    counts = {"announcement": len(loaded), "warning": warnings, "note": len(found) - warnings}
    told = (f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items())
    say(", ".join(told))
    return int(warnings > 0)


@COMMAND.command(
    "add",
    epilog="Example: backtest events add --announced 2025-10-06T07:00:00-04:00 "
    "--title 'AMD and OpenAI agree on 6 GW' --party AMD:counterparty --party OpenAI:customer "
    "--claim 'AMD return 23.7% close: rose 23.7 per cent' --source-title 'AMD jumps'",
)
@_target_option
@click.option("--id", help="Unique name.  [default: the date and the first parties]")
@click.option("--title", help="One line that says what was announced.")
@click.option("--announced", help="Time with UTC offset or [Zone/Name], or a date.")
@click.option(
    "--session",
    type=click.Choice(["pre", "intraday", "post", "unknown"]),
    help="Where in the day a bare date falls.",
)
@click.option("--announcer", help="Who said it, and where.")
@click.option("--party", "parties", multiple=True, help="TICKER:role, or NAME:role; repeat.")
@click.option("--value", type=float, help="Announced value of the deal, such as 300e9.")
@click.option("--currency", help="Its currency.  [default: USD]")
@click.option("--years", type=float, help="Term of the deal.")
@click.option("--financing", help="Class of financing: debt, equity-warrant, spv-lease, …")
@click.option("--tag", "tags", multiple=True, help="Group for the sample tests; repeat.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    help="'TICKER QUANTITY VALUE [BASIS] [START:END]: what was said'; repeat.",
)
@click.option("--source-title", help="Headline of the source.")
@click.option("--source-publisher", help="Who published it.")
@click.option("--source-date", help="Day of publication.")
@click.option("--source-url", help="Its address.")
@click.option("--notes", help="What a reader should know.")
def add(folder: Path, **flags: Any) -> None:
    """Write a new announcement; asks for what is missing when on a terminal."""
    from backtest.cli._event_add import Draft
    from backtest.cli._event_ask import ask, on_terminal
    from backtest.events.compose import compose, write_new

    draft = Draft(**flags)
    if on_terminal():
        draft = ask(draft, folder)
    event = draft.announcement()
    path = folder / f"{event.id}.yaml"
    write_new(path, compose(event), calendar=folder)
    click.echo(str(path))
    elsewhere = f" --events {shlex.quote(str(folder))}" if typed("--events") else ""
    say(f"written; see it with `backtest events show {event.id}{elsewhere}`")


@COMMAND.command("schema", epilog="Example: backtest events schema > announcement.schema.json")
def schema() -> None:
    """Print the JSON Schema of announcement files."""
    from backtest.events.json_schema import json_schema_text

    click.echo(json_schema_text(), nl=False)


@COMMAND.command("exchanges", epilog="Example: backtest events exchanges | grep Tokyo")
def exchanges() -> None:
    """Print the exchanges there are: suffixes of tickers, codes, currency and time zone."""
    from backtest.cli._event_views import markets

    click.echo("\n".join(markets()))


@COMMAND.command("import", epilog="Example: backtest events import deals.csv --role counterparty")
@click.argument("table", type=click.Path(path_type=Path))
@_target_option
@click.option("--role", default="issuer", show_default=True, help="Role where the table has none.")
@click.option("--zone", help="IANA zone of times that have none.")
def import_(table: Path, folder: Path, role: str, zone: str | None) -> None:
    """Write the events of a CSV or Parquet TABLE as announcement files.

    Columns: event_id, ticker, and date (the session that reacts) or announced. Rows of the same
    event become its parties; columns without a meaning of their own become attributes.
    """
    from backtest.events.importing import import_table

    written = import_table(table, folder, role=role, zone=zone)
    click.echo("\n".join(str(path) for path in written))
    noun = "announcement" if len(written) == 1 else "announcements"
    say(f"{len(written)} {noun} written to {folder}")
