"""Event-level tables of placed observations: the part of a study that is cached by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import ABNORMAL_RETURNS, CARS, EVENT_TESTS, EXCLUDED, FITS, MARKET_CAPS
from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import ExpectedReturnModel, Weighing
from backtest.engine.estimate import estimate
from backtest.engine.estimates import Estimates
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper
from backtest.inference import event_tests_of
from backtest.results.event_frames import KEY, OBS, Axis, event_frames, used_mask
from backtest.results.factor_needs import factor_columns
from backtest.results.histories import HISTORY, history_frame, in_order
from backtest.results.measures import series_of, without_volume
from backtest.results.place import SECOND, Placed, barred_by_factors
from backtest.spec import StudySpec
from backtest.splice import stack
from backtest.valuation.caps_table import caps_table

if TYPE_CHECKING:
    import polars as pl

EVENT_TABLES = (
    ABNORMAL_RETURNS.name,
    CARS.name,
    EVENT_TESTS.name,
    FITS.name,
    MARKET_CAPS.name,
)

Frames = Mapping[str, "pl.DataFrame"]


@dataclass(frozen=True, slots=True)
class Series:
    """What the observations of one exchange are estimated from.

    Attributes:
        returns: (series, S).
        commons: row of each common series, by name.
        place: (securities,) row of each security of the panel.
        observations: how many there are in the study, of which a piece may be computed.
    """

    returns: Floats
    commons: dict[str, int]
    place: Ints
    observations: int


def compute_events(
    placed: Sequence[Placed],
    models: Sequence[ExpectedReturnModel],
    spec: StudySpec,
    map_blocks: Mapper,
    series: Sequence[Series] | None = None,
) -> dict[str, pl.DataFrame]:
    """Return the event-level tables and their history, by observation and model.

    Days and windows of one observation and model stand together in their order.

    Args:
        placed: the observations by exchange.
        models: the models.
        spec: the study.
        map_blocks: where blocks are computed.
        series: of each exchange, where they were made before.
    """
    import polars as pl

    known = series or [study_series(one, spec) for one in placed]
    parts = [
        _compute_exchange(one, models, spec, map_blocks, own)
        for one, own in zip(placed, known, strict=True)
    ]
    tables = {name: stack([part[name] for part in parts]) for name in EVENT_TABLES}
    numbers = pl.concat([one.observations[OBS] for one in placed]).to_numpy()
    history = in_order([part[HISTORY] for part in parts], numbers, spec)
    return {**ordered(tables, spec), HISTORY: history}


def _compute_exchange(
    placed: Placed,
    models: Sequence[ExpectedReturnModel],
    spec: StudySpec,
    map_blocks: Mapper,
    series: Series,
) -> dict[str, pl.DataFrame]:
    market = placed.market
    returns, commons, rows = series.returns, series.commons, series.place[placed.rows]
    keys = placed.observations.select(*KEY, OBS)
    axis = Axis(market.calendar, placed.day0 + market.offset)
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in EVENT_TABLES}
    every: list[Estimates] = []
    tests = event_tests_of(spec.tests)
    for number, model in enumerate(models):
        job = Job(
            returns,
            commons,
            rows,
            placed.day0,
            model,
            spec,
            market.pool,
            tests,
            among=series.observations,
        )
        estimates = estimate(job, map_blocks)
        every.append(estimates)
        barred = {
            **barred_by_factors(placed, factor_columns(model), spec),
            **without_volume(returns, rows, placed.day0, spec),
        }
        weighed = isinstance(model, Weighing)
        frames = event_frames(keys, estimates, axis, model.key, spec, barred, weighed=weighed)
        for name, frame in frames.items():
            parts[name].append(frame)
        if number == 0:
            used = used_mask(parts[FITS.name][0])
            parts[MARKET_CAPS.name].append(_caps(placed, axis, estimates, used, spec))
    tables = {name: stack(frames) for name, frames in parts.items()}
    return {**tables, HISTORY: history_frame(every)}


def study_series(placed: Placed, spec: StudySpec) -> Series:
    """Return the returns of the securities that occur, and of the common series."""
    market = placed.market
    names = ("market", *spec.factor_tickers)
    own = market.panel.rows([spec.benchmark, *spec.factor_tickers])
    occurring = np.concatenate([own, placed.rows])
    if market.pool is not None:
        needed, place = np.arange(len(market.panel.tickers)), occurring
    else:
        # Only those that occur: one changed event must not cost the returns of thousands.
        needed, place = np.unique(occurring, return_inverse=True)
    returns = series_of(market.panel.take(needed), spec)
    commons = {name: int(row) for name, row in zip(names, place, strict=False)}
    row_of = np.full(len(market.panel.tickers), -1)
    row_of[occurring] = place
    if market.factors is not None:
        commons |= {name: len(returns) + row for row, name in enumerate(market.factors.names)}
        returns = np.vstack([returns, market.factors.values])
    return Series(returns, commons, row_of, len(placed.rows))


def _caps(
    placed: Placed, axis: Axis, estimates: Estimates, used: Bools, spec: StudySpec
) -> pl.DataFrame:
    """Value the observations; the first model's abnormal returns give the abnormal dollars.

    Other measures than the return give none.
    """
    everything = np.arange(len(placed.rows))
    priced = used[:, None] & (spec.measure == "return")
    abnormal: Floats = np.where(priced, estimates.abnormal, np.nan)
    return caps_table(
        placed.observations.select(*KEY, "currency", OBS),
        placed.market.panel,
        placed.rows,
        placed.day0,
        axis.dates(everything, spec.window.start, spec.window.end),
        abnormal,
        placed.market.counts,
        spec.window,
    )


def ordered(frames: Frames, spec: StudySpec) -> dict[str, pl.DataFrame]:
    """Sort event-level tables by observation and model.

    Days and windows of one observation and model stand together in their order already, and the
    sort keeps it.
    """
    import polars as pl

    rank = pl.col("model").replace_strict(
        {model: place for place, model in enumerate(spec.models)}, return_dtype=pl.UInt32
    )
    out = {}
    for name, frame in frames.items():
        if len(spec.models) > 1 and "model" in frame.columns:
            out[name] = frame.sort(OBS, rank, maintain_order=True)
        elif frame.get_column(OBS).is_sorted():
            out[name] = frame
        else:
            out[name] = frame.sort(OBS, maintain_order=True)
    return out


def excluded_by_fit(fits: pl.DataFrame) -> pl.DataFrame:
    """Return the `excluded` rows of observations that no model could use, and why.

    An observation that one model of several cannot use has that model named in its reason.
    """
    import polars as pl

    several = fits["model"].n_unique() > 1
    text = pl.when(pl.col("alternative")).then(pl.lit(SECOND)).otherwise(pl.lit(""))
    if several:
        text = text + pl.col("model") + ": "
    return EXCLUDED.check(
        fits.filter(pl.col("reason").is_not_null()).select(
            "event_id",
            "ticker",
            pl.lit("estimation").alias("stage"),
            (text + pl.col("reason")).alias("reason"),
        )
    )


def without_shares(fits: pl.DataFrame, caps: pl.DataFrame) -> pl.DataFrame:
    """Return `excluded` rows, stage `valuation`, of observations that have no market value."""
    import polars as pl

    prefix = pl.when(pl.col("alternative")).then(pl.lit(SECOND)).otherwise(pl.lit(""))
    # Rows of one observation stand together: taking each run's first needs no hashing of all.
    first = pl.col(OBS).ne_missing(pl.col(OBS).shift())
    valued = caps.get_column(OBS).filter(caps.select(first).to_series())
    lacking = fits.filter(first).filter(~pl.col(OBS).is_in(valued.implode()))
    return EXCLUDED.check(
        lacking.select(
            "event_id",
            "ticker",
            pl.lit("valuation").alias("stage"),
            (
                prefix + pl.lit("no share count was known by ") + pl.col("day0").cast(pl.String)
            ).alias("reason"),
        )
    )
