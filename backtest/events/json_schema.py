"""The JSON Schema of an announcement file, for editors that complete and check YAML."""

from __future__ import annotations

import json
from typing import Any

SCHEMA_FILE = "announcement.schema.json"
"""Name of the copy that stands beside the YAML files."""

SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""First line of a YAML file; editors look the schema up beside it."""


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a file: one announcement, or a list of them."""
    from backtest.events.schema import Announcement

    announcement = _on_one_line(Announcement.model_json_schema(ref_template="#/$defs/{model}"))
    definitions = announcement.pop("$defs")
    reference = {"$ref": "#/$defs/Announcement"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Announcement file",
        "description": "One announcement, or a list of them.",
        "anyOf": [reference, {"type": "array", "minItems": 1, "items": reference}],
        "$defs": {"Announcement": announcement, **definitions},
    }


def _on_one_line(value: Any) -> Any:
    """Unwrap descriptions that take several lines in the code."""
    if isinstance(value, dict):
        return {name: _on_one_line(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_on_one_line(item) for item in value]
    return " ".join(value.split()) if isinstance(value, str) and "\n" in value else value


def json_schema_text() -> str:
    """Return the schema as it is printed and committed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
