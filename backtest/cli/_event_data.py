"""What the announcement commands gather before they print."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._options import cache_folder
from backtest.cli._settings import typed

if TYPE_CHECKING:
    from backtest.errors import Problem
    from backtest.events.loaded import LoadedAnnouncement
    from backtest.events.select import Filters


def load(calendar: Path, cache: Path | None) -> list[LoadedAnnouncement]:
    """Load a calendar, by way of the cache where there is one."""
    from backtest.events.load import load_announcements

    return load_announcements(calendar, cache_dir=existing(cache))


def existing(cache: Path | None) -> Path | None:
    """Return the cache folder where there is one: looking at a calendar makes none."""
    folder = cache_folder(cache)
    return folder if typed("--cache") or folder.is_dir() else None


def reactions(item: LoadedAnnouncement, cache: Path | None) -> list[str]:
    """Say which session reacts, once for all parties of whom the same is true."""
    from backtest.events.reactions import party_reactions
    from backtest.inputs import Clocks

    told: dict[str, list[str]] = {}
    for party in party_reactions(item.announcement, Clocks(cache)):
        told.setdefault(party.sentence, []).append(party.ticker)
    return [f"{', '.join(tickers)}: {sentence}" for sentence, tickers in told.items()]


def priced(loaded: Sequence[LoadedAnnouncement], cache: Path) -> set[str]:
    """Return the tickers that the shipped prices or the price store cover."""
    from backtest.prices.provider import Setup, providers
    from backtest.prices.store import PriceStore

    parties = (party for item in loaded for party in item.announcement.parties)
    wanted = {party.ticker for party in parties if party.ticker}
    snapshot = providers.get("snapshot")(Setup(dt.datetime.now(dt.UTC), cache))
    stored = {record.ticker for record in PriceStore(cache / "prices").records()}
    return (wanted - snapshot.bars(wanted, None, None).missing.keys()) | stored


def finding(problem: Problem) -> dict[str, Any]:
    """Return a finding as a row."""
    from backtest.events.check import severity

    where = problem.where
    return {
        "severity": severity(problem),
        "code": problem.code,
        "file": str(where.path) if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "field": problem.field,
        "message": problem.message,
        "hint": problem.hint,
    }


def print_json(table: str, rows: list[dict[str, Any]], calendar: Path) -> None:
    """Print one table as the JSON document that every command prints."""
    from backtest.contracts import SCHEMA_VERSION

    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "spec": None,
        "tables": {table: rows},
        "warnings": [],
        "provenance": {"events": str(calendar)},
    }
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def unknown_filters(loaded: Sequence[LoadedAnnouncement], filters: Filters) -> list[str]:
    """Say which tags, tickers and roles no announcement has, and what may have been meant."""
    from backtest.errors import BadUsage
    from backtest.events.select import select

    asked = (("tag", filters.tags), ("ticker", filters.tickers), ("role", filters.roles))
    words = [f"{kind}:{value}" for kind, values in asked for value in values]
    try:
        select(loaded, words)
    except BadUsage as error:
        return [str(problem) for problem in error.problems]
    return []
