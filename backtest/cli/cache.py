"""`backtest cache`: see, verify and clear what is kept between runs."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.cli._options import cache_folder, cache_option
from backtest.cli._say import say

PULLED = ("prices", "factors")
MADE = ("panels", "sessions", "announcements")
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
    """Check every cached result against its checksum; exit 1 when one is damaged."""
    from backtest.results.cache import ResultsCache
    from backtest.results.shown import damaged

    folder = cache_folder(cache) / "results"
    results = ResultsCache(folder)
    wrong = [*results.verify(), *damaged(folder)]
    for line in wrong:
        click.echo(f"damaged: {line}")
    say(f"{len(results.entries())} entries checked, {len(wrong)} damaged")
    return int(bool(wrong))


@COMMAND.command("clear", epilog="Example: backtest cache clear")
@cache_option
@click.option(
    "--all", "everything", is_flag=True, help="Panels, sessions and parsed announcements too."
)
def clear(cache: Path | None, everything: bool) -> None:
    """Remove the cached results.

    Pulled prices and factors stay, what runs cost, and the count of strategies tried: they may not
    be had again.
    """
    import shutil

    from backtest.results.cache import ResultsCache
    from backtest.results.set_aside import ASIDE

    folder = cache_folder(cache)
    count = ResultsCache(folder / "results").clear()
    say(f"removed {count} results from {folder}")
    rooms = [folder / room for room in MADE] if everything else []
    for path in (*rooms, *folder.glob(f"{ASIDE}*")):
        shutil.rmtree(path, ignore_errors=True)
