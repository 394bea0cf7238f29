"""`backtest tests`: the sample tests there are."""

from __future__ import annotations

import click

from backtest.cli._options import format_option
from backtest.cli._plugins import show


@click.command("tests", epilog="Example: backtest tests --format csv")
@format_option()
def COMMAND(format_: str) -> None:
    """List the sample tests: key, title, formula, source, and what each is robust to."""
    from backtest.inference import tests

    show(tests, "sample tests", format_)
