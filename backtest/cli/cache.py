"""`backtest cache`: see, verify and clear what is kept between runs."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.cli._options import cache_folder, cache_option
from backtest.cli._say import say

PULLED = ("prices", "factors")
PANELS = "panels"
_ONE = {"panels": "panel", "tables of sessions": "table of sessions"}
MADE = (PANELS, "sessions", "announcements")
KEPT = ("runs", "trials")
ROOMS = ("results", *PULLED, *MADE, *KEPT)


@click.group("cache", epilog="Example: backtest cache status")
def COMMAND() -> None:
    """See, verify and clear the cached results."""


@COMMAND.command("status", epilog="Example: backtest cache status --cache /data/cache")
@cache_option
def status(cache: Path | None) -> None:
    """Show how much each part of the cache holds."""
    folder = cache_folder(cache)
    click.echo(f"{folder.resolve()}")
    for room in ROOMS:
        files = [path for path in (folder / room).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        click.echo(f"  {room:<14} {len(files):>7,} files {size / 1e6:>10,.1f} MB")


@COMMAND.command("verify", epilog="Example: backtest cache verify")
@cache_option
def verify(cache: Path | None) -> int:
    """Check cached results, panels and sessions against their checksums; exit 1 at damage.

    Pulled prices are checked by `backtest prices verify`.
    """
    from backtest.events.session_table import damaged_tables, tables_in
    from backtest.prices.kept_panel import damaged_panels, panels_in
    from backtest.results.cache import ResultsCache
    from backtest.results.shown import damaged

    folder = cache_folder(cache)
    results, panels = ResultsCache(folder / "results"), folder / PANELS
    found = {
        "entries": (len(results.entries()), [*results.verify(), *damaged(folder / "results")]),
        "panels": (len(panels_in(panels)), damaged_panels(panels)),
        "tables of sessions": (len(tables_in(folder)), damaged_tables(folder)),
    }
    wrong = [line for _, lines in found.values() for line in lines]
    for line in wrong:
        click.echo(f"damaged: {line}")
    told = (
        f"{count:,} {what if count != 1 else _ONE.get(what, what)} checked, {len(lines)} damaged"
        for what, (count, lines) in found.items()
        if count or what == "entries"
    )
    say("; ".join(told))
    return int(bool(wrong))


@COMMAND.command("clear", epilog="Example: backtest cache clear")
@cache_option
@click.option("--all", "everything", is_flag=True, help="Sessions and parsed announcements too.")
def clear(cache: Path | None, everything: bool) -> None:
    """Remove the cached results and panels; both are made again.

    Pulled prices and factors stay, what runs cost, and the count of strategies tried: they may not
    be had again.
    """
    import shutil

    from backtest.prices.kept_panel import panels_in
    from backtest.results.cache import ResultsCache
    from backtest.results.set_aside import ASIDE

    folder = cache_folder(cache)
    count = ResultsCache(folder / "results").clear()
    panels = len(panels_in(folder / PANELS))
    also = f" and {panels} panel{'' if panels == 1 else 's'}" if panels else ""
    say(f"removed {count} results{also} from {folder}")
    rooms = [folder / room for room in (MADE if everything else (PANELS,))]
    for path in (*rooms, *folder.glob(f"{ASIDE}*")):
        shutil.rmtree(path, ignore_errors=True)
