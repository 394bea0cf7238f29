"""A study that is cut into pieces has, to the bit, the tables of one that is not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from support.bulk import sessions
from support.cli import CALENDAR
from support.lab import Lab, counts, same

import backtest as bt
from backtest.engine import machine_code, rows
from backtest.errors import DataUnavailable
from backtest.results import compaction, large, shards
from backtest.results.cache import SEGMENTS, STUDIES
from backtest.results.compute import compute_events
from backtest.results.event_tables import InFiles
from backtest.results.result import StudyResult

EVERY_TEST = (
    "patell,bmp,bmp_adjusted,rank,grank_t,grank_z,generalized_sign,sign,wilcoxon,jackknife,"
    "cross_sectional,skewness_adjusted,calendar_time,calendar_time_ols,calendar_time_value,"
    "crude_dependence,bootstrap,bootstrap_wild,bhar_bootstrap"
)
"""Of samples, but for `permutation`, whose placebo dates are all held in memory."""

PIECE = 5


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut every study into pieces of some observations."""
    monkeypatch.setattr(shards, "LARGE", 1)
    monkeypatch.setattr(shards, "SHARD", PIECE)
    monkeypatch.setattr(compaction, "FULL", 1)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Cut no study as long as this has not been undone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "LARGE", 10**12)
        yield patch


def both(lab: Lab, whole: pytest.MonkeyPatch, **options: Any) -> tuple[StudyResult, StudyResult]:
    plain = lab.run(cache=False, **options)
    whole.undo()
    return plain, lab.run(**options)


@pytest.mark.parametrize("missing", ["strict", "lenient"])
@pytest.mark.parametrize("model", ["market", "mean,market,market_adjusted"])
def test_every_table_is_the_same_to_the_bit(
    lab: Lab, cut: None, whole: pytest.MonkeyPatch, missing: str, model: str
) -> None:
    # A gap in the event window of some, so that columns have different observations.
    days = sessions()
    gone = (pl.col("ticker") == "T1") & (pl.col("date") == days[300])
    lab.prices = lab.prices.filter(~gone)
    lab.events = lab.events.with_columns(
        pl.when(pl.col("ticker") == "T1").then(days[303]).otherwise("date").alias("date")
    )
    options = {"tests": EVERY_TEST, "model": model, "missing": missing, "window": "-5:5"}
    plain, pieces = both(lab, whole, cars="0:0,-1:1,-5:5", **options)
    assert isinstance(pieces.event_tables, InFiles)
    assert len(pieces.event_tables.folders) >= len(lab.events) // PIECE
    assert not isinstance(plain.event_tables, InFiles)
    assert plain.sample_tests["p"].is_not_null().sum() > 100
    same(pieces, plain)


def test_the_shipped_calendar(cache: Path, cut: None, whole: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"events": CALENDAR, "prices": "snapshot"}
    plain = bt.run(**options, cache=False)
    whole.undo()
    pieces = bt.run(**options, cache=cache)
    assert isinstance(pieces.event_tables, InFiles)
    same(pieces, plain)
    assert pieces.warnings == plain.warnings
    assert pieces.summary() == plain.summary()


def test_by_machine_code_and_from_files_piece_by_piece(
    lab: Lab, cut: None, whole: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "FEWEST", 20)
    monkeypatch.setattr(rows, "AT_ONCE", 7)
    plain, pieces = both(lab, whole, tests=EVERY_TEST)
    same(pieces, plain)


def test_what_is_there_is_not_computed_again(lab: Lab, cut: None) -> None:
    lab.run()
    assert counts(lab.run()) == (0, 24)
    lab.run(tests="bmp")
    assert counts(lab.run(tests="bmp")) == (0, 24)
    days = sessions()
    lab.events[7, "date"] = days[days.index(lab.events["date"][7]) - 3]
    assert counts(lab.check()) == (1, 23)
    # The piece that the changed event is in was written again, and stands by itself.
    assert counts(lab.check()) == (0, 24)
    # An event in front moves all of the pieces' borders and numbers.
    more = lab.events.with_columns(("x" + pl.col("event_id")).alias("event_id")).head(1)
    lab.events = pl.concat([more, lab.events])
    assert counts(lab.check()) == (1, 24)
    assert lab.kept.verify() == []


def test_pieces_out_of_a_larger_segment(lab: Lab, cut: None, whole: pytest.MonkeyPatch) -> None:
    """A study in memory left one segment, of which each piece is a part."""
    lab.run()
    whole.undo()
    lab.events = lab.events.sort("event_id", descending=True)
    again = lab.run(tests="rank,grank_t,bmp_adjusted")
    assert isinstance(again.event_tables, InFiles)
    assert counts(again) == (0, 24)
    same(again, lab.run(cache=False, tests="rank,grank_t,bmp_adjusted"))


def test_pieces_that_others_replaced_go(
    lab: Lab, cut: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "MANY", 6)
    monkeypatch.setattr(compaction, "_REPLACED", 0.8)
    days = sessions()
    seen = []
    for event in (2, 3, 8, 9, 2, 3):
        lab.events[event, "date"] = days[days.index(lab.events["date"][event]) - 3]
        assert counts(lab.check())[0] in (1, 24)
        seen.append(sum(1 for _ in lab.kept.newest(SEGMENTS)))
    assert max(seen) <= 12
    lab.check()


def test_a_study_that_was_stopped_goes_on(
    lab: Lab, cut: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [2]

    def stops(*arguments: Any, **named: Any) -> Any:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return compute_events(*arguments, **named)

    monkeypatch.setattr("backtest.results.event_level.compute_events", stops)
    with pytest.raises(KeyboardInterrupt):
        lab.run()
    monkeypatch.undo()
    monkeypatch.setattr(shards, "LARGE", 1)
    monkeypatch.setattr(shards, "SHARD", PIECE)
    assert counts(lab.check()) == (14, 10)


@pytest.mark.parametrize("kind", [SEGMENTS, STUDIES])
def test_damage_is_said_and_mended(lab: Lab, cut: None, kind: str) -> None:
    first = lab.run()
    (some, *_) = (entry for entry in lab.kept.entries() if entry.parent.name == kind)
    for path in sorted(some.glob("*.parquet")):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
        # The days before the events are read where something else has to be tested.
        again = lab.run(tests="rank") if path.stem == "history" else lab.run()
        assert any("damaged" in note for note in again.warnings), path.name
        assert lab.kept.verify() == [], path.name
        same(lab.run(), first)


def test_without_a_cache_nothing_stays(
    lab: Lab, cut: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    result = lab.run(cache=False)
    assert len(result.cars) == 144
    assert list(room.iterdir())
    del result
    assert list(room.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told(lab: Lab, cut: None) -> None:
    lab.cache.mkdir(parents=True, exist_ok=True)
    (lab.cache / "results").write_text("a file, where a folder should be")
    result = lab.run()
    assert len(result.cars) == 144
    assert any("were not cached" in note for note in result.warnings)


def test_tables_that_were_taken_away(lab: Lab, cut: None) -> None:
    result = lab.run()
    lab.kept.clear()
    with pytest.raises(DataUnavailable, match="cars"):
        _ = result.cars


def test_a_full_disk_is_told(lab: Lab, cut: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backtest.results.scratch.Grown.append", full)
    with pytest.raises(DataUnavailable, match="No space left"):
        lab.run()


def test_placebo_dates_are_not_cut(lab: Lab, cut: None) -> None:
    result = lab.run(tests="permutation,bmp")
    assert not isinstance(result.event_tables, InFiles)


def test_files_are_written_as_they_are_read(lab: Lab, cut: None, tmp_path: Path) -> None:
    result = lab.run()
    paths = [path for path in result.write(tmp_path / "out") if path.suffix == ".parquet"]
    written = {path.stem: pl.read_parquet(path) for path in paths}
    for name, table in result.tables.items():
        assert written[name].equals(table), name


def test_pieces_are_of_about_one_size(lab: Lab, cut: None) -> None:
    lab.run()
    sizes = [len(keys) for _, keys in lab.kept.segments()]
    assert sum(sizes) == 24
    assert max(sizes) - min(sizes) <= 1
    assert np.mean(sizes) <= PIECE
    assert large.SEGMENTS == SEGMENTS
