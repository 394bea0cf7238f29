"""From the studies of a grid to one curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backtest.engine.block import ExpectedReturnModel
from backtest.models import model_for
from backtest.results.gaps import EMPTY
from backtest.results.result import Provenance, StudyResult
from backtest.spec import StudySpec
from backtest.specifications.agreement import KEY, agreement, ranked
from backtest.specifications.grid import Grid
from backtest.specifications.tables import MISSING, SPECIFICATIONS, Curve

if TYPE_CHECKING:
    import polars as pl


def gathered(grid: Grid, results: Sequence[StudyResult], notes: Sequence[str]) -> Curve:
    """Return the curve of studies that are one specification, or several, each.

    Args:
        grid: the choices.
        results: the studies, at least one; a specification is in one of them.
        notes: sentences for the user.
    """
    import polars as pl

    cars = pl.concat([_marked(one.cars, one.spec) for one in results])
    found = cars.filter(pl.col("car").is_not_null())
    lost = pl.concat([_unmeasured(results[0]), *(_unfitted(one) for one in results), _empty(cars)])
    names = [name for name in SPECIFICATIONS.names if name != "rank"]
    specifications = ranked(_in_order(found.select(names), results[0]))
    missing = MISSING.check(lost.select(MISSING.names))
    told = results[0].provenance
    provenance = Provenance(
        told.events,
        told.prices,
        told.prices_to,
        told.engine,
        computed=sum(one.provenance.computed for one in results),
        reused=sum(one.provenance.reused for one in results),
        factors=told.factors,
        sectors=told.sectors,
    )
    # Empty CARs are rows of `missing` here, and each study would count its own.
    said = (note for one in results for note in one.warnings if EMPTY not in note)
    warnings = dict.fromkeys([*notes, *said])
    return Curve(
        grid,
        specifications,
        agreement(specifications, missing),
        missing,
        provenance,
        tuple(warnings),
    )


def _marked(frame: pl.DataFrame, spec: StudySpec) -> pl.DataFrame:
    """Return the main sessions' rows with the choices of the study they are of."""
    import polars as pl

    own = [key for key in spec.models if reads_benchmark(model_for(key, spec))]
    benchmark = pl.when(pl.col("model").is_in(own)).then(pl.lit(spec.benchmark))
    return frame.filter(~pl.col("alternative")).with_columns(
        benchmark.cast(pl.String).alias("benchmark"),
        pl.lit(spec.returns).alias("returns"),
        pl.lit(spec.estimation.start, pl.Int32).alias("estimation_start"),
        pl.lit(spec.estimation.end, pl.Int32).alias("estimation_end"),
    )


def _in_order(frame: pl.DataFrame, result: StudyResult) -> pl.DataFrame:
    """Sort rows into the order of the study's events."""
    order = result.observations.select(KEY).unique(maintain_order=True).with_row_index("_at")
    joined = frame.join(order, on=KEY, how="left", maintain_order="left")
    return joined.sort("_at", maintain_order=True).drop("_at")


def _unfitted(result: StudyResult) -> pl.DataFrame:
    """Return a row of `MISSING` for each window of a model that could not be estimated."""
    import polars as pl

    fits = _marked(result.fits, result.spec).filter(pl.col("reason").is_not_null())
    cars = result.spec.cars
    windows = pl.DataFrame(
        {"start": [car.start for car in cars], "end": [car.end for car in cars]},
        schema={"start": pl.Int32, "end": pl.Int32},
    )
    return fits.join(windows, how="cross").select(MISSING.names)


def _empty(cars: pl.DataFrame) -> pl.DataFrame:
    """Return a row of `MISSING` for each CAR that a missing day leaves empty."""
    import polars as pl

    reason = pl.lit("a session of the window has no return").alias("reason")
    return cars.filter(pl.col("car").is_null()).with_columns(reason).select(MISSING.names)


def _unmeasured(result: StudyResult) -> pl.DataFrame:
    """Return a row of `MISSING` for each event × ticker that has no session or price at all."""
    import polars as pl

    lost = result.excluded.filter(pl.col("stage").is_in(["sessions", "prices"]))
    return pl.concat([MISSING.empty(), lost.drop("stage")], how="diagonal")


def reads_benchmark(model: ExpectedReturnModel) -> bool:
    """Whether a model's numbers depend on the benchmark."""
    return any(name.partition("@")[0] == "market" for name in model.regressors)
