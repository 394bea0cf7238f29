"""CSV, JSON and Parquet: what goes to a stream and what into a folder."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest

from backtest.contracts import TABLES
from backtest.errors import BadUsage
from backtest.report import Format, formats
from backtest.results.result import StudyResult

NAMES = [frame.name for frame in TABLES]


def test_there_are_four_formats_and_all_keep_the_protocol() -> None:
    assert set(formats.keys()) >= {"table", "json", "csv", "parquet"}
    for key in formats.keys():  # noqa: SIM118
        one = formats.get(key)
        assert isinstance(one, Format)
        assert one.key == key


@pytest.mark.parametrize("key", ["table", "json", "csv", "parquet"])
def test_every_format_writes_parquet_into_a_folder(
    shipped: StudyResult, tmp_path: Path, key: str
) -> None:
    paths = formats.get(key).write(shipped, tmp_path)
    for name in NAMES:
        assert pl.read_parquet(tmp_path / f"{name}.parquet").equals(shipped.tables[name])
    csv = [f"{name}.csv" for name in NAMES] if key == "csv" else []
    expected = sorted([f"{name}.parquet" for name in NAMES] + csv + ["receipt.json"])
    assert sorted(path.name for path in paths) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == expected


def test_csv_round_trips(shipped: StudyResult, tmp_path: Path) -> None:
    formats.get("csv").write(shipped, tmp_path)
    for name in NAMES:
        table = shipped.tables[name].drop("coefficients", strict=False)
        read = pl.read_csv(tmp_path / f"{name}.csv", schema_overrides=table.schema)
        assert read.select(table.columns).equals(table), name
    fits = pl.read_csv(tmp_path / "fits.csv")
    first = json.loads(fits["coefficients"][0])
    assert first == shipped.fits["coefficients"][0]


def test_csv_on_a_stream_is_the_cars(shipped: StudyResult) -> None:
    stream = io.StringIO()
    formats.get("csv").show(shipped, stream)
    read = pl.read_csv(stream.getvalue().encode(), schema_overrides=shipped.cars.schema)
    assert read.equals(shipped.cars)


def test_parquet_has_no_place_on_a_stream(shipped: StudyResult) -> None:
    assert not formats.get("parquet").streams
    with pytest.raises(BadUsage, match="--out DIR"):
        formats.get("parquet").show(shipped, io.StringIO())


def test_json_is_one_document_on_one_line(shipped: StudyResult) -> None:
    stream = io.StringIO()
    formats.get("json").show(shipped, stream)
    text = stream.getvalue()
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    document = json.loads(text)
    assert list(document) == ["schema_version", "tables", "spec", "warnings", "provenance"]
    assert document["tables"]["fits"][0]["coefficients"] == shipped.fits["coefficients"][0]
    assert document["tables"]["fits"][0]["day0"] == str(shipped.fits["day0"][0])
