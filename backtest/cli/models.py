"""`backtest models`: the expected-return models there are."""

from __future__ import annotations

import click

from backtest.cli._options import format_option
from backtest.cli._plugins import show


@click.command("models", epilog="Example: backtest models --format json")
@format_option()
def COMMAND(format_: str) -> None:
    """List the expected-return models: formula, source, what they are robust to."""
    from backtest.models import models

    show([models], "expected-return models", format_)
