"""The event-level tables of a study, in memory or in the files where a large study left them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from backtest.contracts import ABNORMAL_RETURNS, CARS, EVENT_TESTS, FITS, MARKET_CAPS, Frame
from backtest.errors import DataUnavailable

if TYPE_CHECKING:
    import polars as pl

EVENT_FRAMES: Mapping[str, Frame] = {
    frame.name: frame for frame in (ABNORMAL_RETURNS, CARS, EVENT_TESTS, FITS, MARKET_CAPS)
}


class EventTables(Protocol):
    """Tables of `EVENT_FRAMES` by name, after their contracts."""

    def frame(self, name: str) -> pl.DataFrame:
        """Return a whole table."""
        ...

    def scan(self, name: str) -> pl.LazyFrame:
        """Return a table to filter and choose from before it is read."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Tables in memory."""

    frames: Mapping[str, pl.DataFrame]

    def frame(self, name: str) -> pl.DataFrame:
        """Return a table."""
        return self.frames[name]

    def scan(self, name: str) -> pl.LazyFrame:
        """Return a table as a plan."""
        return self.frames[name].lazy()


@dataclass(frozen=True, slots=True)
class InFiles:
    """Tables in folders of Parquet files, one part after the other.

    Attributes:
        folders: each has `<table>.parquet` of its part.
        until: what keeps the folders from going, as long as somebody has the tables.
    """

    folders: Sequence[Path]
    until: object = None

    def frame(self, name: str) -> pl.DataFrame:
        """Read a whole table into memory.

        Raises:
            DataUnavailable: a file is gone, or is not what was written.
        """
        from polars.exceptions import PolarsError

        try:
            return EVENT_FRAMES[name].check(self.scan(name).collect())
        except (OSError, PolarsError) as error:
            raise DataUnavailable.because(
                "tables-gone",
                f"the table `{name}` was left in {self.folders[0].parent} and cannot be read: "
                f"{str(error).splitlines()[0]}",
                hint="run the study again: the cache was cleared, or its disk is gone",
            ) from None

    def scan(self, name: str) -> pl.LazyFrame:
        """Return a table as a plan that reads only what is asked."""
        import polars as pl

        files = [folder / f"{name}.parquet" for folder in self.folders]
        return pl.scan_parquet(files, glob=False).select(EVENT_FRAMES[name].names)
