"""The JSON Schema for editors: current, complete, and in agreement with what the loader takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backtest.events.json_schema import SCHEMA_FILE, SCHEMA_LINE, json_schema, json_schema_text
from backtest.events.schema import Announcement, Claim, Confounder, Deal, Party, Source

CALENDAR = Path(__file__).parents[2] / "events"


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


def test_the_committed_copy_is_current() -> None:
    committed = (CALENDAR / SCHEMA_FILE).read_text(encoding="utf-8")
    assert committed == json_schema_text(), "run: backtest events schema > events/" + SCHEMA_FILE


def test_it_is_a_draft_2020_12_schema_of_one_or_many() -> None:
    schema = json.loads(json_schema_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    one, many = schema["anyOf"]
    assert many == {"type": "array", "minItems": 1, "items": one}


def test_every_reference_resolves() -> None:
    schema = json_schema()
    references = {node["$ref"] for node in nodes(schema) if "$ref" in node}
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}


@pytest.mark.parametrize("model", [Announcement, Party, Deal, Claim, Source, Confounder])
def test_fields_are_those_of_the_model_and_explained(model: Any) -> None:
    definition = json_schema()["$defs"][model.__name__]
    assert list(definition["properties"]) == list(model.model_fields)
    assert definition["additionalProperties"] is False
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    assert definition.get("required", []) == required
    for name, field in definition["properties"].items():
        assert field.get("description"), f"{model.__name__}.{name} has no description"


def test_every_shipped_file_names_the_schema() -> None:
    files = sorted(CALENDAR.glob("*.yaml"))
    assert files
    for path in files:
        assert path.read_text(encoding="utf-8").splitlines()[0] == SCHEMA_LINE, path.name
