"""Opening what a study reads: the events behind a path, and the clocks they need."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadUsage
from backtest.stages import count, stage

if TYPE_CHECKING:
    from backtest.events.exchanges import Exchange
    from backtest.events.sessions import SessionClock
    from backtest.events.table import EventTable

BULK = (".csv", ".parquet")


def default_cache() -> Path:
    """Return the cache folder: `BACKTEST_CACHE`, or `cache` in the working directory."""
    return Path(os.environ.get("BACKTEST_CACHE") or "cache")


def price_folder(store: str | Path | None, cache_dir: Path | None) -> Path:
    """Return the cache folder that the price store is in, also where no results are kept.

    Args:
        store: the one that was named, None where none was.
        cache_dir: where results are kept, None for nowhere.
    """
    return Path(store) if store else cache_dir or default_cache()


@dataclass(frozen=True)
class Clocks:
    """Session clocks by exchange, made on first use and kept in `cache_dir`."""

    cache_dir: Path | None
    _made: dict[str, SessionClock] = field(default_factory=dict)

    def __call__(self, exchange: Exchange) -> SessionClock:
        """Return the clock of an exchange."""
        from backtest.events.sessions import clock

        if exchange.mic not in self._made:
            self._made[exchange.mic] = clock(exchange, cache_dir=self.cache_dir)
        return self._made[exchange.mic]

    def of(self, mic: str) -> SessionClock:
        """Return the clock of an exchange by its ISO 10383 code."""
        from backtest.events.exchanges import exchange_of

        return self(exchange_of("", mic))


@dataclass(frozen=True)
class Events:
    """The events of a study; the table is made only if the study was not finished before.

    Attributes:
        digest: changes whenever the content does.
        described: the source in one line, for provenance.
        make_table: makes the table.
    """

    digest: str
    described: str
    make_table: Callable[[], EventTable]

    @cached_property
    def table(self) -> EventTable:
        """The events as observations."""
        with stage("align"):
            return self.make_table()


def open_events(
    path: Path,
    clocks: Clocks,
    *,
    selection: Sequence[str] = (),
    group_by: Sequence[str] = (),
    cache_dir: Path | None = None,
) -> Events:
    """Open a YAML file, a folder of them, or a bulk table.

    Raises:
        BadInput: nothing is there, or it cannot be read as events; every problem at once.
        BadUsage: a selection that matches nothing, or an unknown grouping.
    """
    if path.suffix.lower() in BULK:
        return _open_bulk(path, clocks, selection, group_by)
    from backtest.events.kept_table import tabulate_kept
    from backtest.events.load import load_announcements
    from backtest.events.loaded import announcements, calendar_digest
    from backtest.events.parsed_cache import content_digest
    from backtest.events.select import select
    from backtest.events.tabulate import tabulate

    loaded = load_announcements(path, cache_dir=cache_dir)
    if selection:
        loaded = select(loaded, selection)

    def make_table() -> EventTable:
        if group_by or selection:
            count("align", len(loaded))
            return tabulate(announcements(loaded), clocks, group_by)
        folder = cache_dir / "announcements" if cache_dir else None
        return tabulate_kept(loaded, clocks, folder, content_digest(str(path.absolute()).encode()))

    return Events(
        _digest(calendar_digest(loaded), group_by),
        f"{path}, {len(loaded)} announcement{'s' if len(loaded) != 1 else ''}",
        make_table,
    )


def _open_bulk(
    path: Path, clocks: Clocks, selection: Sequence[str], group_by: Sequence[str]
) -> Events:
    from backtest.events.bulk import read_bulk
    from backtest.events.tabulate_bulk import tabulate_bulk

    if selection:
        raise BadUsage.because(
            "no-selection",
            f"a selection picks announcements of a calendar, and {path} is a table",
            hint="filter the table itself",
        )
    try:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, hashlib.blake2b).hexdigest()
    except OSError:
        content = ""  # read_bulk says what is wrong with the path

    def make_table() -> EventTable:
        events = read_bulk(path, clocks)
        count("align", len(events.frame))
        return tabulate_bulk(events, group_by)

    return Events(_digest(content, group_by), str(path), make_table)


def _digest(content: str, group_by: Sequence[str]) -> str:
    return hashlib.blake2b("|".join((content, *group_by)).encode(), digest_size=16).hexdigest()
