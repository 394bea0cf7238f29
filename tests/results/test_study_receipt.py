"""The coverage receipt: totals that add up, the same whoever computed, nothing left unsaid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import sessions
from support.cli import CALENDAR
from support.lab import TICKERS, Lab

import backtest as bt
from backtest.errors import BadInput, BadUsage
from backtest.results import shards
from backtest.results.asked import Asked
from backtest.results.event_tables import InFiles
from backtest.results.receipt import read_receipt
from backtest.spec import StudySpec, Window

EVENT = "2025-10-06-amd-openai-6gw-warrant"


def numbers_of(receipt: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on the moment, nor on how much of a table was read beside."""
    looked = {name: value for name, value in receipt.items() if name not in ("asked", "inputs")}
    ends = ("first", "last")
    securities = [
        {name: value for name, value in one.items() if name not in ends}
        for one in receipt["securities"]
    ]
    return {**looked, "securities": securities}


def test_what_was_asked_had_and_missing(cache: Path) -> None:
    result = bt.run(CALENDAR, "snapshot", selection=[EVENT], cache=cache)
    receipt = result.receipt
    assert receipt["schema_version"] == 1
    assert receipt["asked"]["selection"] == [EVENT]
    assert receipt["asked"]["spec"] == result.spec.as_dict()
    assert receipt["versions"]["polars"] == pl.__version__
    assert receipt["versions"]["engine"] == result.provenance.engine
    securities = {one["ticker"]: one for one in receipt["securities"]}
    assert securities["AMD"]["role"] == "studied"
    assert securities["SPY"]["role"] == "benchmark"
    # 260 sessions, the one before them, and ten after the event.
    assert securities["AMD"]["sessions"] == 261 + 11
    assert securities["AMD"]["last"] == receipt["inputs"]["prices"]["to"] == "2025-10-20"
    assert securities["MU"]["reason"] == "not among the 12 securities of the shipped snapshot"
    assert securities["MU"]["digest"] is None
    counts = receipt["coverage"]
    assert counts["pairs_asked"] == counts["pairs_studied"] + counts["pairs_left_out"]
    assert counts["pairs_studied"] == result.fits.filter(pl.col("status") == "ok").height
    lost = {name for one in receipt["left_out"] if one["stage"] == "prices" for name in one["some"]}
    assert {f"{t} ({EVENT})" for t in ("MU", "SMCI", "MRVL")} == lost
    assert "still traded" in receipt["survivorship"]
    assert {name: one["rows"] for name, one in receipt["tables"].items()} == {
        name: len(table) for name, table in result.tables.items()
    }


def test_cold_warm_and_without_a_cache_it_is_the_same(lab: Lab) -> None:
    cold, warm, bare = lab.run(), lab.run(), lab.run(cache=False)
    assert (warm.provenance.computed, warm.changes) == (0, None)
    assert numbers_of(cold.receipt) == numbers_of(warm.receipt)
    assert numbers_of(cold.receipt) == numbers_of(bare.receipt)
    everything, lab.events = lab.events, lab.events.head(20)
    lab.run()
    lab.events = everything
    (lab.cache / "results" / "studies").rename(lab.cache / "elsewhere")
    pieces = lab.run()
    assert pieces.provenance.reused == 24
    assert numbers_of(pieces.receipt) == numbers_of(cold.receipt)


@pytest.mark.parametrize(("ticker", "place"), [("T1", 300), ("SPY", 300), ("T1", 5)])
def test_a_digest_names_the_prices_that_were_read(lab: Lab, ticker: str, place: int) -> None:
    before = {one["ticker"]: one for one in lab.run().receipt["securities"]}
    day = sessions()[place]
    lab.prices = lab.prices.with_columns(
        close=pl.when((pl.col("ticker") == ticker) & (pl.col("date") == day))
        .then(pl.col("close") + 0.01)
        .otherwise("close")
    )
    after = {one["ticker"]: one for one in lab.run().receipt["securities"]}
    read = place > 100  # the first event is some 300 sessions after the first price
    assert {t for t in before if before[t] != after[t]} == ({ticker} if read else set())
    assert set(before) == {*TICKERS, "SPY"}


def test_it_is_written_beside_the_tables_and_read_again(lab: Lab, tmp_path: Path) -> None:
    result = lab.run()
    paths = result.write(tmp_path / "out")
    assert paths[-1] == tmp_path / "out" / "receipt.json"
    assert read_receipt(tmp_path / "out") == json.loads(json.dumps(result.receipt))
    assert read_receipt(paths[-1]) == read_receipt(tmp_path / "out")


def test_without_any_listed_party_there_is_one_too(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(
        "id: one\ntitle: Nobody says something\nannounced: 2025-10-06\nsession: pre\n"
        "parties: [{name: Nobody, role: partner}]\n"
    )
    receipt = bt.run(tmp_path / "one.yaml", "snapshot", cache=cache).receipt
    assert receipt["securities"] == []
    assert receipt["coverage"] == {
        "events_asked": 1,
        "events_studied": 0,
        "pairs_asked": 0,
        "pairs_studied": 0,
        "pairs_left_out": 0,
    }


def test_what_was_asked_is_read_back() -> None:
    spec = StudySpec(
        models=("market", "ff3"), cars=(Window(-1, 1),), group_by=("tag",), tests=("bmp",)
    )
    asked = Asked(spec, "events", "prices.csv", ("tag:x",), "f.csv", None, fetched=False)
    plain = json.loads(json.dumps(asked.plain()))
    assert Asked.from_plain(plain) == asked
    secret = Asked(spec, prices="s3://key:secret@bucket/x.parquet").plain()
    assert secret["prices"] == "s3://***@bucket/x.parquet"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no receipt"),
        (b"[]", "does not say that it is one"),
        (b'{"kind": "backtest receipt", "schema_version": 2}', "schema_version is 2"),
        (b"\xff\xfe", "is no receipt"),
        (b"[" * 100_000, "is no receipt"),
    ],
)
def test_what_is_no_receipt(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "receipt.json"
    with pytest.raises(BadUsage, match="no such receipt"):
        read_receipt(file)
    file.write_bytes(content)
    with pytest.raises(BadInput, match=said):
        read_receipt(file)


def test_of_a_study_in_files_it_is_the_same(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables are hashed file by file."""
    whole = lab.run(cache=False).receipt
    monkeypatch.setattr(shards, "LARGE", 1)
    monkeypatch.setattr(shards, "SHARD", 7)
    pieces = lab.run()
    assert isinstance(pieces.event_tables, InFiles)
    assert len(pieces.event_tables.folders) > 1
    assert numbers_of(pieces.receipt) == numbers_of(whole)
    assert numbers_of(lab.run().receipt) == numbers_of(whole)
