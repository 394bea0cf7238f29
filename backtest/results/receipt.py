"""The coverage receipt: what a study was asked, what it had, what was missing, and what came out.

Plain values, made from what the study knows already; only the tables are hashed for it. With the
inputs that it names, `backtest reproduce` computes the study again and compares every bit.
"""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import backtest
from backtest.checksum import checksum
from backtest.contracts import TABLES
from backtest.errors import BadInput, BadUsage, Location
from backtest.results.asked import Asked
from backtest.results.coverage import DAYS, STUDIED, Key
from backtest.results.event_frames import OK
from backtest.results.event_tables import EVENT_FRAMES, InFiles
from backtest.results.survivors import survivorship
from backtest.results.table_digest import digests_of, table_digest

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

KIND = "backtest receipt"
SCHEMA_VERSION = 1
FILE = "receipt.json"

_NAMED = 5

_LIBRARIES = ("polars", "numpy", "scipy", "exchange_calendars", "pyarrow", "numba", "yfinance")


Days = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a study was made from, as far as it is known without reading anything again.

    Attributes:
        provider: key of the price source.
        events, factors, sectors: digests of the inputs, None for those that were not needed.
        coverage: returns `results.coverage` of the study.
        asked: what was asked, None where the study was not started by `backtest.run`.
        within: `results.coverage.covered_within` of the study's panels, None where these are gone.
    """

    provider: str
    events: str
    factors: str | None
    sectors: str | None
    coverage: Callable[[], pl.DataFrame]
    asked: Asked | None = None
    within: Callable[[Mapping[Key, Days]], Mapping[Key, tuple[str, str]]] | None = None


def receipt(result: StudyResult) -> dict[str, Any]:
    """Return the receipt of a study as plain values: `schema_version` 1, dates as ISO text."""
    origin, told = result.origin, result.provenance
    had = None if origin is None else origin.coverage()
    securities = [] if had is None else _securities(had)
    return {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "asked": origin.asked.plain() if origin and origin.asked else None,
        "versions": versions(told.engine),
        "inputs": {
            "events": {"source": told.events, "digest": origin and origin.events},
            "prices": {
                "source": told.prices,
                "to": max((one["last"] for one in securities if one["last"]), default=None),
                "digest": checksum(json.dumps(securities).encode()),
            },
            "factors": told.factors
            and {"source": told.factors, "digest": origin and origin.factors},
            "sectors": told.sectors
            and {"source": told.sectors, "digest": origin and origin.sectors},
        },
        "securities": securities,
        "coverage": _counts(result),
        "left_out": _left_out(result.excluded),
        "survivorship": None if origin is None or had is None else _survivors(origin, had),
        "warnings": list(result.warnings),
        "changes": [] if result.changes is None else result.changes.to_dicts(),
        "tables": table_digests(result),
    }


def read_receipt(path: Path) -> dict[str, Any]:
    """Read a receipt; a folder stands for the `receipt.json` in it.

    Raises:
        BadUsage: there is none.
        BadInput: it is something else, or of a later version.
    """
    file = path / FILE if path.is_dir() else path
    try:
        plain = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise BadUsage.because(
            "no-receipt",
            "there is no such receipt",
            where=Location(file),
            hint="`backtest run --out DIR` writes one",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _not_ours(file, str(error)) from None
    if not isinstance(plain, dict) or plain.get("kind") != KIND:
        raise _not_ours(file, "it does not say that it is one")
    if plain.get("schema_version") != SCHEMA_VERSION:
        raise _not_ours(file, f"its schema_version is {plain.get('schema_version')!r}, not 1")
    return plain


def _not_ours(file: Path, why: str) -> BadInput:
    return BadInput.because(
        "not-a-receipt",
        f"is no receipt of a study: {why}",
        where=Location(file),
        hint="`backtest run --out DIR` writes one as receipt.json",
    )


def versions(engine: str) -> dict[str, str]:
    """Return what a study was computed with: engine, Python, machine and libraries."""
    found = {
        "backtest": backtest.__version__,
        "engine": engine,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _securities(had: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {**row, **{name: row[name] and row[name].isoformat() for name in DAYS}}
        for row in had.iter_rows(named=True)
    ]


def _survivors(origin: Origin, had: pl.DataFrame) -> str | None:
    import polars as pl

    last = had.filter(pl.col("role") == STUDIED)["last"].drop_nulls().to_list()
    every = had["last"].drop_nulls().to_list()
    return survivorship(origin.provider, last, max(every, default=None))


def _counts(result: StudyResult) -> dict[str, int]:
    """Return totals that add up: pairs asked are pairs studied and pairs left out."""
    import polars as pl

    pair = ["event_id", "ticker"]
    used = result.scan("fits").filter(~pl.col("alternative"), pl.col("status") == OK)
    studied = used.select(pair).unique().collect()
    lost = result.excluded.filter(pl.col("stage") != "valuation").select(pair).unique()
    lost = lost.join(studied, on=pair, how="anti")
    events = result.headlines["event_id"].n_unique() if len(result.headlines) else None
    pairs = len(studied) + len(lost)
    asked = pl.concat([studied, lost])["event_id"].n_unique()
    return {
        "events_asked": asked if events is None else max(events, asked),
        "events_studied": studied["event_id"].n_unique(),
        "pairs_asked": pairs,
        "pairs_studied": len(studied),
        "pairs_left_out": len(lost),
    }


def _left_out(excluded: pl.DataFrame) -> list[dict[str, Any]]:
    """Count the reasons, and name some of each; the table `excluded` has every row."""
    import polars as pl

    some = pl.format("{} ({})", "ticker", "event_id").head(_NAMED)
    by_reason = excluded.rechunk().group_by("stage", "reason", maintain_order=True)
    return by_reason.agg(pairs=pl.len(), some=some).to_dicts()


def table_digests(result: StudyResult) -> dict[str, dict[str, Any]]:
    """Return rows, digest and digests of columns of every table; large ones part by part."""
    return {frame.name: _digested(result, frame.name) for frame in TABLES}


def _digested(result: StudyResult, name: str) -> dict[str, Any]:
    counts: list[int] = []

    def parts() -> Iterator[pl.DataFrame]:
        for part in _parts(result, name):
            counts.append(len(part))
            yield part

    columns = digests_of(parts())
    return {"rows": sum(counts), "digest": table_digest(columns), "columns": columns}


def _parts(result: StudyResult, name: str) -> Iterator[pl.DataFrame]:
    """Yield a table; one that was left in files, file by file."""
    tables = result.event_tables
    if name in EVENT_FRAMES and isinstance(tables, InFiles):
        for folder in tables.folders:
            yield InFiles([folder]).frame(name)
    else:
        yield getattr(result, name)
