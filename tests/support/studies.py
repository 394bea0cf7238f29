"""Small studies for the tests of the numeric core, and where the shared data are."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from scipy.optimize import nnls

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Block, ExpectedReturnModel, Regressor
from backtest.engine.estimate import estimate
from backtest.engine.estimates import Estimates
from backtest.engine.history import History
from backtest.engine.job import Job
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.pool import Pool
from backtest.engine.ranks import Ranks, both_ranks
from backtest.engine.rows import Rows
from backtest.engine.sample import Sample
from backtest.inference import event_tests_of
from backtest.models import models
from backtest.prices.panel import Panel
from backtest.spec import StudySpec, Window

SHARED = Path(__file__).parents[2].parent / "shared"

needs_shared = (
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference data are not here"),
)

FACTORS = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
needs_arch = pytest.mark.skipif(find_spec("arch") is None, reason="arch is not installed")

VECTORISED = tuple(sorted({*models.keys()} - {"garch"}))
MODELS = (*VECTORISED, pytest.param("garch", marks=needs_arch))
"""Keys of all models; `garch` takes a fifth of a second an observation."""

ON_THEIR_OWN = tuple(model for model in MODELS if model not in ("matched", "synthetic"))
"""Models that do not look at other securities."""

quick = settings(max_examples=40, deadline=None, derandomize=True)
"""Seeded property tests of a few tenths of a second."""


def noise(seed: int, securities: int = 12, sessions: int = 400, *, missing: float = 0.0) -> Floats:
    """Return simulated daily returns (securities, sessions); row 0, the market, is complete."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.01, sessions)
    beta = rng.uniform(0.5, 1.8, (securities, 1))
    returns = beta * market + rng.normal(0.0, 0.02, (securities, sessions))
    returns[rng.random(returns.shape) < missing] = np.nan
    returns[0] = market
    return returns


def factors(sessions: int, seed: int = 0) -> Floats:
    """Return simulated daily returns of `FACTORS` (7, sessions), the last of them r_f."""
    drawn = np.random.default_rng(seed).normal(0.0, 0.006, (len(FACTORS), sessions))
    drawn[-1] = 0.0002
    return drawn


def run(
    returns: Floats,
    rows: Ints | list[int],
    day0: Ints | list[int],
    model: str | ExpectedReturnModel = "market",
    spec: StudySpec | None = None,
    map_blocks: Mapper = one_by_one,
    commons: dict[str, int] | None = None,
    pool: Pool | None = None,
    tests: tuple[str, ...] = (),
) -> Estimates:
    """Estimate one model; row 0 of `returns` is the benchmark, `commons` are other series' rows.

    Factors are made up where `commons` are not given, and without a `pool` all rows but the first
    may be controls.
    """
    securities = len(returns)
    if commons is None:
        commons = {name: len(returns) + row for row, name in enumerate(FACTORS)}
        returns = np.vstack([returns, factors(returns.shape[1])])
    return estimate(
        Job(
            returns,
            {"market": 0, **commons},
            np.asarray(rows, dtype=np.int64),
            np.asarray(day0, dtype=np.int64),
            models.get(model) if isinstance(model, str) else model,
            spec or StudySpec(),
            pool or pool_of(securities),
            event_tests_of(tests),
        ),
        map_blocks,
    )


def slow_weights(y: Floats, X: Floats) -> Floats:
    """Return SciPy's answer (n,) to simplex least squares, in the form of Lawson & Hanson."""
    rows = np.vstack([np.full(X.shape[1], 0.3), X - y[:, None]])
    u, _ = nnls(rows, np.eye(len(rows))[0] * 0.3)
    out: Floats = u / u.sum()
    return out


def pool_of(
    securities: int,
    log_size: Floats | None = None,
    sector: Ints | None = None,
    **events: list[int],
) -> Pool:
    """Return a pool of which the first is the benchmark; `rows`, `days`, `events` are empty.

    No sector is known without `sector` (P,).
    """
    known = {name: np.array(events.get(name, []), np.int64) for name in ("rows", "days", "events")}
    unknown = np.full(securities, -1)
    return Pool(np.arange(securities) > 0, log_size, unknown if sector is None else sector, **known)


def block_of(estimation: Floats, event: Floats, market: Floats | None = None) -> Block:
    """Make a block of observations that share one event day.

    Args:
        estimation: (n, M).
        event: (n, L).
        market: (M + L,) the benchmark over both windows, if there is one.
    """
    size = estimation.shape[1]
    regressors = (
        {} if market is None else {"market": Regressor(market[None, :size], market[None, size:])}
    )
    return Block(estimation, event, np.zeros(len(estimation), dtype=np.int64), regressors)


def windows_of(estimates: Estimates, spec: StudySpec, day0: Ints | None = None) -> Sample:
    """Return the sample whose columns are the CAR windows."""
    present = np.isfinite(estimates.sar)
    sar_sum = np.stack(
        [
            np.where(present, estimates.sar, 0.0)[
                :, car.start - spec.window.start : car.end - spec.window.start + 1
            ].sum(axis=1)
            for car in spec.cars
        ],
        axis=1,
    )
    return Sample(
        spec.cars,
        estimates.car,
        estimates.scar,
        sar_sum,
        estimates.n_days,
        estimates.dof,
        history_of(estimates, spec, day0),
        estimates.bhar,
    )


def history_of(estimates: Estimates, spec: StudySpec, day0: Ints | None = None) -> History:
    """Return the history of observations of one exchange, far from each other by default."""
    count = len(estimates.car)
    at = 1_000 * np.arange(1, count + 1) if day0 is None else np.asarray(day0)
    return History(
        Rows(estimates.history),
        Rows(estimates.ranks),
        Rows(estimates.own_ranks),
        Rows(estimates.std_error),
        np.full(count, np.nan),
        estimates.sigma,
        at,
        np.zeros(count, dtype=np.int64),
        np.arange(count),
        np.arange(count),
        (np.arange(int(at.max(initial=0)) + 500),),
        np.datetime64("1950-01-01", "D") + np.arange(int(at.max(initial=0)) + 500),
        spec.estimation,
        spec.window,
    )


def days_of(estimates: Estimates, spec: StudySpec, day0: Ints | None = None) -> Sample:
    """Return the sample whose columns are the days of the event window."""
    days = tuple(Window(day, day) for day in range(spec.window.start, spec.window.end + 1))
    present = np.isfinite(estimates.sar).astype(np.int64)
    history = history_of(estimates, spec, day0)
    daily = (estimates.abnormal, estimates.sar, estimates.sar, present, estimates.dof)
    return Sample(days, *daily, history, estimates.abnormal)


def sample_of(car: Floats, *, dof: int = 248) -> Sample:
    """Return a sample of one-day columns whose values serve as CAR, SCAR and SAR (N, C).

    The days before are simulated noise, and no two events are near each other.
    """
    car = np.asarray(car, dtype=np.float64)
    count, days = car.shape
    window = Window(0, days - 1)
    residuals = np.random.default_rng(5).normal(0.0, 1.0, (count, 120))
    everything = np.hstack([residuals, car])
    ranks, own_ranks = both_ranks(everything, 120)
    at = 1_000 * np.arange(1, count + 1)
    return Sample(
        tuple(Window(day, day) for day in range(days)),
        car,
        car,
        car,
        np.isfinite(car).astype(np.int64),
        np.full(count, dof, dtype=np.int64),
        History(
            Rows(everything),
            Rows(ranks),
            Rows(own_ranks),
            Rows(np.where(np.isfinite(car), 1.0, np.nan)),
            np.arange(1.0, count + 1.0),
            np.ones(count),
            at,
            np.zeros(count, dtype=np.int64),
            np.arange(count),
            np.arange(count),
            (np.arange(1_000 * (count + 2)),),
            np.datetime64("1950-01-01", "D") + np.arange(1_000 * (count + 2)),
            Window(-120, -1),
            window,
        ),
        car,
        np.random.default_rng(6).normal(0.0, 1.0, (count, 199, days)),
    )


def scaled(sample: Sample, factor: float) -> Sample:
    """Return the sample with all abnormal returns multiplied, those of the days before too."""
    before = sample.before
    history = replace(
        before,
        abnormal=Rows(before.abnormal[:] * factor),
        ranks=_turned(before.ranks) if factor < 0 else before.ranks,
        own_ranks=_turned(before.own_ranks) if factor < 0 else before.own_ranks,
        errors=Rows(before.errors[:] * abs(factor)),
        sigma=before.sigma * abs(factor),
    )
    values = (sample.car * factor, sample.scar * factor, sample.sar_sum * factor)
    return Sample(sample.columns, *values, sample.n_days, sample.dof, history, values[0])


def _turned(rows: Rows[Ranks]) -> Rows[Ranks]:
    ranks = rows[:]
    highest = 2 * ((ranks > 0).sum(axis=1, keepdims=True) + 1)
    return Rows(np.where(ranks > 0, highest - ranks, 0).astype(np.uint16))


def panel_of(
    tickers: tuple[str, ...], first: str = "2024-01-01", **prices: list[list[float]]
) -> Panel:
    """Return a panel on consecutive days; total returns come from the closes."""
    arrays = {name: np.array(rows, dtype=np.float64) for name, rows in prices.items()}
    arrays.setdefault("total_return", arrays["close"])
    size = arrays["close"].shape[1]
    sessions = np.datetime64(first, "D") + np.arange(size)
    return Panel(sessions, tickers, arrays)
