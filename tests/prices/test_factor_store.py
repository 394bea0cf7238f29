"""Factors that are kept: whole or not at all, compared with the copy before, and who serves."""

from __future__ import annotations

import datetime as dt
import errno
import os
from pathlib import Path

import polars as pl
import pytest
from support.french_server import FIVE, FrenchServer

from backtest.errors import BadUsage, DataUnavailable
from backtest.prices._manifest import from_manifest, manifest
from backtest.prices._record import Damaged
from backtest.prices.factor_choice import choose_factors
from backtest.prices.factor_refresh import refresh_factors
from backtest.prices.factor_store import FactorStore, factor_store
from backtest.prices.factors import load_factors

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=30)
SHIPPED = load_factors().frame
LAST = dt.date(2026, 4, 30)


def longer(sessions: int = 5) -> pl.DataFrame:
    """The shipped factors and sessions after them."""
    more = SHIPPED.tail(sessions).with_columns(pl.col("date") + dt.timedelta(days=30))
    return pl.concat([SHIPPED, more])


def with_value(frame: pl.DataFrame, day: dt.date, name: str, value: float | None) -> pl.DataFrame:
    there = pl.col("date") == day
    return frame.with_columns(pl.when(there).then(pl.lit(value)).otherwise(name).alias(name))


@pytest.fixture
def store(tmp_path: Path) -> FactorStore:
    return factor_store(tmp_path / "cache")


def test_what_is_written_is_read(store: FactorStore) -> None:
    assert store.read() is None
    assert store.record() is None
    record = store.write(longer(), "http://library.example", NOW)
    held = store.read()
    assert held is not None
    assert held.frame.equals(longer())
    assert held.record == record == store.record()
    assert (record.first, record.last) == (dt.date(2024, 8, 15), dt.date(2026, 5, 30))
    assert (record.source, record.retrieved_at, record.rows) == ("http://library.example", NOW, 433)
    assert store.verify() == []


def test_a_new_copy_replaces_the_old_one_and_leaves_nothing_behind(store: FactorStore) -> None:
    store.write(SHIPPED, "here", NOW)
    (store.folder / ".new-abc").write_text("a writer died here")
    record = store.write(longer(), "here", LATER)
    files = {path.name for path in store.folder.iterdir()} - {".lock"}
    assert files == {"french.json", f"french.{record.digest}.parquet"}


def test_a_reader_sees_the_old_copy_until_the_record_changes(
    store: FactorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer dies between the table and the record."""
    store.write(SHIPPED, "here", NOW)
    replace = Path.replace

    def dies(self: Path, target: Path) -> Path:
        if target.suffix == ".json":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies)
        with pytest.raises(BadUsage, match="cannot be written to"):
            store.write(longer(), "here", LATER)
    held = store.read()
    assert held is not None
    assert held.frame.equals(SHIPPED)


def test_a_full_disk(store: FactorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store.write(SHIPPED, "here", NOW)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DataUnavailable, match="the disk is full"):
            store.write(longer(), "here", LATER)
    assert store.verify() == []


def damage_table(store: FactorStore) -> None:
    (table,) = store.folder.glob("*.parquet")
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)


def damage_record(store: FactorStore) -> None:
    (store.folder / "french.json").write_bytes(b'{"format": 1')


def lose_table(store: FactorStore) -> None:
    (table,) = store.folder.glob("*.parquet")
    table.unlink()


def other_version(store: FactorStore) -> None:
    path = store.folder / "french.json"
    path.write_bytes(manifest({**from_manifest(path.read_bytes()), "format": 99}))


DAMAGES = {
    damage_table: "is not what was written",
    lose_table: "the table is missing",
    damage_record: "is not a record of factors",
    other_version: "a record of another version",
}
damages = pytest.mark.parametrize(("damage", "said"), DAMAGES.items())


@damages
def test_damage_is_told_and_the_shipped_factors_serve(
    store: FactorStore, damage: object, said: str
) -> None:
    store.write(longer(), "here", NOW)
    damage(store)  # type: ignore[operator]
    with pytest.raises(Damaged, match=said):
        store.read()
    ((file, why),) = store.verify()
    assert file == "french.json"
    assert said in why
    chosen = choose_factors(None, store.folder.parent)
    assert chosen.frame.equals(SHIPPED)
    (fault,) = chosen.only(["rf"]).faults
    assert said in fault
    assert fault.endswith("`backtest prices factors` fetches them anew")


@damages
def test_damage_is_mended_by_a_refresh(
    store: FactorStore, french: FrenchServer, damage: object, said: str
) -> None:
    french.publish(longer())
    refresh_factors(store, NOW)
    damage(store)  # type: ignore[operator]
    done = refresh_factors(store, LATER)
    assert said in done.damage
    assert (done.before, done.added) == (None, 433)
    assert store.verify() == []
    assert choose_factors(None, store.folder.parent).faults == ()


def test_a_refresh_says_what_changed(store: FactorStore, french: FrenchServer) -> None:
    french.publish(SHIPPED)
    first = refresh_factors(store, NOW)
    assert (first.before, first.added, first.revised, first.gone) == (None, 428, 0, 0)
    assert not first.used
    unchanged = refresh_factors(store, NOW)
    assert (unchanged.added, unchanged.revised, unchanged.gone) == (0, 0, 0)
    assert unchanged.before == first.record

    revised = with_value(longer(3), dt.date(2025, 3, 4), "smb", 0.0123)
    revised = with_value(revised, dt.date(2025, 6, 2), "mom", None)
    french.publish(revised.filter(pl.col("date") != dt.date(2025, 7, 1)))
    done = refresh_factors(store, LATER)
    assert (done.added, done.revised, done.gone) == (3, 2, 1)
    assert done.first_revised == dt.date(2025, 3, 4)
    assert done.used
    assert (done.record.retrieved_at, done.record.source) == (LATER, french.url)
    assert done.before == unchanged.record


def test_what_was_stored_survives_a_failure(store: FactorStore, french: FrenchServer) -> None:
    french.publish(longer())
    record = refresh_factors(store, NOW).record
    french.files[FIVE] = b"garbage"
    with pytest.raises(DataUnavailable, match="no zip that can be unpacked"):
        refresh_factors(store, LATER)
    french.stop()
    with pytest.raises(DataUnavailable, match="cannot be reached"):
        refresh_factors(store, LATER)
    assert store.record() == record
    chosen = choose_factors(None, store.folder.parent)
    assert chosen.frame.equals(longer())
    assert chosen.describe() == (
        f"Kenneth R. French data library, fetched from {french.url} 2026-11-22, to 2026-05-30"
    )


def test_a_mirror_is_named_and_the_library_is_not(store: FactorStore) -> None:
    from backtest.prices.french_library import LIBRARY

    store.write(longer(), LIBRARY, NOW)
    chosen = choose_factors(None, store.folder.parent)
    assert chosen.source == "Kenneth R. French data library, fetched 2026-11-22"


def test_who_serves(store: FactorStore, tmp_path: Path) -> None:
    """A table that is named, else the fetched ones where every factor reaches further."""
    cache = store.folder.parent
    assert choose_factors(None, cache).source.endswith("as shipped")
    store.write(longer(), "here", NOW)
    assert choose_factors(None, cache).last_date == dt.date(2026, 5, 30)
    assert choose_factors(None, None).last_date == LAST
    own = tmp_path / "own.csv"
    SHIPPED.head(3).write_csv(own)
    assert choose_factors(own, cache).source == str(own)
    late = pl.col("date") > LAST
    for frame in (SHIPPED, longer().with_columns(mom=pl.when(~late).then("mom"))):
        store.write(frame, "here", NOW)
        assert choose_factors(None, cache).source.endswith("as shipped")
    store.write(longer().drop_nulls().tail(10), "here", NOW)
    assert choose_factors(None, cache).last_date == dt.date(2026, 5, 30)


def test_the_address_is_kept_without_its_password(
    store: FactorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKTEST_FRENCH_URL", "https://me:hunter2@mirror.example")
    monkeypatch.setattr("backtest.prices.factor_refresh.fetch_factors", lambda: SHIPPED)
    assert refresh_factors(store, NOW).record.source == "https://***@mirror.example"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"hunter2" in path.read_bytes()]
