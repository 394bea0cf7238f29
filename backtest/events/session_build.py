"""Rebuild the shipped session tables: `python -m backtest.events.session_build`.

Of the exchanges that the shipped announcements are about, for the installed `exchange_calendars`.
Tables of another version are removed: none would be read.
"""

from __future__ import annotations

from pathlib import Path

from backtest.events.session_table import (
    EARLIEST,
    SHIPPED,
    SHIPPED_UNTIL,
    build_table,
    keep_table,
)

EXCHANGES = ("XKRX", "XNYS", "XTKS")


def build(target: Path = SHIPPED) -> None:
    """Write a table for each exchange.

    Raises:
        DataUnavailable: the library fails on a calendar.
    """
    tables = {mic: build_table(mic, EARLIEST, SHIPPED_UNTIL) for mic in EXCHANGES}
    for old in target.glob("*.parquet"):
        old.unlink()
    for mic, table in tables.items():
        keep_table(target, mic, EARLIEST, SHIPPED_UNTIL, table)


if __name__ == "__main__":
    build()
