"""Share counts that stay where a table without any takes the place of what is stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
from support.histories import FIRST, held

from backtest.prices._record import Record
from backtest.prices.closes import Closes
from backtest.prices.importing import import_bars
from backtest.prices.kept_counts import kept_counts
from backtest.prices.provider import ACTIONS, SHARES, Bars
from backtest.prices.store import Held, PriceStore

LATER = dt.datetime(2025, 12, 1, 12, tzinfo=dt.UTC)


def imported(
    store: PriceStore, table: Held, counts: pl.DataFrame | None = None
) -> tuple[Record, list[str]]:
    """Replace what is stored; return the record and what was told."""
    told: list[str] = []
    bars = Bars(table.bars, closes={"ORCL": Closes.SPLIT_ONLY})
    (record,) = import_bars(store, bars, LATER, counts, replace=True, tell=told.append)
    return record, told


def stored(store: PriceStore) -> pl.DataFrame:
    found = store.read("ORCL")
    assert found is not None
    return found.shares


def test_counts_stay_and_what_went_is_told(store: PriceStore) -> None:
    before = held([1.0, 2.0, 3.0, 4.0])
    first = store.write(before, None)
    record, told = imported(store, held([1.0, 2.0]))
    assert stored(store).equals(before.shares)
    assert told == ["ORCL: 2 sessions gone; what was stored is kept as version of 2025-11-03 12:00"]
    assert record.earlier[0].digests == first.digests
    assert store.read_earlier(record, record.earlier[0]).bars.equals(before.bars)


def test_the_same_table_again_makes_no_version(store: PriceStore) -> None:
    store.write(held([1.0, 2.0]), None)
    record, told = imported(store, held([1.0, 2.0]))
    assert (record.earlier, told) == ((), [])


def test_other_counts_take_their_place(store: PriceStore) -> None:
    store.write(held([1.0, 2.0]), None)
    later = (FIRST + dt.timedelta(days=1), 2e9)
    counts = pl.DataFrame([("ORCL", *later)], schema=SHARES.schema(), orient="row")
    record, told = imported(store, held([1.0, 2.0]), counts)
    assert stored(store).equals(counts)
    assert record.earlier[0].why == "1 share count gone"
    assert told == [
        "ORCL: 1 share count gone; what was stored is kept as version of 2025-11-03 12:00"
    ]


def test_counts_do_not_stay_beside_closes_of_another_split_basis(store: PriceStore) -> None:
    store.write(held([1.0, 2.0, 3.0]), None)
    record, told = imported(store, held([0.5, 1.0, 1.5]))
    assert stored(store).is_empty()
    assert told[0] == (
        "ORCL: its share counts do not go with closes on another scale; --shares gives others"
    )
    assert record.earlier[0].why.endswith("3 of 3 sessions differ; 1 share count gone")


def test_reported_counts_stay_on_the_basis_of_the_closes(store: PriceStore) -> None:
    """Yahoo reports old shares before a split; an import has no splits to bring them forward."""
    before = held([1.0, 2.0, 3.0])
    split = [("ORCL", dt.date(2026, 5, 1), "split", 10.0)]
    actions = pl.DataFrame(split, schema=ACTIONS.schema(), orient="row")
    store.write(replace(before, actions=actions), None)
    record, _ = imported(store, held([1.0, 2.0, 3.0]))
    assert stored(store)["shares"].to_list() == [1e10]
    assert "corporate action gone" in record.earlier[0].why


def test_counts_survive_the_repair_of_damaged_bars(store: PriceStore) -> None:
    first = store.write(held([1.0, 2.0]), None)
    (store.folder / str(first.file_of("bars"))).write_bytes(b"")
    _, told = imported(store, held([1.0, 2.0]))
    assert (stored(store).height, told) == (1, [])


def test_damaged_counts_are_told(store: PriceStore) -> None:
    first = store.write(held([1.0, 2.0]), None)
    (store.folder / str(first.file_of("shares"))).write_bytes(b"")
    _, told = imported(store, held([1.0, 2.0]))
    assert stored(store).is_empty()
    assert told[0].startswith("ORCL: its share counts cannot be kept (")


def test_nothing_stored_keeps_nothing(store: PriceStore) -> None:
    counts, notes = kept_counts(store, None, held([1.0]).bars)
    assert (len(counts), notes) == (0, [])
