"""How the price commands print which factors there are and what a refresh did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._say import say

if TYPE_CHECKING:
    from backtest.prices.factor_refresh import RefreshedFactors
    from backtest.prices.factor_store import FactorRecord, FactorStore


def show_factors(refreshed: RefreshedFactors) -> None:
    """Print what is stored now and what changed; what else to know goes to standard error."""
    from backtest.prices.factors import load_factors

    if refreshed.damage:
        say(f"note: what was stored was damaged ({refreshed.damage}); fetched anew")
    click.echo(f"factors   {_reach(refreshed.record)}")
    click.echo(f"source    {refreshed.record.source}")
    click.echo(f"changed   {_changes(refreshed)}")
    if not refreshed.used:
        shipped = f"the shipped ones, to {load_factors().last_date}"
        say(f"note: studies go on with {shipped}: these reach no further")


def told_factors(store: FactorStore) -> str:
    """Say in one line how far the fetched and the shipped factors reach."""
    from backtest.prices._record import Damaged
    from backtest.prices.factors import load_factors

    try:
        record = store.record()
    except Damaged as damage:
        fetched = f"the fetched ones are damaged ({damage})"
    else:
        fetched = (
            f"French library, {_reach(record)}, fetched {record.retrieved_at.date()}"
            if record
            else "none fetched (`backtest prices factors`)"
        )
    return f"{fetched}; shipped to {load_factors().last_date}"


def plain_factors(store: FactorStore) -> dict[str, Any]:
    """Return what is fetched, None where nothing readable is, and how far the shipped reach."""
    from backtest.prices._record import Damaged
    from backtest.prices.factors import load_factors

    try:
        record = store.record()
    except Damaged:
        record = None
    shown = ("source", "retrieved_at", "first", "last", "rows")
    said = json.loads(record.to_json()) if record else None
    fetched = said and {name: said[name] for name in shown}
    return {"fetched": fetched, "shipped_to": str(load_factors().last_date)}


def _reach(record: FactorRecord) -> str:
    return f"{record.rows:,} sessions, {record.first} to {record.last}"


def _changes(refreshed: RefreshedFactors) -> str:
    """Say what is different from the copy before."""
    before = refreshed.before
    if before is None:
        return "all of them are new"
    since = f"since {before.retrieved_at.date()}"
    parts = [f"{refreshed.added:,} added"] if refreshed.added else []
    if refreshed.revised:
        parts.append(f"{refreshed.revised:,} revised (the first: {refreshed.first_revised})")
    if refreshed.gone:
        parts.append(f"{refreshed.gone:,} gone")
    return f"sessions {since}: {', '.join(parts)}" if parts else f"nothing {since}"
