"""`backtest init`: a folder to work in."""

from __future__ import annotations

from pathlib import Path

import click

from backtest.cli._say import say


@click.command("init", epilog="Example: backtest init study/")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path())
def COMMAND(folder: Path) -> None:
    """Write a commented backtest.toml, a calendar with an example, and a place for the cache.

    What is there already is kept as it is.
    """
    from backtest.config.start import start

    started = start(folder)
    for path in started.written:
        click.echo(str(path))
    for path in started.kept:
        say(f"kept: {path}")
    say("`backtest config show` says what holds; `backtest run` studies it")
