"""One JSON document with every table, for other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from backtest.contracts import SCHEMA_VERSION

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


class Json:
    """`{schema_version, spec, tables: {name: [rows]}, warnings, provenance}`."""

    key = "json"
    streams = True

    def show(self, result: StudyResult, stream: TextIO) -> None:
        """Write the document; Polars writes the tables, which may have millions of rows."""
        tables = ",".join(
            f"{json.dumps(name)}:{frame.write_json()}" for name, frame in result.tables.items()
        )
        rest = {
            "spec": result.spec.as_dict(),
            "warnings": list(result.warnings),
            "provenance": result.provenance.as_dict(),
        }
        head = f'{{"schema_version":{SCHEMA_VERSION},"tables":{{{tables}}},'
        stream.write(head + json.dumps(rest, ensure_ascii=False)[1:] + "\n")

    def write(self, result: StudyResult, folder: Path) -> list[Path]:
        """Write the tables as Parquet."""
        return result.write(folder)


FORMAT = Json()
