"""From a model's arrays to the event-level tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import ABNORMAL_RETURNS, CARS, EVENT_TESTS, FITS
from backtest.engine.arrays import Bools, Dates, Floats, Ints
from backtest.engine.estimates import Estimates
from backtest.engine.sample_quantile import MIN_SUMS
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

KEY = ("event_id", "ticker", "alternative")
"""What names an observation in every event-level table."""

OBS = "_obs"
"""Number of the observation in its event table; event-level tables carry it until they are shown,
because joining and sorting by whole numbers is many times faster than by names."""

OK = "ok"
EXCLUDED = "excluded"
FEW_SUMS = f"fewer than {MIN_SUMS} sums of as many consecutive estimation residuals"
NOT_WHOLE = "the window has missing days"
COEFFICIENTS = ("alpha", "beta")
"""Fields the `coefficients` struct always has; a model's own come behind them."""


NOTHING_BARRED: Mapping[str, Bools] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Axis:
    """Where observations stand in time: the exchange's sessions (S,) and day 0 of each (n,)."""

    sessions: Dates
    day0: Ints

    def dates(self, rows: Ints, start: int, end: int) -> Dates:
        """Return (len(rows), end − start + 1) dates; NaT beyond the known sessions."""
        index = self.day0[rows, None] + np.arange(start, end + 1)
        inside = (index >= 0) & (index < len(self.sessions))
        dates = self.sessions[index.clip(0, len(self.sessions) - 1)]
        return np.where(inside, dates, np.datetime64("NaT", "D"))


def event_frames(
    keys: pl.DataFrame,
    estimates: Estimates,
    axis: Axis,
    model: str,
    spec: StudySpec,
    barred: Mapping[str, Bools] = NOTHING_BARRED,
) -> dict[str, pl.DataFrame]:
    """Return the tables `abnormal_returns`, `cars`, `event_tests` and `fits` of one model.

    An observation that cannot be used has its reason in `fits` and no row in the others.

    Args:
        keys: (n rows) the columns `KEY` and `OBS`.
        estimates: n observations.
        axis: their sessions.
        model: the model's key.
        spec: the study.
        barred: reason → (n,) known before estimation; it comes before all others.
    """
    reasons = _reasons(estimates, spec, barred)
    used = np.flatnonzero(reasons.is_null().to_numpy())
    return {
        ABNORMAL_RETURNS.name: _abnormal(keys, estimates, axis, model, spec, used),
        CARS.name: _cars(keys, estimates, model, spec, used),
        EVENT_TESTS.name: _event_tests(keys, estimates, model, spec, used),
        FITS.name: _fits(keys, estimates, axis, model, reasons),
    }


def _reasons(estimates: Estimates, spec: StudySpec, barred: Mapping[str, Bools]) -> pl.Series:
    """Return (n,) why each observation is excluded, null where it is not."""
    import polars as pl

    few = estimates.n_obs < spec.min_obs
    have = pl.Series(estimates.n_obs).cast(pl.String)
    window = f"{spec.estimation} need {spec.min_obs}"
    found: list[tuple[Bools, pl.Expr | pl.Series]] = [
        *((where, pl.lit(text)) for text, where in barred.items()),
        (few, have + f" valid days in the estimation window {window}"),
        *((where, pl.lit(text)) for text, where in estimates.unusable.items()),
    ]
    reason = pl.repeat(None, len(few), dtype=pl.String, eager=True)
    for where, text in found:
        hit = pl.Series(np.asarray(where)) & reason.is_null()
        reason = pl.select(pl.when(hit).then(text).otherwise(reason)).to_series()
    return reason


def _spread(keys: pl.DataFrame, used: Ints, times: int, model: str) -> dict[str, object]:
    """Repeat each used observation's key for its days or windows."""
    import polars as pl

    rows = pl.Series(np.repeat(used, times), dtype=pl.UInt32)
    columns: dict[str, object] = {name: keys.get_column(name).gather(rows) for name in (*KEY, OBS)}
    columns["model"] = pl.repeat(model, len(rows), dtype=pl.String, eager=True)
    return columns


def _take(values: Floats, used: Ints) -> Floats:
    return (values if len(used) == len(values) else values[used]).ravel()


def _abnormal(
    keys: pl.DataFrame,
    estimates: Estimates,
    axis: Axis,
    model: str,
    spec: StudySpec,
    used: Ints,
) -> pl.DataFrame:
    import polars as pl

    window = spec.window
    days = np.arange(window.start, window.end + 1, dtype=np.int32)
    return pl.DataFrame(
        {
            **_spread(keys, used, len(window), model),
            "day": np.tile(days, len(used)),
            "date": axis.dates(used, window.start, window.end).ravel(),
            "return": _take(estimates.returns, used),
            "expected": _take(estimates.expected, used),
            "abnormal": _take(estimates.abnormal, used),
            "std_error": _take(estimates.std_error, used),
            "sar": _take(estimates.sar, used),
        },
        nan_to_null=True,
    )


def _cars(
    keys: pl.DataFrame, estimates: Estimates, model: str, spec: StudySpec, used: Ints
) -> pl.DataFrame:
    import polars as pl
    from scipy.special import stdtr

    dof = np.repeat(estimates.dof[used].astype(np.float64), len(spec.cars))
    scar = _take(estimates.scar, used)
    return pl.DataFrame(
        {
            **_spread(keys, used, len(spec.cars), model),
            "start": np.tile(np.array([c.start for c in spec.cars], np.int32), len(used)),
            "end": np.tile(np.array([c.end for c in spec.cars], np.int32), len(used)),
            "n_days": estimates.n_days[used].ravel().astype(np.int32),
            "car": _take(estimates.car, used),
            "std_error": _take(estimates.car_error, used),
            "t": scar,
            "dof": dof,
            "p": 2.0 * stdtr(dof, -np.abs(scar)),
            "scar": scar,
            "bhar": _take(estimates.bhar, used),
        },
        nan_to_null=True,
    )


def _event_tests(
    keys: pl.DataFrame, estimates: Estimates, model: str, spec: StudySpec, used: Ints
) -> pl.DataFrame:
    """Return the sample-quantile test of every CAR; the t test stands in `cars`."""
    import polars as pl

    p = _take(estimates.sq_p, used)
    frame = pl.DataFrame(
        {
            **_spread(keys, used, len(spec.cars), model),
            "start": np.tile(np.array([c.start for c in spec.cars], np.int32), len(used)),
            "end": np.tile(np.array([c.end for c in spec.cars], np.int32), len(used)),
            "n": estimates.sq_n[used].ravel().astype(np.int32),
            "statistic": np.where(np.isnan(p), np.nan, estimates.sq_rank[used].ravel()),
            "p": p,
        },
        nan_to_null=True,
    )
    few = pl.when(pl.col("n") < MIN_SUMS).then(pl.lit(FEW_SUMS)).otherwise(pl.lit(NOT_WHOLE))
    return frame.with_columns(
        pl.lit("sq").alias("test"),
        pl.when(pl.col("p").is_null()).then(few).alias("reason"),
    )


def _fits(
    keys: pl.DataFrame, estimates: Estimates, axis: Axis, model: str, reasons: pl.Series
) -> pl.DataFrame:
    import polars as pl

    count = len(keys)
    nothing = np.full(count, np.nan)
    own = [name for name in estimates.coefficients if name not in COEFFICIENTS]
    fields = {
        name: pl.Series(estimates.coefficients.get(name, nothing), nan_to_null=True)
        for name in (*COEFFICIENTS, *own)
    }
    return pl.DataFrame(
        {
            **_spread(keys, np.arange(count), 1, model),
            "day0": axis.dates(np.arange(count), 0, 0).ravel(),
            "n_obs": estimates.n_obs.astype(np.int32),
            "sigma": estimates.sigma,
            "r_squared": estimates.r_squared,
            "alpha": fields["alpha"],
            "beta": fields["beta"],
            "coefficients": pl.DataFrame(fields).to_struct(),
            "status": pl.select(
                pl.when(reasons.is_null()).then(pl.lit(OK)).otherwise(pl.lit(EXCLUDED))
            ).to_series(),
            "reason": reasons,
        },
        nan_to_null=True,
    )


def used_mask(fits: pl.DataFrame) -> Bools:
    """Return which rows of `fits` were used."""
    return (fits["status"] == OK).to_numpy()
