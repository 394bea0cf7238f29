"""A revised history: the one before stays, and what the two disagree about is said."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from support.histories import FIRST, NOW, held

from backtest.prices._damage import lost_versions
from backtest.prices._record import IMPORTED, Damaged
from backtest.prices._revision import lost, revision
from backtest.prices.provider import ACTIONS
from backtest.prices.store import VERSIONS, PriceStore


def test_more_history_is_no_revision(store: PriceStore) -> None:
    first = store.write(held([1.0, 2.0]), None)
    longer = store.write(held([1.0, 2.0, 3.0], hours=1), first)
    both_ends = store.write(held([0.5, 1.0, 2.0, 3.0], hours=2, start=-1), longer)
    assert both_ends.earlier == ()
    assert len(list(store.folder.glob("ORCL.bars.*"))) == 1


def test_history_that_is_gone_stays_as_a_version(store: PriceStore) -> None:
    whole = held([1.0, 2.0, 3.0, 4.0])
    first = store.write(whole, None)
    shorter = store.write(held([2.0, 3.0], start=1, hours=1), first)
    (earlier,) = shorter.earlier
    assert earlier.why == "2 sessions gone"
    assert store.read_earlier(shorter, earlier).bars.equals(whole.bars)
    both = store.write(held([2.5, 3.0, 4.0], start=1, hours=2), store.write(whole, shorter))
    assert both.earlier[0].why == (
        "close of 2025-10-02 was 2, is 2.5; 1 of 3 sessions differ; 1 session gone"
    )


def test_what_is_missed_of_counts_and_actions() -> None:
    old, new = held([1.0, 2.0]), held([1.0, 2.0], hours=1)
    own = replace(new, record=replace(new.record, provider=IMPORTED), shares=old.shares.clear())
    assert lost(old, own) == "1 share count gone"
    assert lost(old, replace(own, record=new.record)) == ""  # a provider sorts its own out
    paid = [("ORCL", FIRST, "dividend", 0.5)]
    actions = pl.DataFrame(paid, schema=ACTIONS.schema(), orient="row")
    whole = replace(own, shares=old.shares)
    assert lost(replace(old, actions=actions), whole) == "1 corporate action gone"
    assert lost(old, whole) == ""


def test_a_revised_history_stays_with_its_bytes(store: PriceStore) -> None:
    before = held([1.0, 2.0, 3.0])
    first = store.write(before, None)
    old_bytes = (store.folder / str(first.file_of("bars"))).read_bytes()
    record = store.write(held([1.0, 2.5, 3.0, 4.0], hours=1), first)
    (earlier,) = record.earlier
    assert earlier.why == "close of 2025-10-02 was 2, is 2.5; 1 of 3 sessions differ"
    assert (earlier.retrieved_at, earlier.replaced_at) == (NOW, NOW + dt.timedelta(hours=1))
    assert (earlier.first, earlier.last, earlier.rows) == (FIRST, FIRST + dt.timedelta(days=2), 3)
    assert (store.folder / str(record.file_of("bars", earlier))).read_bytes() == old_bytes
    again = store.record("ORCL")
    assert again == record
    was = store.read_earlier(record, earlier)
    assert was.bars.equals(before.bars)
    assert was.shares.equals(before.shares)
    assert (was.record.retrieved_at, was.record.earlier) == (NOW, ())
    # A later extension keeps it.
    extended = store.write(held([1.0, 2.5, 3.0, 4.0, 5.0], hours=2), record)
    assert extended.earlier == record.earlier
    assert store.verify() == []


def test_the_number_of_versions_is_bounded(store: PriceStore) -> None:
    record = None
    for number in range(VERSIONS + 3):
        record = store.write(held([1.0, 2.0 + number], hours=number), record)
    assert record is not None
    assert [one.retrieved_at.hour - NOW.hour for one in record.earlier] == [6, 5, 4, 3, 2]
    assert len(record.earlier) == VERSIONS
    tables = {path.name for path in store.folder.glob("ORCL.*.parquet")}
    assert tables == record.files()
    closes = [store.read_earlier(record, one).bars["close"][1] for one in record.earlier]
    assert closes == [8.0, 7.0, 6.0, 5.0, 4.0]


def test_a_damaged_version_is_found(store: PriceStore) -> None:
    first = store.write(held([1.0, 2.0]), None)
    record = store.write(held([1.0, 2.5], hours=1), first)
    path = store.folder / str(first.file_of("bars"))
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    assert store.read("ORCL") is not None
    assert [file for file, _ in store.verify()] == ["ORCL.json"]
    with pytest.raises(Damaged):
        store.read_earlier(record, record.earlier[0])
    # Nobody can mend it, so it goes with the next write.
    assert store.write(held([1.0, 2.5, 3.0], hours=2), record).earlier == ()
    assert store.verify() == []


def test_versions_outlive_the_damage_of_the_present_one(store: PriceStore) -> None:
    first = store.write(held([1.0, 2.0]), None)
    second = store.write(held([1.0, 2.5], hours=1), first)
    (store.folder / str(second.file_of("bars"))).write_bytes(b"")
    third = store.write(held([1.0, 2.5, 3.0], hours=2), None)
    assert third.earlier == second.earlier
    assert store.read_earlier(third, third.earlier[0]).bars["close"].to_list() == [1.0, 2.0]


def test_which_versions_went_for_their_damage(store: PriceStore) -> None:
    """What makes room for a newer one goes as it should."""
    record = store.write(held([1.0, 2.0]), None)
    for number in range(1, VERSIONS + 2):
        before, record = record, store.write(held([1.0, 2.0 + number], hours=number), record)
        assert list(lost_versions(before, record)) == []
    assert len(record.earlier) == VERSIONS
    torn = record.earlier[2]
    (store.folder / str(record.file_of("bars", torn))).write_bytes(b"")
    after = store.write(held([1.0, 99.0], hours=9), record)
    told = f"ORCL: the version of {torn.retrieved_at:%Y-%m-%d %H:%M} was damaged and could not be"
    assert [one.startswith(told) for one in lost_versions(record, after)] == [True]
    assert list(lost_versions(None, after)) == []


def test_a_damaged_table_that_versions_share_is_put_right_in_all(store: PriceStore) -> None:
    first = store.write(held([1.0, 2.0]), None)
    second = store.write(held([1.0, 2.5], hours=1), first)
    (store.folder / str(second.file_of("shares"))).write_bytes(b"")
    third = store.write(held([1.0, 2.5, 3.0], hours=2), None)
    assert third.earlier == second.earlier
    assert store.verify() == []


def test_no_flipped_bit_of_a_record_passes(store: PriceStore) -> None:
    """Whatever is read after damage is what was written, or it is said to be damaged."""
    record = store.write(held([1.0, 2.5], hours=1), store.write(held([1.0, 2.0]), None))
    path = store.folder / "ORCL.json"
    content = path.read_bytes()
    noticed = 0
    for at in range(0, len(content)):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        try:
            read = store.record("ORCL")
        except Damaged:
            noticed += 1
            continue
        assert read == record
        assert read.libraries == record.libraries
    assert noticed > 0.7 * len(content)  # a blank between two values may change unharmed


def test_what_a_revision_says() -> None:
    old = held([1.0, 2.0, 3.0])
    assert revision(old, held([1.0, 2.0 * (1 + 1e-7), 3.0])) == ""
    assert revision(old, held([1.0, None, 3.0])) == (
        "close of 2025-10-02 was 2, is missing; 1 of 3 sessions differ"
    )
    gap = replace(old, bars=old.bars.filter(pl.col("close") != 2.0))
    assert revision(old, gap) == "2025-10-02 is gone; 1 of 3 sessions differ"
    assert revision(gap, old) == "2025-10-02 is new; 1 of 3 sessions differ"
    traded = replace(old, bars=old.bars.with_columns(volume=pl.lit(6.0)))
    assert revision(old, traded) == "volume of 2025-10-01 was 5, is 6; 3 of 3 sessions differ"
    close = pl.col("close")
    dividend = replace(old, bars=old.bars.with_columns(adj_close=close * 0.9))
    assert revision(old, dividend) == ""
    late = replace(old, bars=old.bars.with_columns(adj_close=pl.Series([0.9, 2.0, 3.0])))
    assert revision(old, late) == ("adj_close of 2025-10-01 was 1, is 0.9; 1 of 3 sessions differ")
    counted = replace(old, shares=old.shares.with_columns(shares=pl.lit(2e9)))
    assert revision(old, counted) == (
        "share count known from 2025-10-01 was 1,000,000,000, is 2,000,000,000"
    )
    more = pl.concat([old.shares, old.shares.with_columns(shares=pl.lit(2e9))])
    assert revision(old, replace(old, shares=more)) == ""
    assert revision(old, held([7.0, 8.0], start=10)) == ""
