"""Many small segments become one, and no run can tell but by what it costs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.bulk import sessions
from support.lab import Lab, counts, same

from backtest.checksum import checksum
from backtest.results import compaction
from backtest.results.cache import MANIFEST, SEGMENTS, ResultsCache
from backtest.results.compaction import compact
from backtest.results.compute import EVENT_TABLES
from backtest.spec import StudySpec


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 3)


def segments(lab: Lab) -> list[str]:
    return sorted(name for name, _ in lab.kept.newest(SEGMENTS))


def move(lab: Lab, event: int, by: int = 1) -> None:
    days = sessions()
    lab.events[event, "date"] = days[days.index(lab.events["date"][event]) - by]


def changes(lab: Lab, count: int) -> None:
    for event in range(count):
        move(lab, event)
        lab.check()


def test_segments_stay_few_and_nothing_is_computed_twice(lab: Lab) -> None:
    lab.run()
    seen = []
    for event in range(9):
        move(lab, event)
        assert counts(lab.check()) == (1, 23)
        seen.append(len(segments(lab)))
    assert max(seen) <= 5
    # Old days are kept too: going back to them computes nothing.
    for event in range(9):
        move(lab, event, by=-1)
        assert counts(lab.check()) == (0, 24)
    assert lab.kept.verify() == []


def test_a_far_larger_segment_is_spared_until_the_others_have_grown(lab: Lab) -> None:
    lab.run()
    (largest,) = segments(lab)
    changes(lab, 4)
    assert largest in segments(lab)
    assert len(segments(lab)) == 2
    changes(lab, 4)
    for event in range(8):
        move(lab, event, by=5)
        lab.check()
    assert largest not in segments(lab)


def test_a_finished_study_whose_segment_was_merged(lab: Lab) -> None:
    first = lab.run()
    kept = lab.events.clone()
    changes(lab, 9)
    lab.events = kept
    again = lab.run()
    same(again, first)
    assert counts(again) == (0, 24)


def test_other_specifications_and_other_versions(lab: Lab) -> None:
    lab.run(model="mean")
    (other,) = segments(lab)
    lab.run()
    (stale,) = set(segments(lab)) - {other}
    path = lab.kept.folder / SEGMENTS / stale / MANIFEST  # type: ignore[operator]
    manifest = json.loads(path.read_text())
    manifest["facts"]["engine"] = "0.0"
    whole = json.dumps([manifest["files"], manifest["facts"]], sort_keys=True).encode()
    manifest["checksum"] = checksum(whole)
    path.write_text(json.dumps(manifest))
    changes(lab, 5)
    assert other in segments(lab)
    assert stale not in segments(lab)
    assert counts(lab.run(model="mean"))[0] == 5


def test_a_damaged_segment_stops_the_merging(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 100)
    changed = lab.run()
    for event in range(5):
        move(lab, event)
        changed = lab.run()
    names = segments(lab)
    assert len(names) == 6
    monkeypatch.setattr(compaction, "MANY", 3)
    folder = lab.kept.folder / SEGMENTS  # type: ignore[operator]
    newest = max(names, key=lambda name: (folder / name).stat().st_mtime_ns)
    content = bytearray((folder / newest / f"{EVENT_TABLES[0]}.parquet").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / newest / f"{EVENT_TABLES[0]}.parquet").write_bytes(content)
    assert compact(lab.kept, changed.spec) == 0
    assert len(segments(lab)) == 5
    assert compact(lab.kept, changed.spec) == 4
    assert len(segments(lab)) == 2
    same(lab.run(), changed)


def test_without_a_cache() -> None:
    assert compact(ResultsCache(None), StudySpec()) == 0


def test_an_entry_may_go_while_entries_are_listed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.run()
    there = Path.is_file

    def merged_meanwhile(path: Path) -> bool:
        found = there(path)
        if path.name == MANIFEST:
            shutil.rmtree(path.parent, ignore_errors=True)
        return found

    monkeypatch.setattr(Path, "is_file", merged_meanwhile)
    assert list(lab.kept.newest(SEGMENTS)) == []
