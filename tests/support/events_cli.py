"""Running `backtest events …` in a folder of its own."""

from __future__ import annotations

from click.testing import CliRunner, Result

from backtest.cli.events import COMMAND

ADD = (
    "add",
    "--title=AMD and OpenAI agree on 6 GW",
    "--announced=2025-10-06T07:00:00-04:00",
    "--party=AMD:counterparty",
    "--party=OpenAI:customer",
)
"""An announcement by its flags, nothing optional."""


def run(*arguments: str, keys: str | None = None) -> Result:
    result = CliRunner().invoke(
        COMMAND, list(arguments), input=keys, standalone_mode=False, catch_exceptions=False
    )
    assert result.exit_code == 0
    return result
