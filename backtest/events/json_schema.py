"""The JSON Schema of an announcement file, for editors that complete and check YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

SCHEMA_FILE = "announcement.schema.json"
"""Name of the copy that stands beside the YAML files."""

SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""First line of a YAML file; editors look the schema up beside it."""


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a file: one announcement, or a list of them."""
    from backtest.events.schema import Announcement

    return schema_of_file(Announcement)


def json_schema_text() -> str:
    """Return the schema as it is printed and committed."""
    return as_text(json_schema())


def schema_of_file(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a file that holds one of a model, or a list of them."""
    name = model.__name__
    one = _on_one_line(model.model_json_schema(ref_template="#/$defs/{model}"))
    definitions = one.pop("$defs")
    reference = {"$ref": f"#/$defs/{name}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{name} file",
        "description": f"One {name.lower()}, or a list of them.",
        "anyOf": [reference, {"type": "array", "minItems": 1, "items": reference}],
        "$defs": {name: one, **definitions},
    }


def as_text(schema: dict[str, Any]) -> str:
    """Return a schema as it is printed and committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _on_one_line(value: Any) -> Any:
    """Unwrap descriptions that take several lines in the code."""
    if isinstance(value, dict):
        return {name: _on_one_line(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_on_one_line(item) for item in value]
    return " ".join(value.split()) if isinstance(value, str) and "\n" in value else value
