"""The user's own prices: a long table, a folder of tables, or an object-store URL."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Location, did_you_mean
from backtest.masking import masked
from backtest.prices._cleaning import without_repeats, without_unusable
from backtest.prices._tables import SUFFIXES, is_address, open_table, place_of, raise_all
from backtest.prices.provider import BARS, SHARES, Bars, Setup
from backtest.prices.providers._table_part import TablePart

if TYPE_CHECKING:
    import polars as pl


_HINTS = 10
"""Of many missing tickers only the first get a hint, which costs a look at every known one."""


class TableFiles:
    """Bars from `date, ticker, close` and optionally `open, high, low, adj_close, volume`.

    In a folder, a table without a `ticker` column is about the ticker that names the file.
    """

    key = "files"
    remote = False

    def __init__(self, setup: Setup) -> None:
        self._place = setup.place
        self._is_url = is_address(setup.place)

    def bars(self, tickers: Collection[str], start: dt.date | None, end: dt.date | None) -> Bars:
        """Return the rows of the tickers, reading no others.

        Raises:
            BadInput: no such file, a column that is missing, dates or numbers that cannot be
                read, or two different rows for one ticker and date.
            DataUnavailable: nothing could be had from an address.
        """
        import polars as pl

        wanted = set(tickers)
        parts = [part for part in self._parts if part.ticker is None or part.ticker in wanted]
        pieces = [part.rows(sorted(wanted), start, end) for part in parts]
        frame = pl.concat([BARS.empty(), *pieces])
        frame, repeats = without_repeats(frame, place_of(self._place))
        frame, unusable = without_unusable(frame)
        frame, found = _with_a_close(frame)
        missing = self._why_missing(wanted - found)
        return Bars(BARS.check(frame), missing, (*repeats, *unusable, *_adjusted_in_part(frame)))

    def shares(self, tickers: Collection[str]) -> pl.DataFrame:
        """Return no counts: a price table has none."""
        del tickers
        return SHARES.empty()

    def tickers(self) -> list[str]:
        """Return every security in the tables, sorted."""
        return sorted(self._known)

    def describe(self) -> str:
        """Return the file's name, how many securities it holds and up to when."""
        name = masked(self._place) if self._is_url else Path(self._place).name
        count = len(self._known)
        noun = "security" if count == 1 else "securities"
        return f"{name}, {count} {noun} to {self.last_date}"

    @property
    def last_date(self) -> dt.date | None:
        """The last date in any of the tables."""
        days = [day for part in self._parts if (day := part.last_date()) is not None]
        return max(days, default=None)

    def fingerprint(self) -> str | None:
        """Hash paths, sizes and times of change; None for a URL, which does not tell."""
        if self._is_url:
            return None
        digest = hashlib.blake2b(digest_size=16)
        for path in _table_files(Path(self._place)):
            stat = path.stat()
            stamp = (path.absolute(), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            digest.update("\0".join(map(str, stamp)).encode())
        return digest.hexdigest()

    @cached_property
    def _parts(self) -> list[TablePart]:
        if self._is_url:
            return [TablePart(open_table(self._place))]
        path = Path(self._place)
        tables = [open_table(str(file)) for file in _table_files(path)]
        needed = ("date", "close") if path.is_dir() else ("date", "ticker", "close")
        raise_all(problem for table in tables for problem in table.require(*needed))
        return [
            TablePart(table, None if "ticker" in table.schema else Path(table.place).stem)
            for table in tables
        ]

    @cached_property
    def _known(self) -> set[str]:
        return {ticker for part in self._parts for ticker in part.tickers()}

    def _why_missing(self, absent: set[str]) -> dict[str, str]:
        if not absent:
            return {}
        name = Path(masked(self._place)).name
        by_case = {ticker.upper(): ticker for ticker in self._known}
        out = {}
        for ticker in sorted(absent):
            if ticker in self._known:
                out[ticker] = f"no usable close in {name} between the dates needed"
                continue
            few = len(out) < _HINTS
            hint = did_you_mean(by_case.get(ticker.upper(), ticker), self._known) if few else None
            out[ticker] = f"not in {name}" + (f" ({hint})" if hint else "")
        return out


def _table_files(path: Path) -> list[Path]:
    """Return the file itself, or the tables of a folder in the order of their names."""
    if not path.exists():
        raise BadInput.because("missing-file", "there is no such file", where=Location(path))
    if not path.is_dir():
        return [path]
    found = sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not file.name.startswith((".", "_"))
    )
    if not found:
        raise BadInput.because("no-tables", "holds no .csv or .parquet table", where=Location(path))
    return found


def _with_a_close(frame: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """Keep the securities that have at least one close; return them and their names."""
    import polars as pl

    if not frame["close"].null_count():
        return frame, set(frame["ticker"].unique().to_list())
    found = frame.filter(pl.col("close").is_not_null())["ticker"].unique()
    return frame.filter(pl.col("ticker").is_in(found.implode())), set(found.to_list())


def _adjusted_in_part(frame: pl.DataFrame) -> tuple[str, ...]:
    """Warn of closes without an adjusted close beside them in a security that has some."""
    import polars as pl

    if frame["adj_close"].null_count() in (0, frame.height):
        return ()
    some = frame.filter(pl.col("adj_close").is_not_null())["ticker"].unique()
    bare = frame.filter(
        pl.col("ticker").is_in(some.implode()),
        pl.col("adj_close").is_null() & pl.col("close").is_not_null(),
    )
    if bare.is_empty():
        return ()
    first = bare.sort("ticker", "date").row(0, named=True)
    return (
        f"no adj_close beside the close, so no return, on {bare.height} security-days "
        f"(first: {first['ticker']} {first['date']})",
    )


PROVIDER = TableFiles
