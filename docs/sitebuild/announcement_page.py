"""The fields of an announcement file, from the schema that editors use too."""

from __future__ import annotations

import json
from typing import Any

from sitebuild.words import linked, plain, term

_INTRO = """\
# Announcement files

One file an announcement, or a list of them, in YAML. Unknown fields are errors. `backtest events
schema` prints the same as JSON Schema; `backtest events add` puts a line on top of each file by
which editors complete and check it. [Study your own events](../guides/events.md) has examples.

Fields in **bold** are needed.
"""


def announcement_page() -> str:
    """Return the page: the announcement, then what it is made of."""
    from backtest.events.schema import Announcement

    schema = Announcement.model_json_schema()
    parts = [_INTRO, "## Announcement\n", *fields_of(schema)]
    for name, definition in schema.get("$defs", {}).items():
        text = plain(" ".join(definition.get("description", "").split()))
        parts += [f"## {name}\n", linked(text) + "\n", *fields_of(definition)]
    return "\n".join(parts)


def fields_of(schema: dict[str, Any]) -> list[str]:
    """Return the fields of a JSON Schema's object, each with its kind, meaning and limits."""
    needed = set(schema.get("required", ()))
    return [
        term(
            f"**`{name}`**: {_kind(field)}" if name in needed else f"`{name}`: {_kind(field)}",
            linked(plain(field.get("description", ""))) + _limits(field),
        )
        for name, field in schema["properties"].items()
    ]


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " or ".join(f"`{one}`" for one in field["enum"])
    if "anyOf" in field:
        kinds = list(dict.fromkeys(_kind(one) for one in field["anyOf"]))
        return " or ".join(kinds)
    if field.get("type") == "array":
        items = field.get("items") or (field.get("prefixItems") or [{}])[0]
        return f"list of {_kind(items)}"
    if field.get("type") == "object":
        values = field.get("additionalProperties")
        return f"names, each with {_kind(values)}" if isinstance(values, dict) else "names"
    names = {"date": "date", "date-time": "time"}
    return names.get(field.get("format", ""), str(field.get("type", "anything")))


def _limits(field: dict[str, Any]) -> str:
    notes = []
    default = field.get("default")
    if default not in (None, [], {}) and not isinstance(default, dict):
        notes.append(f"default: `{json.dumps(default)}`")
    bounds = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("exclusiveMaximum", "<"))
    bounds = (*bounds, ("maximum", "≤"))
    notes += [f"{sign} {field[name]}" for name, sign in bounds if name in field]
    if "maxLength" in field:
        notes.append(f"at most {field['maxLength']} characters")
    return f" ({', '.join(notes)})" if notes else ""
