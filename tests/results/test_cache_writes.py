"""A results cache that cannot be written costs no result, and two runs may share one."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, sessions
from support.cli import Command
from support.lab import TICKERS, Lab, counts, entries, same

from backtest.results.cache import MANIFEST, SEGMENTS


def refusing(code: int) -> Callable[..., Any]:
    def refuse(*arguments: object, **options: object) -> Any:
        raise OSError(code, os.strerror(code))

    return refuse


FAULTS = {
    "a read-only folder": (Path, "mkdir", errno.EROFS),
    "a folder nobody may write": (Path, "mkdir", errno.EACCES),
    "a disk that is full": (pl.DataFrame, "write_parquet", errno.ENOSPC),
    "a disk full at the last moment": (Path, "replace", errno.ENOSPC),
    "a manifest without room": (Path, "write_text", errno.ENOSPC),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cache_that_cannot_be_written_is_a_note(
    lab: Lab, cli: Command, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    fresh = lab.run(cache=False)
    owner, name, code = FAULTS[fault]
    monkeypatch.setattr(owner, name, refusing(code))
    ran = cli("run", "--events", lab.events_path, "--prices", lab.prices_path, "--format", "json")
    monkeypatch.undo()
    assert ran.code == 0
    assert len(ran.json["tables"]["cars"]) == len(fresh.cars)
    notes = [line for line in ran.err.splitlines() if "not cached" in line]
    assert notes == [
        f"note: results were not cached in {lab.cache / 'results'}: {os.strerror(code)}"
    ]
    assert not [path for path in entries(lab) if path.name == MANIFEST]
    assert not list((lab.cache / "results").rglob(".writing-*"))
    same(lab.run(), fresh)


def test_what_was_kept_before_survives_a_full_disk(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.run()
    monkeypatch.setattr(pl.DataFrame, "write_parquet", refusing(errno.ENOSPC))
    days = sessions()
    lab.events[0, "date"] = days[days.index(lab.events["date"][0]) - 1]
    result = lab.run()
    assert counts(result) == (1, 23)
    assert any("not cached" in note for note in result.warnings)
    assert lab.kept.verify() == []
    assert len(lab.kept.entries()) == 2


def test_a_file_where_the_cache_should_be(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "flat").write_text("no folder")
    result = lab.run(cache=tmp_path / "flat")
    assert counts(result) == (24, 0)
    assert any("not cached" in note for note in result.warnings)


def _study(events: Path, prices: Path, cache: Path, barrier: Any, done: Any) -> None:
    from polars import thread_pool_size

    thread_pool_size()  # the libraries are loaded before the race begins
    import backtest as bt

    barrier.wait(60)
    result = bt.run(events, prices, cache=cache)
    done.put((len(result.cars), list(result.warnings)))


def test_two_runs_at_once_leave_a_sound_cache(lab: Lab) -> None:
    lab.events = made_events(200, TICKERS)
    fresh = lab.run(cache=False)
    context = multiprocessing.get_context("spawn")
    barrier, done = context.Barrier(2), context.Queue()
    paths = (lab.events_path, lab.prices_path, lab.cache)
    racers = [context.Process(target=_study, args=(*paths, barrier, done)) for _ in range(2)]
    for racer in racers:
        racer.start()
    answers = [done.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0]
    assert answers == [(len(fresh.cars), [])] * 2
    assert lab.kept.verify() == []
    assert not list((lab.cache / "results").rglob(".writing-*"))
    again = lab.run()
    assert counts(again) == (0, 200)
    same(again, fresh)


def test_an_entry_is_removed_all_at_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that read a segment while another merged it away told of damage."""
    lab.run()
    (entry,) = (lab.cache / "results" / SEGMENTS).iterdir()
    seen: list[tuple[bool, list[str]]] = []

    def slow(folder: Path, **how: object) -> None:
        (folder / "cars.parquet").unlink()
        reader = lab.kept
        seen.append((reader.read(SEGMENTS, entry.name) is None, reader.notes))

    monkeypatch.setattr(shutil, "rmtree", slow)
    lab.kept.remove(SEGMENTS, [entry.name])
    assert seen == [(True, [])]
