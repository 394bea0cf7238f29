"""The sessions of an exchange as arrays, from `exchange_calendars`, kept as Parquet.

Building a calendar imports pandas and takes 0.5 s and more, Korea's lunar holidays ten, so the
result is kept in `<cache>/sessions/`, its checksum in its name. The cache is a convenience: a file
that cannot be read, does not match its checksum or cannot be written is never an error. So are the
tables that travel with the package, for a first run that does not wait (`session_build`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import secrets
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.checksum import checksum
from backtest.errors import DataUnavailable
from backtest.leftovers import sweep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EARLIEST = dt.date(1990, 1, 1)

SHIPPED = Path(__file__).parent / "data"
SHIPPED_UNTIL = dt.date(2030, 12, 31)
"""Where shipped tables are, from the earliest day on; each of one version of the library."""

_INSIDE_EVERY_CALENDAR = (dt.date(2025, 1, 6), dt.date(2025, 1, 31))


@dataclass(frozen=True, slots=True, eq=False)
class SessionTable:
    """Sessions in order: `dates` (datetime64[D]), `opens` and `closes` (datetime64[ns], UTC).

    The arrays are read-only and shared. Lunch breaks are not in the table.
    """

    dates: NDArray[np.datetime64]
    opens: NDArray[np.datetime64]
    closes: NDArray[np.datetime64]

    def digest(self) -> str:
        """Checksum over all three arrays."""
        parts = (self.dates, self.opens, self.closes)
        whole = b"".join(part.astype("int64").tobytes() for part in parts)
        return hashlib.blake2b(whole, digest_size=16).hexdigest()


def session_table(
    mic: str,
    *,
    start: dt.date | None = None,
    end: dt.date | None = None,
    today: dt.date | None = None,
    cache_dir: Path | None = None,
) -> SessionTable:
    """Return the sessions of calendar `mic` from `start` to `end`, both included.

    `start` defaults to 1990, `end` to the close of the year after `today` (so that the file in
    the cache serves a whole year); both are cut to what the library knows. Without `cache_dir`
    nothing is read or written.

    Raises:
        DataUnavailable: the library knows no session in the range, or fails on this calendar.
    """
    last = end or dt.date((today or dt.datetime.now(dt.UTC).date()).year + 1, 12, 31)
    return _load(mic, start or EARLIEST, last, cache_dir)


@lru_cache(maxsize=256)
def _load(mic: str, start: dt.date, end: dt.date, cache_dir: Path | None) -> SessionTable:
    if cache_dir is None:
        return _shipped(mic, start, end) or build_table(mic, start, end)
    folder = cache_dir / "sessions"
    table = _kept(folder, mic, start, end)
    if table is None:
        table = _shipped(mic, start, end) or build_table(mic, start, end)
        keep_table(folder, mic, start, end, table)
    return table


def _kept(folder: Path, mic: str, start: dt.date, end: dt.date) -> SessionTable | None:
    for path in folder.glob(f"{_stem(mic, start, end)}.*.parquet"):
        table = _read(path)
        if table is not None:
            return table
    return None


def tables_in(cache_dir: Path) -> list[Path]:
    """Return the files of all kept tables, also of damaged ones."""
    return sorted((cache_dir / "sessions").glob("*.parquet"))


def damaged_tables(cache_dir: Path) -> list[str]:
    """Check every kept table against its checksum and return those that differ, one line each."""
    wrong = (path.name for path in tables_in(cache_dir) if not _sound(path, path.read_bytes()))
    return [f"sessions/{name}: does not match its checksum" for name in wrong]


def _sound(path: Path, content: bytes) -> bool:
    """Whether a file's content is what its name says."""
    return path.name.split(".")[-2] == checksum(content)


def _shipped(mic: str, start: dt.date, end: dt.date) -> SessionTable | None:
    """Return the shipped table of whoever begins where it does, cut to the end asked for."""
    if start != EARLIEST or end > SHIPPED_UNTIL:
        return None
    table = _kept(SHIPPED, mic, EARLIEST, SHIPPED_UNTIL)
    if table is None:
        return None
    some = int(table.dates.searchsorted(table.dates.dtype.type(end), side="right"))
    return SessionTable(table.dates[:some], table.opens[:some], table.closes[:some])


def _stem(mic: str, start: dt.date, end: dt.date) -> str:
    return f"{mic}-{start}-{end}-{_library_version()}"


@cache
def _library_version() -> str:
    from importlib.metadata import version

    return version("exchange_calendars")


def _frozen(dates: Any, opens: Any, closes: Any) -> SessionTable:
    arrays = (
        dates.astype("datetime64[D]"),
        opens.astype("datetime64[ns]"),
        closes.astype("datetime64[ns]"),
    )
    for array in arrays:
        array.flags.writeable = False
    return SessionTable(*arrays)


def _read(path: Path) -> SessionTable | None:
    """Return the kept table, or None where there is none that can be trusted."""
    import polars as pl

    try:
        content = path.read_bytes()
    except OSError:
        return None
    # Nothing is decoded before: of damaged Parquet, Polars may say more than an error.
    if not _sound(path, content):
        return None
    frame = pl.read_parquet(io.BytesIO(content), columns=["date", "open", "close"])
    return _frozen(*(frame[name].to_numpy() for name in frame.columns))


def keep_table(folder: Path, mic: str, start: dt.date, end: dt.date, table: SessionTable) -> None:
    """Keep the table under its checksum; written beside its place, so that no reader sees half."""
    import polars as pl

    frame = pl.DataFrame({"date": table.dates, "open": table.opens, "close": table.closes})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    content = buffer.getvalue()
    path = folder / f"{_stem(mic, start, end)}.{checksum(content)}.parquet"
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder, "*.tmp")
        draft.write_bytes(content)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def build_table(mic: str, start: dt.date, end: dt.date) -> SessionTable:
    """Return the sessions as the library gives them, over as much of the range as it knows.

    Raises:
        DataUnavailable: it knows none, or fails.
    """
    with warnings.catch_warnings():
        # the library still calls what newer pandas deprecates; users can do nothing about it
        for category in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        try:
            calendar = _calendar(mic, start, end)
        except Exception as error:  # whatever a library of another age may raise
            raise DataUnavailable.because(
                "no-sessions",
                f"the sessions of {mic} from {start} to {end} could not be had: exchange_calendars "
                f"{_library_version()} says {type(error).__name__}: {str(error)[:120]}",
                hint="another market with like hours can stand in, for example `exchange: XLON`",
            ) from error
        return _frozen(
            calendar.sessions.to_numpy(),
            calendar.opens.dt.tz_convert(None).to_numpy(),
            calendar.closes.dt.tz_convert(None).to_numpy(),
        )


def _calendar(mic: str, start: dt.date, end: dt.date) -> Any:
    """The library's calendar over as much of the range as it knows."""
    import exchange_calendars

    try:
        return exchange_calendars.get_calendar(mic, start=str(start), end=str(end))
    except ValueError:  # most likely beyond the bounds, which only an instance tells
        month = map(str, _INSIDE_EVERY_CALENDAR)
        probe = exchange_calendars.get_calendar(mic, *month)
    lowest, highest = probe.bound_min(), probe.bound_max()
    first = start if lowest is None else max(start, lowest.date())
    last = end if highest is None else min(end, highest.date())
    if first > last:
        known = [bound.date() if bound is not None else "ever" for bound in (lowest, highest)]
        raise ValueError(f"it knows sessions from {known[0]} to {known[1]} only")
    return exchange_calendars.get_calendar(mic, start=str(first), end=str(last))
