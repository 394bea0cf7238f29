"""The JSON Schema of a strategy file, for editors that complete and check YAML."""

from __future__ import annotations

SCHEMA_FILE = "strategy.schema.json"
"""Name of the copy that stands beside the YAML files."""


def json_schema_text() -> str:
    """Return the schema (draft 2020-12) of a file, one strategy or a list of them, as printed."""
    from backtest.events.json_schema import as_text, schema_of_file
    from backtest.strategy.schema import Strategy

    return as_text(schema_of_file(Strategy))
