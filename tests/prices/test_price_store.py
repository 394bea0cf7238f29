import datetime as dt
import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from backtest import files as whole_files
from backtest.errors import BadUsage, DataUnavailable
from backtest.prices._record import Damaged, Record
from backtest.prices.provider import ACTIONS, BARS, SHARES
from backtest.prices.store import Held, PriceStore

NOW = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)


def held(ticker: str = "ORCL", sessions: int = 3, close: float = 100.0) -> Held:
    days = [dt.date(2025, 10, 1) + dt.timedelta(days=n) for n in range(sessions)]
    rows = [(day, ticker, None, None, None, close + n, close, 1.0) for n, day in enumerate(days)]
    bars = pl.DataFrame(rows, schema=BARS.schema(), orient="row")
    actions = [(ticker, days[1], "dividend", 0.5)]
    shares = [(ticker, days[0], 2.8e9)]
    record = Record(
        ticker=ticker,
        provider="yahoo",
        retrieved_at=NOW,
        first=days[0],
        last=days[-1],
        rows=sessions,
        complete_to=days[-1],
    )
    return Held(
        record,
        bars,
        pl.DataFrame(actions, schema=ACTIONS.schema(), orient="row"),
        pl.DataFrame(shares, schema=SHARES.schema(), orient="row"),
    )


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(tmp_path / "cache" / "prices")


def test_what_is_written_is_read(store: PriceStore) -> None:
    given = held("^GSPC")
    store.write(given, None)
    back = store.read("^GSPC")
    assert back is not None
    assert back.bars.equals(given.bars)
    assert back.actions.equals(given.actions)
    assert back.shares.equals(given.shares)
    assert store.verify() == []
    assert [record.ticker for record in store.records()] == ["^GSPC"]


def test_nothing_is_there_at_first(store: PriceStore) -> None:
    assert store.read("ORCL") is None
    assert store.records() == ()
    assert store.verify() == []
    assert not store.folder.exists()


def test_a_longer_history_replaces_the_old_one_and_leaves_nothing_behind(
    store: PriceStore,
) -> None:
    old = store.write(held(), None)
    (store.folder / f"{whole_files.UNFINISHED}abc").write_text("a writer died here")
    store.write(held("ORCL.X"), None)
    later = held(sessions=4)
    store.write(later, old)
    back = store.read("ORCL")
    assert back is not None
    assert back.bars.equals(later.bars)
    names = sorted(path.name.split(".")[0] for path in store.folder.glob("ORCL.*"))
    assert len([p for p in store.folder.iterdir() if p.name.startswith("ORCL.bars")]) == 1
    assert names.count("ORCL") == 8  # two records, three tables each
    assert not list(store.folder.glob(f"{whole_files.UNFINISHED}*"))


@pytest.mark.parametrize("harm", ["cut", "flip", "gone", "empty"])
def test_a_damaged_table_is_noticed(store: PriceStore, harm: str) -> None:
    record = store.write(held(), None)
    path = store.folder / str(record.file_of("bars"))
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "flip":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    else:
        path.write_bytes(content[:100] if harm == "cut" else b"")
    with pytest.raises(Damaged):
        store.read("ORCL")
    ((file, _),) = store.verify()
    assert file == "ORCL.json"


def test_a_damaged_record_is_noticed(store: PriceStore) -> None:
    store.write(held(), None)
    store.write(held("AMD"), None)
    (store.folder / "ORCL.json").write_text("{")
    with pytest.raises(Damaged):
        store.read("ORCL")
    assert [record.ticker for record in store.records()] == ["AMD"]
    assert [file for file, _ in store.verify()] == ["ORCL.json"]
    (store.folder / "ORCL.json").write_bytes((store.folder / "AMD.json").read_bytes())
    with pytest.raises(Damaged, match="is about AMD"):
        store.read("ORCL")


def test_a_damaged_history_can_be_written_again(store: PriceStore) -> None:
    record = store.write(held(), None)
    (store.folder / str(record.file_of("bars"))).write_bytes(b"")
    store.write(held(), None)
    assert store.verify() == []
    assert store.read("ORCL") is not None


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (errno.ENOSPC, DataUnavailable, "the disk is full; what was saved before is intact"),
        (errno.EROFS, BadUsage, "cannot be written to"),
        (errno.EACCES, BadUsage, "cannot be written to"),
    ],
)
def test_a_disk_that_does_not_take_it(
    store: PriceStore,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    kind: type[Exception],
    expected: str,
) -> None:
    before = held()
    record = store.write(before, None)
    owner = os if call == "fsync" else Path

    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, fail)
        with pytest.raises(kind, match=expected):
            store.write(held(close=7.0), record)
    back = store.read("ORCL")
    assert back is not None
    assert back.bars.equals(before.bars)
    assert not list(store.folder.glob(f"{whole_files.UNFINISHED}*"))


def test_a_full_disk_in_the_middle_of_a_write_leaves_the_old_history(
    store: PriceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first table still fits, the record does not."""
    before = held()
    record = store.write(before, None)
    calls = []
    real = os.fsync

    def fail_later(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_later)
        with pytest.raises(DataUnavailable):
            store.write(held(close=7.0), record)
    back = store.read("ORCL")
    assert back is not None
    assert back.bars.equals(before.bars)


def test_a_full_disk_in_the_middle_of_a_first_write_leaves_nothing(
    store: PriceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables without a record would look as if the record had been lost."""
    store.write(held("MSFT"), None)
    whole = sorted(store.folder.iterdir())
    real = Path.replace

    def no_record(path: Path, target: Path) -> Path:
        if target.name == "ORCL.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", no_record)
        with pytest.raises(DataUnavailable, match="the disk is full"):
            store.write(held(), None)
    assert sorted(store.folder.iterdir()) == whole
    assert store.unreadable() == {}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadUsage) as error:
        PriceStore(tmp_path / "file" / "prices").write(held(), None)
    assert "--cache" in str(error.value)


def test_another_process_that_got_further_wins(store: PriceStore) -> None:
    """We started from nothing; meanwhile somebody wrote a longer history."""
    theirs = held(sessions=5)
    store.write(theirs, None)
    kept = store.write(held(sessions=3), None)
    assert kept.rows == 5
    later = replace(held(sessions=3).record, retrieved_at=NOW + dt.timedelta(hours=1))
    newer = replace(held(sessions=3), record=later)
    assert store.write(newer, None).rows == 3


def test_writers_and_readers_at_once(store: PriceStore) -> None:
    """Whatever is read while others write is one of the histories, never a mixture."""
    store.write(held(), None)
    wrong: list[str] = []

    def write(close: float) -> None:
        for sessions in range(3, 13):
            store.write(held(sessions=sessions, close=close), store.record("ORCL"))

    def read() -> None:
        for _ in range(60):
            back = store.read("ORCL")
            assert back is not None
            if back.bars.height != back.record.rows or back.bars["adj_close"].n_unique() != 1:
                wrong.append(str(back.record))

    threads = [threading.Thread(target=write, args=(c,)) for c in (1.0, 2.0)]
    threads += [threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert wrong == []
    assert store.verify() == []
