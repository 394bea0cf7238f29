"""Computing a study again from its receipt: the same bits, or the first that is another.

Nobody is asked for anything: prices come from where they were, cut at the days they reached then.
Results that were kept are not used, nor are any kept of this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.errors import BadInput, BadUsage, DataUnavailable, Location
from backtest.inputs import Clocks, open_events
from backtest.masking import HIDDEN
from backtest.plan import Plan, make_plan
from backtest.prices.source import open_source
from backtest.results.asked import Asked
from backtest.results.cache import ResultsCache
from backtest.results.differences import Difference, first_difference
from backtest.results.other_inputs import other_inputs, windows_of
from backtest.results.receipt import table_digests, versions
from backtest.results.recorded import Recorded
from backtest.results.sector_needs import needed_sectors
from backtest.results.table_digest import column_digests
from backtest.study import run_study

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where inputs are now, if not where the receipt says; and how to compute."""

    events: Path | None = None
    prices: str | None = None
    cache: Path | None = None
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came out.

    Attributes:
        inputs: a sentence for each input that is not what it was.
        difference: the first one, None where every bit is the same.
        tables, rows: how many were compared.
        versions: of what made the receipt, where this is another: name → (then, now).
    """

    inputs: list[str]
    difference: Difference | None
    tables: int
    rows: int
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def identical(self) -> bool:
        """Whether inputs and tables are the same to the bit."""
        return not self.inputs and self.difference is None


def reproduce(receipt: Mapping[str, Any], place: Path, where: Elsewhere) -> Reproduction:
    """Compute a study again and compare it with its receipt.

    Args:
        receipt: as `results.receipt.read_receipt` returns it.
        place: the receipt's file or folder; tables written with it are read from beside it.
        where: what has moved since.

    Raises:
        BadUsage, BadInput: the receipt does not say what was asked, or an input cannot be read.
        DataUnavailable: an input is gone.
    """
    asked = _asked(receipt, place)
    with _told_as_gone():
        result = run_study(_plan(asked, receipt, where))
    origin = result.origin
    if origin is None:
        raise AssertionError("a study says what it was made from")
    folder = place if place.is_dir() else place.parent
    told, found = receipt["tables"], table_digests(result)
    return Reproduction(
        list(other_inputs(receipt, origin)),
        first_difference(
            told,
            found,
            lambda name: result.scan(name).collect(),
            lambda name: _written(folder, name, told[name]),
        ),
        len(found),
        sum(one["rows"] for one in found.values()),
        _other_versions(receipt, versions(result.provenance.engine)),
    )


def _asked(receipt: Mapping[str, Any], place: Path) -> Asked:
    """Return what was asked.

    Raises:
        BadInput: it is not said, or cannot be read.
    """
    said = receipt.get("asked")
    if said is None:
        why = "it does not say what was asked: the study was not started by `backtest run`"
        raise BadInput.because("not-asked", why, where=Location(place))
    try:
        _check_parts(receipt)
        return Asked.from_plain(said)
    except (KeyError, TypeError, ValueError, AttributeError, BadUsage) as error:
        why = f"is no receipt of a study: it cannot be read ({error})"
        raise BadInput.because("not-a-receipt", why, where=Location(place)) from None


def _check_parts(receipt: Mapping[str, Any]) -> None:
    """Look at the parts that are compared.

    Raises:
        KeyError, TypeError, ValueError: one is missing or of another kind.
    """
    for one in receipt["securities"]:
        for name in ("ticker", "digest", "counts", "sessions", "reason"):
            one[name]
        if one["last"]:
            dt.date.fromisoformat(one["last"])
        windows_of(one)
    for said in receipt["tables"].values():
        if not isinstance(said["columns"], dict) or not isinstance(said["rows"], int):
            raise TypeError("its tables have no columns")
    for name in ("events", "factors", "sectors"):
        dict(receipt["inputs"][name] or {})


def _plan(asked: Asked, receipt: Mapping[str, Any], where: Elsewhere) -> Plan:
    """Open the inputs as they were named.

    Raises:
        DataUnavailable: one of them is gone.
        BadUsage, BadInput: one of them cannot be used.
    """
    from backtest.events.default import default_calendar
    from backtest.inputs import default_cache

    folder = where.cache or default_cache()
    events = where.events or (Path(asked.events) if asked.events else default_calendar())
    _must_be_there("events", events)
    for name, path in (("factor_data", asked.factor_data), ("sectors", asked.sectors)):
        _must_be_there(name, Path(path) if path else None)
    clocks = Clocks(folder)
    opened = open_events(
        events, clocks, selection=asked.selection, group_by=asked.spec.group_by, cache_dir=None
    )
    plan = make_plan(
        asked.spec,
        opened,
        _recorded(asked, receipt, where.prices, folder),
        clocks,
        factor_data=Path(asked.factor_data) if asked.factor_data else None,
        sectors=needed_sectors(asked.spec.models, Path(asked.sectors) if asked.sectors else None),
        cache_dir=folder if asked.fetched else None,
        jobs=where.jobs,
    )
    return replace(plan, cache=ResultsCache(None), panels=None)


def _recorded(
    asked: Asked, receipt: Mapping[str, Any], prices: str | None, folder: Path
) -> Recorded:
    """Open the prices without asking anybody, as far as the study had them."""
    word = prices or asked.prices
    if HIDDEN in word:
        raise BadUsage.because(
            "hidden",
            f"the prices were at {word}, whose password the receipt does not have",
            field="prices",
            hint="name the place again with --prices",
        )
    source = open_source(word, cache_dir=folder, now=asked.now, offline=True)
    rows = receipt["securities"]
    last = {one["ticker"]: dt.date.fromisoformat(one["last"]) for one in rows if one["last"]}
    reasons = {
        one["ticker"]: one["reason"] for one in rows if one["digest"] is None and one["reason"]
    }
    places = {one["ticker"]: one["place"] for one in rows if one.get("place")}
    windows = [days for one in rows if (days := windows_of(one))]
    begins, ends = ([days[at] for days in windows] for at in (0, 1))
    reads = (min(begins), max(ends)) if windows else None
    return Recorded(source, last, reasons, places, reads)


@contextmanager
def _told_as_gone() -> Iterator[None]:
    """Say of prices that are not where they were that they are gone; nothing was typed wrongly.

    Raises:
        DataUnavailable: a file of theirs is not there.
    """
    try:
        yield
    except BadInput as error:
        first = error.problems[0]
        if first.code == "missing-file" and first.where:
            raise _gone("prices", str(first.where.path)) from None
        raise


def _must_be_there(name: str, path: Path | None) -> None:
    if path is not None and not path.exists():
        raise _gone(name, str(path))


def _gone(name: str, place: str) -> DataUnavailable:
    option = "prices" if name == "prices" else "events"
    hint = f"--{option} says where it is now" if name == option else "put it back"
    # A receipt holds no folder of a machine, so nobody can look there.
    if not Path(place).is_absolute() and "://" not in place:
        hint += "; the receipt's paths are relative to the folder that the study was run in"
    return DataUnavailable.because("gone", f"{place} is gone", field=name, hint=hint)


def _written(folder: Path, name: str, said: Mapping[str, Any]) -> pl.DataFrame | None:
    """Read a table beside a receipt if it is what that says; another is of another study."""
    import polars as pl

    try:
        table = pl.read_parquet(folder / f"{name}.parquet", glob=False)
    except (OSError, pl.exceptions.PolarsError):
        return None
    same = len(table) == said["rows"] and column_digests(table) == said["columns"]
    return table if same else None


def _other_versions(
    receipt: Mapping[str, Any], now: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    then = receipt.get("versions") or {}
    names = {*then, *now}
    both = {name: (str(then.get(name, "none")), now.get(name, "none")) for name in sorted(names)}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}
