"""The rows of a result that the event tables show, found by observation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

Row = dict[str, Any]
Key = tuple[str, str, bool]


@dataclass(frozen=True)
class Lookup:
    """Rows of some events; what belongs to an observation is found by its key.

    Attributes:
        day0: its abnormal return on the event day.
        caps: its market value on the event day.
        cars: its CARs by window.
        tests: p of the tests of its event day by test (`event_tests`), where there are any.
        parties, claims, excluded: rows by event.
    """

    day0: dict[Key, Row]
    caps: dict[Key, Row]
    cars: dict[Key, dict[tuple[int, int], Row]]
    tests: dict[Key, dict[str, float | None]]
    parties: dict[str, list[Row]]
    claims: dict[str, list[Row]]
    excluded: dict[str, list[Row]]

    def studied(self, event: str) -> list[Row]:
        """Return the observations of an event that have results."""
        return [one for one in self.parties.get(event, []) if key_of(one) in self.cars]

    def partial(self, one: Row) -> list[Row]:
        """Return the CARs of an observation that have fewer days than their window."""
        return [car for car in self.cars[key_of(one)].values() if is_partial(car)]

    @cached_property
    def any_partial(self) -> bool:
        """Whether any CAR has fewer days than its window."""
        return any(is_partial(car) for cars in self.cars.values() for car in cars.values())


def is_partial(car: Row) -> bool:
    """Whether a CAR has fewer days than its window, as `lenient` allows."""
    return car.get("car") is not None and car["n_days"] < car["end"] - car["start"] + 1


def look_up(result: StudyResult, events: list[str]) -> Lookup:
    """Collect what the tables of some events need, of the first model."""
    import polars as pl

    own = pl.col("event_id").is_in(events)
    model = pl.col("model") == result.spec.models[0]
    at_zero = pl.col("day") == 0
    of_day = (pl.col("start") == 0) & (pl.col("end") == 0)
    cars: dict[Key, dict[tuple[int, int], Row]] = {}
    for row in _chosen(result, "cars", own, model):
        cars.setdefault(key_of(row), {})[row["start"], row["end"]] = row
    tests: dict[Key, dict[str, float | None]] = {}
    for row in _chosen(result, "event_tests", own, model, of_day):
        tests.setdefault(key_of(row), {})[row["test"]] = row["p"]
    days = _chosen(result, "abnormal_returns", own, model, at_zero)
    return Lookup(
        day0={key_of(row): row for row in days},
        caps={key_of(row): row for row in _chosen(result, "market_caps", own, at_zero)},
        cars=cars,
        tests=tests,
        parties=_by_event(result.observations.filter(own).iter_rows(named=True)),
        claims=_by_event(_chosen(result, "claims", own)),
        excluded=_by_event(_chosen(result, "excluded", own)),
    )


def key_of(row: Row) -> Key:
    """Return what names an observation."""
    return row["event_id"], row["ticker"], row["alternative"]


def _chosen(result: StudyResult, table: str, *conditions: pl.Expr) -> Iterator[Row]:
    """Return rows of a table, of which no more is read than that."""
    return result.scan(table).filter(*conditions).collect().iter_rows(named=True)


def _by_event(rows: Iterator[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["event_id"], []).append(row)
    return grouped
