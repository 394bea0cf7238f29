"""The session table against the calendar library itself, and its cache under misfortune."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import warnings
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from backtest.errors import DataUnavailable
from backtest.events import session_table as module
from backtest.events.session_table import SessionTable, session_table

START, END = dt.date(2024, 1, 1), dt.date(2025, 12, 31)


def small(mic: str = "XNYS", cache_dir: Path | None = None) -> SessionTable:
    return session_table(mic, start=START, end=END, cache_dir=cache_dir)


@pytest.mark.parametrize("mic", ["XNYS", "XTKS", "XHKG", "XLON", "XETR"])
def test_table_is_the_schedule_of_the_library(mic: str) -> None:
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        schedule = exchange_calendars.get_calendar(mic, start=str(START), end=str(END)).schedule
    table = small(mic)
    assert [str(day) for day in table.dates] == [str(day.date()) for day in schedule.index]
    assert [str(t)[:19] for t in table.opens] == [f"{t:%Y-%m-%dT%H:%M:%S}" for t in schedule.open]
    assert [str(t)[:19] for t in table.closes] == [f"{t:%Y-%m-%dT%H:%M:%S}" for t in schedule.close]


def test_shapes_types_and_protection() -> None:
    table = small()
    assert table.dates.dtype == "datetime64[D]"
    assert table.opens.dtype == table.closes.dtype == "datetime64[ns]"
    assert len(table.dates) == len(table.opens) == len(table.closes) == 252 + 250
    assert (table.opens < table.closes).all()
    with pytest.raises(ValueError, match="read-only"):
        table.closes[0] = np.datetime64("2020-01-01")


@pytest.mark.parametrize(
    ("day", "close_et"),
    [
        ("2025-07-03", "13:00"),
        ("2025-11-28", "13:00"),
        ("2025-12-24", "13:00"),
        ("2025-03-07", "16:00"),
        ("2025-03-10", "16:00"),
        ("2025-11-03", "16:00"),
    ],
)
def test_new_york_closes_on_days_one_can_look_up(day: str, close_et: str) -> None:
    table = small()
    close = table.closes[np.searchsorted(table.dates, np.datetime64(day))].astype("M8[s]").item()
    local = close.replace(tzinfo=dt.UTC).astimezone(ZoneInfo("America/New_York"))
    assert (str(local.date()), f"{local:%H:%M}") == (day, close_et)


@pytest.mark.parametrize("day", ["2025-01-09", "2025-11-27", "2025-07-04", "2025-04-18"])
def test_new_york_holidays(day: str) -> None:
    assert np.datetime64(day) not in small().dates


def test_default_range_begins_in_1990_and_ends_with_the_year_after_today() -> None:
    table = session_table("XNYS", today=dt.date(2026, 6, 1))
    assert (str(table.dates[0]), str(table.dates[-1])) == ("1990-01-02", "2027-12-31")


def test_range_is_cut_to_what_the_library_knows() -> None:
    assert str(session_table("XTKS", end=END).dates[0]) == "1997-01-06"


def test_range_without_sessions_is_unavailable() -> None:
    with pytest.raises(DataUnavailable) as caught:
        session_table("XTKS", start=dt.date(1980, 1, 1), end=dt.date(1981, 1, 1))
    message = str(caught.value)
    assert message.startswith(
        "the sessions of XTKS from 1980-01-01 to 1981-01-01 could not be had: exchange_calendars "
    )
    assert "says ValueError: it knows sessions from 1997-01-01 to ever only" in message


def test_failing_library_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(mic: str, start: dt.date, end: dt.date) -> object:
        raise NotImplementedError("implemented by subclasses")

    monkeypatch.setattr(module, "_calendar", broken)
    with pytest.raises(DataUnavailable, match="says NotImplementedError: implemented by sub"):
        small("ASEX")


def test_without_a_cache_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small()
    assert list(tmp_path.rglob("*")) == []


def test_cache_gives_the_same_table_without_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = small(cache_dir=tmp_path)
    (file,) = (tmp_path / "sessions").iterdir()
    version = module._library_version()
    assert file.name.startswith(f"XNYS-2024-01-01-2025-12-31-{version}.")
    assert file.suffix == ".parquet"

    module._load.cache_clear()
    monkeypatch.setattr(module, "build_table", None)
    kept = small(cache_dir=tmp_path)
    assert kept is not built
    assert kept.digest() == built.digest()
    assert kept.closes.dtype == "datetime64[ns]"
    assert not kept.closes.flags.writeable


def test_table_is_loaded_once_a_process(tmp_path: Path) -> None:
    assert small(cache_dir=tmp_path) is small(cache_dir=tmp_path)


def test_cached_table_needs_neither_the_library_nor_pandas(tmp_path: Path) -> None:
    small(cache_dir=tmp_path)
    code = f"""
import datetime as dt, pathlib, sys
from backtest.events.session_table import session_table
assert not {{"numpy", "polars"}} & set(sys.modules), "the module itself is heavy"
table = session_table(
    "XNYS", start=dt.date(2024, 1, 1), end=dt.date(2025, 12, 31),
    cache_dir=pathlib.Path({str(tmp_path)!r}),
)
assert len(table.dates) == 502
assert not {{"pandas", "exchange_calendars", "pyarrow"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def _damage(raw: bytes, kind: str) -> bytes:
    if kind == "empty":
        return b""
    if kind == "cut":
        return raw[: len(raw) // 2]
    if kind == "noise":
        return b"PAR1" + bytes(range(256)) * 4 + b"PAR1"
    import io

    import polars as pl

    frame = pl.read_parquet(io.BytesIO(raw))
    if kind == "other times":
        frame = frame.with_columns(pl.col("close") - pl.duration(hours=1))
    else:
        frame = frame.select("date")
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["empty", "cut", "noise", "other times", "other columns"])
def test_damaged_cache_is_made_anew(tmp_path: Path, kind: str) -> None:
    good = small(cache_dir=tmp_path).digest()
    (file,) = (tmp_path / "sessions").iterdir()
    raw = file.read_bytes()
    file.write_bytes(_damage(raw, kind))
    assert module._read(file) is None

    module._load.cache_clear()
    assert small(cache_dir=tmp_path).digest() == good
    kept = module._read(file)
    assert kept is not None
    assert kept.digest() == good


def test_unusable_cache_folder_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where a folder should be")
    assert len(small(cache_dir=blocked).dates) == 502


def test_full_disk_is_no_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        whole(path, data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert len(small(cache_dir=tmp_path).dates) == 502
    assert list((tmp_path / "sessions").iterdir()) == []


def test_no_wrong_bit_is_decoded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = small(cache_dir=tmp_path)
    (file,) = (tmp_path / "sessions").iterdir()
    whole = file.read_bytes()
    for place in (*range(8), *range(8, len(whole), len(whole) // 100), *range(-300, 0, 2)):
        for bit in (0, 3, 7):
            content = bytearray(whole)
            content[place] ^= 1 << bit
            file.write_bytes(content)
            back = module._read(file)
            assert back is None or back.digest() == table.digest()
    # Polars says on stderr where it panics, whoever catches that.
    assert capfd.readouterr().err == ""
