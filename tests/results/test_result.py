"""What a result can be asked besides its tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from backtest.contracts import TABLES
from backtest.results.result import StudyResult

AMD, ORACLE = "2025-10-06-amd-openai-6gw-warrant", "2025-09-10-orcl-openai-300b-wsj"


def test_deal_multiples_are_abnormal_dollars_over_the_announced_value(shipped: StudyResult) -> None:
    multiples = shipped.deal_multiples()
    key = {"event_id": ORACLE, "ticker": "ORCL"}
    daily = shipped.market_caps.filter(~pl.col("alternative"), **key)
    for start, end in ((0, 0), (-1, 1), (-5, 5)):
        inside = daily.filter(pl.col("day").is_between(start, end))
        row = multiples.filter(start=start, end=end, **key).row(0, named=True)
        assert row["deal_value"] == 300e9
        assert row["abnormal_change"] == pytest.approx(inside["abnormal_change"].sum(), rel=1e-12)
        assert row["deal_multiple"] == pytest.approx(row["abnormal_change"] / 300e9, rel=1e-12)
    assert multiples.select("event_id", "ticker", "start", "end").is_unique().all()


def test_a_deal_without_a_value_has_no_multiple(shipped: StudyResult) -> None:
    rows = shipped.deal_multiples().filter(event_id=AMD)
    assert len(rows) > 0
    assert rows["deal_multiple"].null_count() == len(rows)
    assert rows["abnormal_change"].null_count() == 0


def test_abnormal_dollars_are_ar_times_the_cap_before(shipped: StudyResult) -> None:
    key = {"event_id": AMD, "ticker": "AMD", "day": 0}
    cap = shipped.market_caps.filter(**key).row(0, named=True)
    day = shipped.abnormal_returns.filter(**key).row(0, named=True)
    assert cap["abnormal_change"] == pytest.approx(day["abnormal"] * cap["cap_before"], rel=1e-12)
    assert cap["change"] == pytest.approx(cap["cap"] - cap["cap_before"], rel=1e-12)
    assert cap["shares_as_of"] <= dt.date(2025, 10, 6)


def test_the_document_has_every_table(shipped: StudyResult) -> None:
    document = shipped.as_dict()
    assert list(document) == ["schema_version", "spec", "tables", "warnings", "provenance"]
    assert list(document["tables"]) == [frame.name for frame in TABLES]
    assert len(document["tables"]["cars"]) == len(shipped.cars)
    assert document["provenance"]["prices_to"] == "2026-05-29"


def test_writing_twice_replaces_whole_files(shipped: StudyResult, tmp_path: Path) -> None:
    first = shipped.write(tmp_path / "deep" / "out")
    (tmp_path / "deep" / "out" / "mine.txt").write_text("kept")
    assert shipped.write(str(tmp_path / "deep" / "out")) == first
    names = {path.name for path in (tmp_path / "deep" / "out").iterdir()}
    tables = {f"{frame.name}.parquet" for frame in TABLES}
    assert names == tables | {"receipt.json", "mine.txt"}
