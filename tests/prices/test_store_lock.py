"""One writer at a time, who is named to those who wait; readers wait for nobody."""

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.histories import held

from backtest.errors import DataUnavailable
from backtest.prices._lock import Holder, holder_of, locked
from backtest.prices.store import PriceStore

HOLD = """
import sys, time
from pathlib import Path
from backtest.prices._lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(store: PriceStore) -> Callable[[], subprocess.Popen[str]]:
    """Start another process that holds the store until it is ended."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", HOLD, str(store.folder)], stdout=subprocess.PIPE, text=True
            )
        )
        assert started[-1].stdout is not None
        assert started[-1].stdout.readline() == "held\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_writer_waits_and_names_who_holds_the_store(
    store: PriceStore, other: Callable[[], subprocess.Popen[str]]
) -> None:
    store.write(held([1.0, 2.0]), None)
    process = other()
    impatient = PriceStore(store.folder, patience=0.2)
    with pytest.raises(DataUnavailable) as refused:
        impatient.write(held([1.0, 2.0, 3.0], hours=1), None)
    said = str(refused.value)
    today = dt.datetime.now(dt.UTC).date()
    assert f"process {process.pid} on {socket.gethostname()} (`-c {store.folder}`)" in said
    assert f"since {today}" in said
    assert "waited 0 seconds" in said
    # Readers do not wait.
    began = time.monotonic()
    back = impatient.read("ORCL")
    assert back is not None
    assert back.bars.height == 2
    assert time.monotonic() - began < 5
    # Killed, it holds nothing any more, though its note is still there.
    process.kill()
    process.wait()
    assert holder_of(store.folder) is not None
    assert impatient.write(held([1.0, 2.0, 3.0], hours=1), None).rows == 3
    assert holder_of(store.folder) is None


def test_the_note_about_the_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s3://user:password@host/x"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/backtest", "run", secret, "\x1b[2J", "y" * 200])
    with locked(tmp_path):
        holder = holder_of(tmp_path)
        assert holder is not None
        assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())
        assert holder.command.startswith("backtest run s3://***@host/x  [2J yyy")
        assert len(holder.command) == 100
        (tmp_path / ".lock.holder").write_text("{")
        assert holder_of(tmp_path) is None
        (tmp_path / ".lock.holder").write_text(json.dumps({"pid": 1}))
        assert holder_of(tmp_path) is None
    assert not (tmp_path / ".lock.holder").exists()
    at = Holder(12, "host", "backtest prices pull", "2026-11-22T15:31:39+00:00")
    assert str(at) == ("process 12 on host (`backtest prices pull`), since 2026-11-22 15:31:39 UTC")
