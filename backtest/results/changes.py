"""Figures that differ from those shown last, since prices, share counts or factors were revised.

Equal specifications and equal events give equal keys unless something that was read is another
(`results.keys`). An observation whose key is not the one of last time was computed from other
data, or could not be placed for want of it; its earlier figures are in the results cache.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from backtest.notation import money, number, percent, span
from backtest.results.asked import Asked
from backtest.results.cache import ResultsCache
from backtest.results.earlier import earlier_caps, earlier_cars
from backtest.results.event_frames import OBS
from backtest.results.event_tables import EventTables
from backtest.results.keys import IDENTITY
from backtest.results.shown import shown_file, since_last
from backtest.spec import StudySpec, Window

if TYPE_CHECKING:
    import polars as pl

SAME = 1e-7
"""CARs nearer than this are the same: a later dividend alone rescales all prices before it. So are
changes of market value that differ by less of the market value before."""
NAMED = 10
"""Changes that a note names."""

CAR, CAP = "car", "market_cap_change"
"""The figures that are compared; a `CAP` is of one day, which is its window, and of no model."""

_SAID = "changed since last time: "

REVISED, MORE, COUNTS, GONE = "revised", "more prices", "share counts revised", "gone"
ELSEWHERE = "another source"
_ROW = ("event_id", "ticker", "model", "alternative", "start", "end")
_UNPLACED = 0
"""In place of the hash of a key."""
COLUMNS = ("figure", *_ROW, "before", "after", "currency", "why")


def changed_figures(
    cache: ResultsCache,
    asked: Asked | None,
    observed: pl.DataFrame,
    keys: pl.DataFrame,
    tables: EventTables,
    source: object = None,
) -> pl.DataFrame:
    """Return the figures that are not what they were when this study was last run.

    Args:
        cache: where earlier figures are.
        asked: the study, None where it is part of something else.
        observed: `OBSERVATIONS`, also those that could not be placed, in the order of `OBS`.
        keys: `key` and `OBS` of those that were placed.
        tables: by event.
        source: of the prices; one that takes securities from several places says which.

    Returns:
        `COLUMNS`: the CAR of each window, and the change of market value on each day of these
        windows, before and after; null after where there is none any more. `why` is `REVISED`,
        `COUNTS` where it is the share counts, `GONE` where it is nothing now, `ELSEWHERE` where
        prices came from another place then, or `MORE` where there are now prices on days that had
        none.
    """
    import polars as pl

    path = shown_file(cache, asked)
    if asked is None or path is None or observed.is_empty():
        return nothing_changed()
    made = keys.select(OBS, made=keys["key"].hash())
    # What cannot be placed has no key; its figures are gone if it had any.
    every = _identities(observed).join(made, on=OBS, how="left", maintain_order="left")
    every = every.with_columns(_places(observed, asked.spec, source))
    changed = since_last(cache, path, every.with_columns(pl.col("made").fill_null(_UNPLACED)))
    if changed.is_empty():
        return nothing_changed()
    wanted = changed.select(pl.col("made_before").alias("made"), pl.col(OBS).alias("now"))
    moved = changed.filter("moved")[OBS]
    cars = _compared_cars(earlier_cars(cache, wanted), tables, moved)
    caps = _compared_caps(earlier_caps(cache, wanted, _days(asked.spec)), tables, moved)
    return pl.concat([cars, caps])


def nothing_changed() -> pl.DataFrame:
    """Return the table without rows."""
    import polars as pl

    return pl.DataFrame(schema=_schema())


def change_notes(changes: pl.DataFrame, spec: StudySpec) -> list[str]:
    """Return the changes as sentences, the largest first; of many, the rest as a count."""
    if changes.is_empty():
        return []
    largest = largest_changes(changes)
    shown = percent if spec.measure == "return" else number
    notes = []
    for row in largest.head(NAMED).iter_rows(named=True):
        window = span(Window(row["start"], row["end"]))
        before, after, why = row["before"], row["after"], row["why"]
        if row["figure"] == CAP:
            values = f"Δ cap {window} {money(before, row['currency'])} → "
            values += f"{money(after, row['currency'])} ({why})"
        else:
            values = f"CAR {window} {shown(before)} → {shown(after)} ({row['model']}; {why})"
        notes.append(f"{_SAID}{row['event_id']} {row['ticker']} {values}")
    rest = pairs(largest.slice(NAMED).join(largest.head(NAMED), on=list(_ROW[:2]), how="anti"))
    if rest:
        notes.append(f"{_SAID}{rest:,} more event × ticker")
    return notes


def pairs(changes: pl.DataFrame) -> int:
    """Count the event × ticker of some changes."""
    return int(changes.select(_ROW[:2]).n_unique()) if len(changes) else 0


def is_change(note: str) -> bool:
    """Whether a sentence is one of `change_notes`."""
    return note.startswith(_SAID)


def largest_changes(changes: pl.DataFrame) -> pl.DataFrame:
    """Return of each observation what changed most, the largest change first.

    That is the window of its CAR, and of its market value day 0 if that changed, which reports
    show, else the day; all CARs come before all market values.
    """
    import polars as pl

    size = (pl.col("after") - pl.col("before")).abs().fill_null(float("inf"))
    shown = (pl.col("figure") == CAP) & (pl.col("start") == 0)
    chosen = changes.sort(shown, size, descending=True, maintain_order=True).unique(
        ["figure", "event_id", "ticker", "model", "alternative"], keep="first", maintain_order=True
    )
    by = [pl.col("figure") == CAP, -size]
    return chosen.sort(by, maintain_order=True)


def _identities(observed: pl.DataFrame) -> pl.DataFrame:
    """Return `OBS` and `who`, a hash of what an observation is, whatever its prices."""
    import polars as pl

    return observed.with_row_index(OBS).select(OBS, pl.struct(*IDENTITY).hash().alias("who"))


def _places(observed: pl.DataFrame, spec: StudySpec, source: object) -> pl.Series:
    """Return `place`, a hash of where prices of the security and its market are from, or null."""
    import polars as pl

    place_of = getattr(source, "place_of", None)
    if not callable(place_of):
        return pl.Series("place", [None] * len(observed), dtype=pl.UInt64)
    common = ",".join(place_of(ticker) for ticker in (spec.benchmark, *spec.factor_tickers))
    known = {one: f"{place_of(one)},{common}" for one in observed["ticker"].unique().to_list()}
    words = observed["ticker"].replace_strict(known, return_dtype=pl.String)
    return words.hash().alias("place")


def _days(spec: StudySpec) -> list[int]:
    """Return the days on which market values are compared: those that a CAR is of, and day 0."""
    return sorted({0, *(day for car in spec.cars for day in range(car.start, car.end + 1))})


def _schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    import polars as pl

    types = {"alternative": pl.Boolean, "start": pl.Int32, "end": pl.Int32}
    floats = dict.fromkeys(("before", "after"), pl.Float64)
    return {name: {**types, **floats}.get(name, pl.String) for name in COLUMNS}


def _compared_cars(earlier: pl.DataFrame, tables: EventTables, moved: pl.Series) -> pl.DataFrame:
    """Return the rows of `earlier` whose CAR is another one now, or none."""
    import polars as pl

    cars = tables.scan("cars").select(*_ROW, after="car", n_days_now="n_days")
    fits = tables.scan("fits").select(*_ROW[:4], n_obs_now="n_obs")
    both = _beside(_beside(earlier, cars, _ROW), fits, _ROW[:4])
    more = (pl.col("n_days_now") > pl.col("n_days")) | (pl.col("n_obs_now") > pl.col("n_obs"))
    why = pl.when(more).then(pl.lit(MORE)).otherwise(pl.lit(REVISED))
    both = both.with_columns(currency=None).sort(OBS, "model", "start", "end")
    return _told(both, CAR, pl.lit(SAME), _elsewhere(moved, why))


def _compared_caps(earlier: pl.DataFrame, tables: EventTables, moved: pl.Series) -> pl.DataFrame:
    """Return the rows of `earlier` whose change of market value is another one now, or none."""
    import polars as pl

    by = ("event_id", "ticker", "alternative", "day")
    columns = {"after": "change", "shares_now": "shares"}
    both = _beside(earlier, tables.scan("market_caps").select(*by, **columns), by)
    both = both.with_columns(
        pl.lit(None, pl.String).alias("model"), start=pl.col("day"), end=pl.col("day")
    )
    other = (pl.col("shares_now") != pl.col("shares")).fill_null(False)
    why = pl.when(other).then(pl.lit(COUNTS)).otherwise(pl.lit(REVISED))
    least = SAME * pl.col("cap_before").abs()
    return _told(both.sort(OBS, "day"), CAP, least, _elsewhere(moved, why))


def _elsewhere(moved: pl.Series, why: pl.Expr) -> pl.Expr:
    import polars as pl

    elsewhere = pl.col(OBS).is_in(moved.implode())
    return pl.when(elsewhere).then(pl.lit(ELSEWHERE)).otherwise(why)


def _beside(earlier: pl.DataFrame, now: pl.LazyFrame, on: Collection[str]) -> pl.DataFrame:
    """Return `earlier` with what is now beside it, null where there is nothing."""
    few = earlier.lazy().select(on).unique()
    found = now.join(few, on=list(on), how="semi").collect()
    return earlier.join(found, on=list(on), how="left", maintain_order="left")


def _told(both: pl.DataFrame, figure: str, least: pl.Expr, why: pl.Expr) -> pl.DataFrame:
    """Return the rows of `both` that differ by more than `least`, as `COLUMNS`."""
    import polars as pl

    before, after = pl.col("before"), pl.col("after")
    gone = pl.when(after.is_null()).then(pl.lit(GONE)).otherwise(why)
    differs = after.is_null() | ((after - before).abs() > least)
    rows = both.filter(before.is_not_null() & differs)
    return rows.with_columns(pl.lit(figure).alias("figure"), gone.alias("why")).select(
        pl.col(name).cast(dtype) for name, dtype in _schema().items()
    )
