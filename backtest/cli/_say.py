"""Lines on standard error; whatever they quote, nothing in them commands the terminal."""

from __future__ import annotations

import click

from backtest.plain_text import printable, shortened


def say(text: str) -> None:
    """Print a message, long lines without their middle."""
    lines = (shortened(line) for line in text.split("\n"))
    click.echo(printable("\n".join(lines)), err=True)


def note(text: str) -> None:
    """Print what the user should know besides the result."""
    say(f"note: {text}")
