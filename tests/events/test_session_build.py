"""Session tables that travel with the package: the library's own, and enough for the first run."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.cli import CALENDAR

from backtest.events import session_build
from backtest.events import session_table as module
from backtest.events.session_table import EARLIEST, SHIPPED, SHIPPED_UNTIL, session_table

TODAY = dt.date(2026, 11, 22)


def test_they_are_what_the_installed_library_says(tmp_path: Path) -> None:
    session_build.build(tmp_path)
    there = {path.name.rsplit(".", 2)[0]: module._read(path) for path in SHIPPED.glob("*.parquet")}
    made = {path.name.rsplit(".", 2)[0]: module._read(path) for path in tmp_path.iterdir()}
    assert there.keys() == made.keys()
    assert len(made) == 3
    for stem, table in made.items():
        known = there[stem]
        assert table is not None
        assert known is not None
        assert known.digest() == table.digest()


def test_tables_of_another_version_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "XNYS-1990-01-01-2030-12-31-3.0.0123456789abcdef.parquet"
    old.write_bytes(b"")
    monkeypatch.setattr(session_build, "EXCHANGES", ("XNYS",))
    session_build.build(tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.name.startswith(f"XNYS-1990-01-01-2030-12-31-{module._library_version()}.")


@pytest.mark.parametrize("end", ["2027-12-31", "2026-11-22", "2030-12-31"])
def test_a_table_is_cut_to_the_end_asked_for(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    built = module.build_table("XNYS", EARLIEST, dt.date.fromisoformat(end))
    monkeypatch.setattr(module, "build_table", None)
    table = session_table("XNYS", end=dt.date.fromisoformat(end))
    assert table.digest() == built.digest()
    assert not table.closes.flags.writeable


def test_beyond_them_the_library_is_asked() -> None:
    table = session_table("XNYS", end=dt.date(2031, 12, 31))
    assert dt.date(2031, 1, 1) > SHIPPED_UNTIL
    assert str(table.dates[-1]) == "2031-12-31"


def test_the_year_begins_an_hour_late_in_korea_and_does_not_end_so() -> None:
    """The library takes the last session it is asked for as the first one of a year."""
    table = session_table("XKRX", today=TODAY)
    hours = (table.opens - table.dates.astype(table.opens.dtype)).astype("timedelta64[h]")
    late = table.dates[hours == np.timedelta64(1, "h")].astype(str)
    assert {"2025-01-02", "2026-01-02", "2027-01-04"} <= set(late)
    assert not any(day.endswith(("-12-28", "-12-29", "-12-30")) for day in late)


def test_a_damaged_one_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SHIPPED, tmp_path / "data")
    for path in (tmp_path / "data").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    monkeypatch.setattr(module, "SHIPPED", tmp_path / "data")
    module._load.cache_clear()
    table = session_table("XNYS", today=TODAY)
    module._load.cache_clear()
    assert str(table.dates[-1]) == "2027-12-31"


def test_the_first_run_of_the_shipped_calendar_waits_for_no_calendar(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["exchange_calendars"] = None
import backtest as bt
print(len(bt.run({str(CALENDAR)!r}, "snapshot", cache={str(tmp_path)!r}, tests=()).observations))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 200
