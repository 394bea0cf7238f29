import datetime as dt
import errno
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from yahoo_server import SERVER_ERROR, TOO_MANY, Security, YahooServer

from backtest.errors import BadInput, BadUsage, DataUnavailable, RateLimited
from backtest.prices.auto import Auto
from backtest.prices.importing import import_bars
from backtest.prices.provider import PriceProvider, Setup
from backtest.prices.providers.yahoo import Yahoo
from backtest.prices.refresh import refresh
from backtest.prices.source import open_source
from backtest.prices.store import price_store
from backtest.results.source import pool_tickers

Listed = Callable[..., Security]
NOW = dt.datetime(2026, 6, 20, 12, tzinfo=dt.UTC)
"""A Saturday three weeks after the snapshot's last day, 2026-05-29."""
IN_JUNE = dt.date(2026, 6, 10)


def auto(folder: Path, *, offline: bool = False, now: dt.datetime = NOW) -> PriceProvider:
    return open_source("auto", cache_dir=folder, now=now, offline=offline, rate=1000)


@pytest.fixture
def june(yahoo: YahooServer, listed: Listed, weekdays: Callable[..., list[dt.date]]) -> YahooServer:
    """Yahoo with ORCL and IBM up to 2026-06-19, closes from 1 on."""
    days = weekdays("2024-01-01", 645)
    closes: list[float | None] = [1.0 + place for place in range(645)]
    yahoo.securities["ORCL"] = Security(days, closes, shares=[(days[0], 5.0)])
    yahoo.securities["IBM"] = Security(days, closes)
    assert days[-1] == dt.date(2026, 6, 19)
    return yahoo


def test_the_snapshot_is_enough_for_its_own_days(yahoo: YahooServer, tmp_path: Path) -> None:
    out = auto(tmp_path).bars(["ORCL", "SPY"], dt.date(2024, 9, 1), dt.date(2026, 5, 29))
    assert out.missing == {}
    assert out.notes == ()
    assert yahoo.requests == []
    assert not (tmp_path / "prices").exists()


def test_without_dates_nothing_is_refreshed(yahoo: YahooServer, tmp_path: Path) -> None:
    assert auto(tmp_path).bars(["ORCL"], None, None).frame.height == 448
    assert yahoo.requests == []


def test_yahoo_for_what_neither_has_and_then_the_store(june: YahooServer, tmp_path: Path) -> None:
    source = auto(tmp_path)
    out = source.bars(["IBM", "ORCL"], dt.date(2024, 9, 2), IN_JUNE)
    assert out.missing == {}
    last = dict(out.frame.group_by("ticker").agg(pl.col("date").max()).iter_rows())
    assert last == {"IBM": IN_JUNE, "ORCL": IN_JUNE}
    # ORCL comes from one place throughout: the server's closes, not the shipped ones.
    closes = out.frame.filter(pl.col("ticker") == "ORCL").sort("date")["close"]
    assert closes.diff().drop_nulls().unique().to_list() == [1.0]
    assert source.shares(["ORCL", "AMD"])["ticker"].unique().sort().to_list() == ["AMD", "ORCL"]
    assert source.shares(["ORCL"])["shares"].to_list() == [5.0]
    june.requests.clear()
    again = auto(tmp_path).bars(["IBM", "ORCL"], dt.date(2024, 9, 2), IN_JUNE)
    assert june.requests == []
    assert again.frame.sort("ticker", "date").equals(out.frame.sort("ticker", "date"))


def test_what_is_held_is_the_snapshot_s_and_the_store_s(june: YahooServer, tmp_path: Path) -> None:
    source = auto(tmp_path)
    before = pool_tickers(source)
    source.bars(["IBM"], dt.date(2024, 9, 2), IN_JUNE)
    assert pool_tickers(source) == sorted([*before, "IBM"])
    assert len(before) == 12


def test_a_ticker_that_nobody_has(june: YahooServer, tmp_path: Path) -> None:
    out = auto(tmp_path).bars(["DEAD", "ORCL"], dt.date(2024, 9, 2), dt.date(2026, 5, 1))
    assert out.missing == {
        "DEAD": "Yahoo Finance has nothing for it (No data found, symbol may be delisted)"
    }
    assert out.notes == ()


def test_shipped_prices_in_place_of_trouble(june: YahooServer, tmp_path: Path) -> None:
    june.faults_for_good["chart ORCL"] = SERVER_ERROR
    out = auto(tmp_path).bars(["ORCL", "IBM"], None, IN_JUNE)
    assert out.missing == {}
    assert out.notes == (
        "ORCL: Yahoo Finance answered without data (HTTP 500); the shipped prices are used",
    )


def test_without_network_it_says_so_once_and_goes_on(tmp_path: Path) -> None:
    source = auto(tmp_path)
    out = source.bars(["ORCL", "AMD", "IBM", "9984.T"], dt.date(2024, 9, 2), IN_JUNE)
    assert out.frame["ticker"].unique().sort().to_list() == ["AMD", "ORCL"]
    (note,) = out.notes
    assert note.startswith("Yahoo Finance cannot be reached (")
    assert "2 securities could not be brought up to date (AMD has 2024-09-03 to 2026-05-29" in note
    assert note.endswith("2 securities missing (9984.T, IBM)")
    # What the resolver says stands in the note; a reason is read once an event.
    assert out.missing["IBM"] == "neither stored nor shipped; Yahoo Finance cannot be reached"


def test_after_a_failure_nobody_is_asked_again(june: YahooServer, tmp_path: Path) -> None:
    source = auto(tmp_path)
    june.faults_for_good["chart"] = TOO_MANY
    first = source.bars(["AAA", "BBB", "CCC"], None, IN_JUNE)
    asked = len(june.requests)
    assert len(june.asked("chart/BBB")) == 0
    assert first.notes == (
        "Yahoo Finance asks us to slow down; 3 securities missing (AAA, BBB, CCC)",
    )
    source.bars(["DDD"], None, IN_JUNE)
    assert len(june.requests) == asked


def test_the_store_is_used_without_network(june: YahooServer, tmp_path: Path) -> None:
    auto(tmp_path).bars(["IBM"], None, IN_JUNE)
    june.stop()
    later = NOW + dt.timedelta(days=10)
    out = auto(tmp_path, now=later).bars(["IBM"], None, dt.date(2026, 6, 26))
    assert out.frame["date"].max() == dt.date(2026, 6, 19)
    assert (
        "1 security could not be brought up to date (IBM has 2024-01-01 to 2026-06-19)"
        in (out.notes[0])
    )


def test_offline_as_wished(june: YahooServer, tmp_path: Path) -> None:
    out = auto(tmp_path, offline=True).bars(["ORCL", "IBM"], None, IN_JUNE)
    assert june.requests == []
    assert out.missing == {"IBM": "neither stored nor shipped; working offline"}
    assert out.notes[0].startswith("working offline; 1 security could not be brought up to date")


def test_the_longer_of_two_incomplete_histories(june: YahooServer, tmp_path: Path) -> None:
    """The store has ORCL since May 2026 only; for a study of 2025 the snapshot has more."""
    yahoo = Yahoo(Setup(now=NOW, cache_dir=tmp_path, rate=1000))
    refresh(price_store(tmp_path), yahoo, "ORCL", NOW, dt.date(2026, 5, 1))
    yahoo.close()
    june.stop()
    old = auto(tmp_path).bars(["ORCL"], dt.date(2024, 7, 1), dt.date(2025, 12, 31)).frame
    assert old["date"].min() == dt.date(2024, 8, 15)
    new = auto(tmp_path).bars(["ORCL"], dt.date(2026, 5, 20), IN_JUNE).frame
    assert new["date"].max() == IN_JUNE


def test_a_cache_that_cannot_be_written_to(
    june: YahooServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    out = auto(tmp_path).bars(["ORCL", "IBM"], None, IN_JUNE)
    assert "the disk is full" in out.notes[0]
    assert out.frame["ticker"].unique().to_list() == ["ORCL"]


def test_a_damaged_file_is_not_used(june: YahooServer, tmp_path: Path) -> None:
    auto(tmp_path).bars(["IBM"], None, IN_JUNE)
    (table,) = (tmp_path / "prices").glob("IBM.bars.*")
    table.write_bytes(b"")
    june.stop()
    out = auto(tmp_path).bars(["IBM"], None, IN_JUNE)
    why = f"its stored file is damaged ({table.name} is not what was written)"
    assert out.missing == {"IBM": why}
    assert out.notes == (
        f"IBM: {why}; there are no shipped prices; `backtest prices pull IBM` fetches it anew",
    )


def test_the_snapshot_stands_in_for_a_damaged_file(june: YahooServer, tmp_path: Path) -> None:
    auto(tmp_path).bars(["ORCL"], None, IN_JUNE)
    (table,) = (tmp_path / "prices").glob("ORCL.bars.*")
    table.write_bytes(b"")
    june.stop()
    out = auto(tmp_path).bars(["ORCL"], None, IN_JUNE)
    assert out.missing == {}
    assert out.frame["date"].min() == dt.date(2024, 8, 15)
    assert any(
        note.startswith("ORCL: its stored file is damaged")
        and note.endswith(
            "the shipped prices are used; `backtest prices pull ORCL` fetches it anew"
        )
        for note in out.notes
    )


def test_damage_is_told_where_nothing_has_all(june: YahooServer, tmp_path: Path) -> None:
    auto(tmp_path).bars(["ORCL"], None, IN_JUNE)
    (table,) = (tmp_path / "prices").glob("ORCL.bars.*")
    table.write_bytes(b"")
    june.stop()
    later = auto(tmp_path, now=NOW + dt.timedelta(days=10))
    out = later.bars(["ORCL"], None, dt.date(2026, 6, 26))
    assert out.frame["date"].max() == dt.date(2026, 5, 29)
    assert [note.startswith("ORCL: its stored file is damaged") for note in out.notes] == [
        True,
        False,
    ]
    assert not any("too short" in note for note in out.notes)


@pytest.mark.parametrize("kind", ["bars", "shares"])
def test_bars_and_counts_come_from_one_place(june: YahooServer, tmp_path: Path, kind: str) -> None:
    """One damaged table is enough for all of a security to come from elsewhere."""
    auto(tmp_path).bars(["ORCL"], None, IN_JUNE)
    june.stop()
    (table,) = (tmp_path / "prices").glob(f"ORCL.{kind}.*")
    table.write_bytes(b"")
    shipped = open_source("snapshot", cache_dir=tmp_path, now=NOW)
    source = auto(tmp_path)
    # Before and after bars were asked for.
    assert source.shares(["ORCL"]).equals(shipped.shares(["ORCL"]))
    found = source.bars(["ORCL"], dt.date(2024, 9, 2), dt.date(2026, 5, 29))
    assert found.frame.equals(
        shipped.bars(["ORCL"], dt.date(2024, 9, 2), dt.date(2026, 5, 29)).frame
    )
    assert source.shares(["ORCL"]).equals(shipped.shares(["ORCL"]))


def test_a_record_that_is_torn_or_gone_is_told(june: YahooServer, tmp_path: Path) -> None:
    auto(tmp_path).bars(["ORCL", "IBM"], None, IN_JUNE)
    june.stop()
    folder = tmp_path / "prices"
    tables = sorted(path.name for path in folder.glob("ORCL.*.parquet"))
    (folder / "IBM.json").write_text("{")
    (folder / "ORCL.json").unlink()
    source = auto(tmp_path, offline=True)
    out = source.bars(["ORCL", "IBM"], None, dt.date(2026, 5, 29))
    assert out.frame["date"].min() == dt.date(2024, 8, 15)
    gone = f"ORCL.json is missing, though its tables are there ({', '.join(tables)})"
    mend = "what was imported, `backtest prices import TABLE --replace` puts right"
    assert out.missing["IBM"].startswith("its stored file is damaged (IBM.json: not a record")
    torn, lost = out.notes[:2]
    assert torn.startswith(f"IBM: {out.missing['IBM']}; there are no shipped prices; ")
    assert lost == (
        f"ORCL: its stored file is damaged ({gone}); the shipped prices are used; "
        f"`backtest prices pull ORCL` fetches it anew; {mend}"
    )
    assert source.shares(["ORCL"])["shares"].max() > 5.0
    assert price_store(tmp_path).unreadable().keys() == {"IBM.json", "ORCL.json"}


def test_a_writer_s_tables_without_a_record_are_no_damage(
    june: YahooServer, tmp_path: Path
) -> None:
    """A writer puts the record last; one that was killed before has left nothing that was there."""
    auto(tmp_path).bars(["ORCL"], None, IN_JUNE)
    folder = tmp_path / "prices"
    (folder / "ORCL.json").unlink()
    note = folder / ".lock.holder"
    note.write_text("{}")
    (table, *_) = folder.glob("ORCL.bars.*")
    began = note.stat().st_mtime
    os.utime(table, (began + 1, began + 1))
    assert price_store(tmp_path).verify() == []
    for path in folder.glob("ORCL.*"):
        os.utime(path, (began - 60, began - 60))
    assert [file for file, _ in price_store(tmp_path).verify()] == ["ORCL.json"]


@pytest.mark.parametrize("refused", ["listdir", "access"])
def test_a_store_that_cannot_be_read_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(*args: object) -> bool:
        if refused == "access":
            return False
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    (tmp_path / "prices").mkdir()
    source = auto(tmp_path)
    monkeypatch.setattr(os, refused, refuse)
    for ask in (
        lambda: source.bars(["ORCL"], None, IN_JUNE),
        source.describe,
        price_store(tmp_path).verify,
    ):
        with pytest.raises(BadUsage, match="the price store cannot be read \\(Permission denied"):
            ask()


def test_an_import_that_is_too_short_is_left_aloud(tmp_path: Path) -> None:
    shipped = open_source("snapshot", cache_dir=tmp_path, now=NOW)
    early = shipped.bars(["AMD"], None, dt.date(2025, 12, 31))
    import_bars(price_store(tmp_path), early, NOW)
    source = auto(tmp_path)
    start = dt.date(2024, 9, 3)
    assert source.bars(["AMD"], start, dt.date(2025, 10, 20)).notes == ()
    assert source.place_of("AMD") == "store"
    longer = auto(tmp_path)
    out = longer.bars(["AMD", "NVDA"], start, dt.date(2026, 5, 1))
    assert longer.place_of("AMD") == "snapshot"
    assert out.frame.filter(pl.col("ticker") == "AMD")["date"].max() == dt.date(2026, 5, 1)
    assert out.notes == (
        "the shipped prices are used in place of stored ones that are too short: "
        "AMD 2024-08-15 to 2025-12-31 (2024-09-03 to 2026-05-01 is asked for); "
        "`backtest prices import TABLE --replace` takes a longer table",
    )


def test_no_pull_takes_the_place_of_a_damaged_import(june: YahooServer, tmp_path: Path) -> None:
    yahoo = Yahoo(Setup(now=NOW, cache_dir=tmp_path, rate=1000))
    import_bars(price_store(tmp_path), yahoo.bars(["IBM"], None, None), NOW)
    (table,) = (tmp_path / "prices").glob("IBM.bars.*")
    table.write_bytes(b"")
    result = refresh(price_store(tmp_path), yahoo, "IBM", NOW)
    yahoo.close()
    assert result.state == "missing"
    assert result.reason.endswith("`backtest prices import TABLE --replace` puts it right")
    record = price_store(tmp_path).record("IBM")
    assert record is not None
    assert record.provider == "import"


def test_what_came_from_a_store_that_is_gone(june: YahooServer, tmp_path: Path) -> None:
    source = auto(tmp_path)
    assert isinstance(source, Auto)
    with pytest.raises(DataUnavailable, match="1 security no longer in this price store \\(AMD"):
        source.pin({"AMD": "store", "NVDA": "snapshot"})


def test_progress_is_told(june: YahooServer, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    source = open_source(
        "auto", cache_dir=tmp_path, now=NOW, rate=1000, progress=lambda *step: told.append(step)
    )
    source.bars(["IBM", "ORCL", "SPY"], dt.date(2024, 9, 2), IN_JUNE)
    assert told == [("IBM", 0, 3), ("ORCL", 1, 3), ("SPY", 2, 3), ("", 3, 3)]


def test_how_sources_describe_themselves(june: YahooServer, tmp_path: Path) -> None:
    source = auto(tmp_path)
    shipped = "shipped snapshot, 12 securities to 2026-05-29"
    assert source.describe() == shipped
    assert source.last_date == dt.date(2026, 5, 29)
    yahoo = open_source("yahoo", cache_dir=tmp_path, now=NOW)
    assert yahoo.describe() == "Yahoo Finance, nothing stored yet"
    source.bars(["IBM"], None, IN_JUNE)
    assert source.describe() == f"price store, 1 security to 2026-06-19; {shipped}"
    assert source.last_date == dt.date(2026, 6, 19)
    assert yahoo.describe() == "Yahoo Finance by way of the price store, 1 security to 2026-06-19"
    assert source.fingerprint() is None


def test_yahoo_alone_stops_when_it_is_refused(
    june: YahooServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    june.faults_for_good["chart ORCL"] = TOO_MANY
    source = open_source("yahoo", cache_dir=tmp_path, now=NOW)
    with pytest.raises(RateLimited, match="what was pulled is saved"):
        source.bars(["IBM", "ORCL"], None, IN_JUNE)
    assert [record.ticker for record in price_store(tmp_path).records()] == ["IBM"]


# --- from a word to a source --------------------------------------------------------------------


def test_words_and_paths(tmp_path: Path) -> None:
    keys = {}
    for word in ("auto", "snapshot", "yahoo"):
        keys[word] = open_source(word, cache_dir=tmp_path, now=NOW).key
    assert keys == {"auto": "auto", "snapshot": "snapshot", "yahoo": "yahoo"}
    table = tmp_path / "p.csv"
    table.write_text("date,ticker,close\n2025-01-02,A,1\n")
    source = open_source(str(table), cache_dir=tmp_path, now=NOW)
    assert isinstance(source, PriceProvider)
    assert source.bars(["A"], None, None).frame.height == 1
    assert source.fingerprint() is not None


@pytest.mark.parametrize(
    ("word", "kind", "expected"),
    [
        (
            "snapshott",
            BadUsage,
            r"sources are: auto, snapshot, yahoo, duckdb:PLACE, files:PLACE, folder:PLACE, "
            r"object_store:PLACE, stooq:PLACE \(did you mean `snapshot`\?\)",
        ),
        ("files", BadUsage, r"`files` needs a place \(write --prices files:PLACE\)"),
        ("stook:some.csv", BadUsage, r"did you mean `stooq`\?"),
        ("snapshot:x.csv", BadUsage, "`snapshot` is not at a place; write it alone"),
        ("x" * 5000, BadUsage, "is neither a source of prices nor a path"),
        ("none.parquet", BadInput, "there is no such file"),
        ("some/folder", BadInput, "there is no such file"),
    ],
)
def test_neither_word_nor_path(
    tmp_path: Path, word: str, kind: type[Exception], expected: str
) -> None:
    with pytest.raises(kind, match=expected):
        open_source(word, cache_dir=tmp_path, now=NOW)


def test_a_slip_in_a_path_is_mended(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("")
    with pytest.raises(BadInput, match=r"did you mean `prices.csv`\?"):
        open_source(str(tmp_path / "price.csv"), cache_dir=tmp_path, now=NOW)
