"""`backtest tests`: the tests there are."""

from __future__ import annotations

import click

from backtest.cli._options import format_option
from backtest.cli._plugins import show


@click.command("tests", epilog="Example: backtest tests --format csv")
@format_option()
def COMMAND(format_: str) -> None:
    """List the tests: key, title, formula, source, and what each is robust to.

    Those of single events stand last.
    """
    from backtest.inference import single_tests, tests

    show([tests, single_tests], "tests", format_)
