"""Tables of an earlier run, read back for queries."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BadInput
from backtest.results.result import StudyResult
from backtest.results.sql import run_sql
from backtest.results.written import read_written


def test_what_was_written_can_be_asked(shipped: StudyResult, tmp_path: Path) -> None:
    shipped.write(tmp_path)
    tables = read_written(tmp_path)
    assert set(tables) == set(shipped.tables)
    query = "select event_id, max(car) as most from cars group by event_id order by event_id"
    assert run_sql(tables, query).equals(run_sql(shipped.tables, query))


def test_some_tables_are_enough(shipped: StudyResult, tmp_path: Path) -> None:
    shipped.claims.write_parquet(tmp_path / "claims.parquet")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "other.parquet")
    assert list(read_written(tmp_path)) == ["claims"]


def test_a_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no table of a study is here"):
        read_written(tmp_path)
    with pytest.raises(BadInput, match="there is no such folder"):
        read_written(tmp_path / "nowhere")


def test_every_foreign_file_is_named(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "cars.parquet")
    (tmp_path / "fits.parquet").write_text("not parquet")
    with pytest.raises(BadInput) as caught:
        read_written(tmp_path)
    assert [problem.where.path.name for problem in caught.value.problems if problem.where] == [
        "cars.parquet",
        "fits.parquet",
    ]
