"""Tables of events as files, read, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.clocks import clocks

from backtest.errors import BadInput
from backtest.events.bulk import BulkEvents, read_bulk


def read_csv(folder: Path, text: str) -> BulkEvents:
    path = folder / "events.csv"
    path.write_text(text, encoding="utf-8")
    return read_bulk(path, clocks)


def read_parquet(folder: Path, **columns: object) -> BulkEvents:
    path = folder / "events.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return read_bulk(path, clocks)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_csv(folder, text)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def sessions(events: BulkEvents) -> list[tuple[str, str, str, bool]]:
    columns = events.frame.select("event_id", "ticker", "session", "alternative")
    return [(event, ticker, str(day), other) for event, ticker, day, other in columns.iter_rows()]
