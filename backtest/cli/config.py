"""`backtest config`: every setting, its value, and where it came from."""

from __future__ import annotations

from typing import Any

import click

from backtest.cli._options import format_option, study_settings
from backtest.cli._say import note as say_note
from backtest.cli._settings import session, setting_option


@click.group("config", epilog="Example: backtest config show --format json")
def COMMAND() -> None:
    """Show every setting and where it came from."""


@COMMAND.command("show", epilog="Example: backtest config show --benchmark QQQ")
@study_settings
@setting_option(
    "--rate", type=click.FloatRange(min=0, min_open=True), default=1.0, help="Requests a second."
)
@format_option("table", "json")
@click.pass_context
def show(context: click.Context, /, format_: str, **values: Any) -> None:
    """Print each setting with its value and the flag, variable or line it came from.

    Flags come before variables (BACKTEST_BENCHMARK), these before backtest.toml, this before the
    defaults. Passwords in addresses are shown as ***.
    """
    from backtest.cli._config_views import notes, print_json, print_table, rows

    found = rows(session(), context.command.params, values)
    (print_json if format_ == "json" else print_table)(session(), found)
    for note in notes(session()):
        say_note(note)
