"""The figures that observations had last time, from the results cache, by this time's numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from backtest.contracts import CARS, FITS, MARKET_CAPS, Frame
from backtest.results.cache import SEGMENTS, ResultsCache
from backtest.results.event_frames import OBS

if TYPE_CHECKING:
    import polars as pl

    Chosen = Callable[[dict[str, pl.DataFrame], pl.DataFrame], pl.DataFrame]


def earlier_cars(cache: ResultsCache, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return the CARs of observations, `before`, with their numbers of days.

    Args:
        cache: where they are.
        wanted: `made`, the hash of a key, and `now`, the number that the observation has.
    """

    def chosen(tables: dict[str, pl.DataFrame], hits: pl.DataFrame) -> pl.DataFrame:
        numbers = tables[FITS.name].select(OBS, "model", "n_obs").join(hits, on=OBS)
        return numbers.join(tables[CARS.name], on=[OBS, "model"])

    cars = ["event_id", "ticker", "model", "alternative", "start", "end", "n_days"]
    return _found(cache, wanted, (CARS, FITS), chosen, [*cars, "n_obs"], "car")


def earlier_caps(cache: ResultsCache, wanted: pl.DataFrame, days: Collection[int]) -> pl.DataFrame:
    """Return the changes of market value of observations, `before`, with what they are of.

    Args:
        cache: where they are.
        wanted: as of `earlier_cars`.
        days: of the event.
    """
    import polars as pl

    def chosen(tables: dict[str, pl.DataFrame], hits: pl.DataFrame) -> pl.DataFrame:
        caps = tables[MARKET_CAPS.name].filter(pl.col("day").is_in(list(days)))
        return caps.join(hits, on=OBS, maintain_order="left")

    caps = ["event_id", "ticker", "alternative", "day", "shares", "cap_before", "currency"]
    return _found(cache, wanted, (MARKET_CAPS,), chosen, caps, "change")


def _found(
    cache: ResultsCache,
    wanted: pl.DataFrame,
    frames: Collection[Frame],
    chosen: Chosen,
    columns: list[str],
    figure: str,
) -> pl.DataFrame:
    """Return columns of what is chosen of each segment, and the figure as `before`.

    A segment that is damaged gives nothing: what it had may be in an older one.
    """
    import polars as pl

    types = {name: dtype for frame in frames for name, dtype in frame.schema().items()}
    parts = [
        pl.DataFrame(
            schema={
                OBS: wanted.schema["now"],
                **{name: types[name] for name in columns},
                "before": pl.Float64(),
            }
        )
    ]
    for segment, index in cache.segments():
        hits = index.with_columns(made=index["key"].hash()).join(wanted, on="made")
        if hits.is_empty():
            continue
        read = {f.name: cache.read_table(SEGMENTS, segment, f.name) for f in frames}
        tables = {name: table for name, table in read.items() if table is not None}
        if len(tables) < len(read):
            continue
        rows = chosen(tables, hits.select(OBS, "now")).drop(OBS).rename({"now": OBS})
        parts.append(rows.select(OBS, *columns, before=figure))
        wanted = wanted.join(hits, on="made", how="anti")
    return pl.concat(parts)
