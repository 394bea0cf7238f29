"""The count of strategies tried: once each, by several processes, over crashes and damage."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backtest.strategy.tried import DAMAGED, FILE, FOLDER, Part, Tried, data_key, strategy_key

DATA = data_key(["e1", "e2"], ["AMD", "NVDA"])


def keys(count: int, start: int = 0) -> dict[bytes, float | None]:
    return {strategy_key({"after": place}): 0.01 * place for place in range(start, start + count)}


def test_the_same_strategy_counts_once(tmp_path: Path) -> None:
    assert Tried(tmp_path).add(DATA, keys(1)).here == 1
    assert Tried(tmp_path).add(DATA, keys(1)).here == 1
    found = Tried(tmp_path).add(DATA, keys(3))
    assert found.kept
    assert (found.here, found.everywhere) == (3, 3)
    assert sorted(found.scores) == pytest.approx([0.0, 0.01, 0.02])


def test_other_data_are_counted_apart(tmp_path: Path) -> None:
    Tried(tmp_path).add(DATA, keys(3))
    other = Tried(tmp_path).add(data_key(["e1"], ["AMD"]), keys(2))
    assert (other.here, other.everywhere) == (2, 5)


def test_selections_of_a_calendar_count_together(tmp_path: Path) -> None:
    """The same rule on another part is a trial; on a calendar that grew it is the same one."""
    calendar = tmp_path / "events"
    whole, part = Part.of(calendar, ()), Part.of(calendar, ("tag:chips",))
    Tried(tmp_path).add(DATA, keys(3), whole)
    found = Tried(tmp_path).add(data_key(["e1"], ["AMD"]), keys(2), part)
    assert (found.here, found.calendar, found.everywhere) == (2, 5, 5)
    assert len(found.scores) == 5
    grown = Tried(tmp_path).add(data_key(["e1", "e2", "e3"], ["AMD"]), keys(1), whole)
    assert (grown.here, grown.calendar, grown.everywhere) == (1, 5, 5)
    other = Tried(tmp_path).add("other", keys(1), Part.of(tmp_path / "else.yaml", ()))
    assert (other.here, other.calendar, other.everywhere) == (1, 1, 7)
    odd = Part.of(tmp_path / "\udce4.yaml", ("\udce4",))
    assert Tried(tmp_path).add("odd", keys(1), odd).calendar == 1


def test_another_word_for_the_same_events_is_no_other_part(tmp_path: Path) -> None:
    for words in ((), ("*",), ("tag:chips", "*")):
        found = Tried(tmp_path).add(DATA, keys(2), Part.of(tmp_path, words))
        assert (found.here, found.calendar) == (2, 2)


def test_keys_follow_content_and_not_order() -> None:
    assert strategy_key({"a": 1, "b": [1, 2]}) == strategy_key({"b": [1, 2], "a": 1})
    assert strategy_key({"a": 1}) != strategy_key({"a": 2})
    assert data_key(["a", "b"], ["X"]) == data_key(["b", "a", "a"], ["X"])
    assert data_key(["a"], ["b"]) != data_key(["a", "b"], [])


def test_a_strategy_without_ratio_counts_and_has_none(tmp_path: Path) -> None:
    found = Tried(tmp_path).add(DATA, {b"one": None, b"two": 0.1, b"three": float("nan")})
    assert found.here == 3
    assert found.scores.tolist() == [0.1]


def test_a_sweep_counts_every_cell_in_a_moment(tmp_path: Path) -> None:
    assert Tried(tmp_path).add(DATA, keys(20_000)).here == 20_000


def test_without_a_folder_the_count_is_of_this_object(tmp_path: Path) -> None:
    tried = Tried(None)
    tried.add(DATA, keys(2))
    assert tried.add(DATA, keys(3)).here == 3
    assert not list(tmp_path.iterdir())
    assert not tried.notes
    assert not tried.add(DATA, keys(1)).kept


_WRITER = """
import sys
from pathlib import Path
from backtest.strategy.tried import Tried, strategy_key
start = int(sys.argv[2])
for place in range(start, start + 60):
    Tried(Path(sys.argv[1])).add("data", {strategy_key({"after": place}): 0.0})
"""


def test_several_processes_lose_nothing(tmp_path: Path) -> None:
    """Three writers whose 60 trials each overlap by 30: 120 different ones."""
    running = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), str(start)])
        for start in (0, 30, 60)
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    assert Tried(tmp_path).add("data", {}).here == 120


_KILLED = """
import os, signal, sqlite3, sys
file = sqlite3.connect(sys.argv[1])
file.execute("begin immediate")
file.execute("pragma cache_size = 1")
rows = ((bytes([n % 256, n // 256]),) for n in range(9999))
file.executemany("insert into trials values ('data', ?, 0.0)", rows)
print("writing", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_process_killed_while_it_writes_leaves_what_was_there(tmp_path: Path) -> None:
    Tried(tmp_path).add("data", {b"before": 0.1})
    path = str(tmp_path / FOLDER / FILE)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, path], check=False, stdout=subprocess.PIPE
    )
    assert killed.returncode == -signal.SIGKILL
    assert b"writing" in killed.stdout
    tried = Tried(tmp_path)
    assert tried.add("data", {b"after": 0.2}).here == 2
    assert not tried.notes


def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path) -> None:
    Tried(tmp_path).add(DATA, keys(5))
    (tmp_path / FOLDER / FILE).write_bytes(b"not a database, " * 400)
    tried = Tried(tmp_path)
    assert tried.add(DATA, keys(2)).here == 2
    (note,) = tried.notes
    assert "count begins anew" in note
    assert DAMAGED in note
    assert (tmp_path / FOLDER / DAMAGED).is_file()
    assert Tried(tmp_path).add(DATA, {}).here == 2


def test_a_place_that_cannot_hold_a_file_is_said_and_the_count_goes_on(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way", encoding="utf-8")
    tried = Tried(tmp_path)
    assert tried.add(DATA, keys(4)).here == 4
    (note,) = tried.notes
    assert "cannot be kept" in note
    assert FOLDER in note
    assert not tried.add(DATA, keys(4)).kept


def test_a_file_that_another_holds_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tried(tmp_path).add(DATA, keys(1))
    monkeypatch.setattr("backtest.strategy.tried.PATIENCE", 0.05)
    holder = sqlite3.connect(tmp_path / FOLDER / FILE)
    holder.execute("begin exclusive")
    tried = Tried(tmp_path)
    found = tried.add(DATA, keys(2))
    holder.close()
    assert found.here == 2
    assert np.isfinite(found.scores).all()
    assert "locked" in tried.notes[0]
    assert (tmp_path / FOLDER / FILE).is_file()
