"""What the tests of charts and of notebooks share."""

from __future__ import annotations

from typing import Any

import polars as pl

AMD = "2025-10-06-amd-openai-6gw-warrant"

HOSTILE = "</script><img src=x onerror=alert(1)> & \"q\" 'a' \\ {{x}} \u2028 中文"
"""A title that would like to be code."""


def rows_with(chart: Any, column: str) -> pl.DataFrame:
    """Return the rows that have a column, wherever in a chart's specification they are."""
    from backtest.charts.render import spec

    found: list[dict[str, Any]] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            values = part.get("values")
            if isinstance(values, list) and values and isinstance(values[0], dict):
                found.extend(row for row in values if column in row and row not in found)
            for one in part.values():
                look(one)
        elif isinstance(part, list):
            for one in part:
                look(one)

    look(spec(chart))
    return pl.DataFrame(found, infer_schema_length=None)
