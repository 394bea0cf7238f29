"""`backtest show`: one event in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._options import nothing_studied, run_from_options, study_settings, tell
from backtest.errors import DataUnavailable

if TYPE_CHECKING:
    from backtest.events.loaded import LoadedAnnouncement
    from backtest.report._show import News


@click.command(
    "show", epilog="Example: backtest show 2025-10-06-amd-openai-6gw-warrant --prices snapshot"
)
@click.argument("event")
@study_settings
def COMMAND(event: str, events: Path | None, cache: Path | None, **study: Any) -> int:
    """Draw one event: its CARs, who gained and lost, claims, confounders.

    EVENT is an id, a pattern of ids, or how an id begins.
    """
    from backtest.events.default import default_calendar
    from backtest.events.select import the_one
    from backtest.inputs import BULK
    from backtest.report._show import show_event

    calendar = events or default_calendar()
    news: list[News] = []
    selection: tuple[str, ...] = ()
    if calendar.suffix.lower() not in BULK:
        found = _find(calendar, cache, event)
        event, selection, news = found.id, (found.id,), _news(found)
    result = run_from_options(selection=selection, events=calendar, cache=cache, **study)
    event = the_one(result.headlines["event_id"].to_list(), event)
    show_event(result, event, news, sys.stdout)
    tell(result)
    return DataUnavailable.exit_code if nothing_studied(result) else 0


def _find(calendar: Path, cache: Path | None, word: str) -> LoadedAnnouncement:
    """Return the announcement of a calendar that a word names.

    Raises:
        BadUsage: it names none, or several.
    """
    from backtest.cli._event_data import load
    from backtest.events.select import the_one

    loaded = {item.id: item for item in load(calendar, cache)}
    return loaded[the_one(list(loaded), word)]


def _news(item: LoadedAnnouncement) -> list[News]:
    from backtest.report._show import News

    return [News(one.date, one.what, one.tickers) for one in item.announcement.confounders]
