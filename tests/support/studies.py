"""Small studies for the tests of the numeric core, and where the shared data are."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import Block, Regressor
from backtest.engine.estimate import Estimates, Job, estimate
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.sample import Sample
from backtest.models import models
from backtest.prices.panel import Panel
from backtest.spec import StudySpec, Window

SHARED = Path(__file__).parents[2].parent / "shared"

needs_shared = (
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference data are not here"),
)

needs_arch = pytest.mark.skipif(find_spec("arch") is None, reason="arch is not installed")

VECTORISED = tuple(sorted({*models.keys()} - {"garch"}))
MODELS = (*VECTORISED, pytest.param("garch", marks=needs_arch))
"""Keys of all models; `garch` takes a fifth of a second an observation."""

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


def run(
    returns: Floats,
    rows: Ints | list[int],
    day0: Ints | list[int],
    model: str = "market",
    spec: StudySpec | None = None,
    map_blocks: Mapper = one_by_one,
) -> Estimates:
    """Estimate one model; row 0 of `returns` is the benchmark."""
    return estimate(
        Job(
            returns,
            {"market": 0},
            np.asarray(rows, dtype=np.int64),
            np.asarray(day0, dtype=np.int64),
            models.get(model),
            spec or StudySpec(),
        ),
        map_blocks,
    )


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


def windows_of(estimates: Estimates, spec: StudySpec) -> Sample:
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
        spec.cars, estimates.car, estimates.scar, sar_sum, estimates.n_days, estimates.dof
    )


def days_of(estimates: Estimates, spec: StudySpec) -> Sample:
    """Return the sample whose columns are the days of the event window."""
    days = tuple(Window(day, day) for day in range(spec.window.start, spec.window.end + 1))
    present = np.isfinite(estimates.sar).astype(np.int64)
    return Sample(days, estimates.abnormal, estimates.sar, estimates.sar, present, estimates.dof)


def sample_of(car: Floats, *, dof: int = 248) -> Sample:
    """Return a sample of one-day columns whose values serve as CAR, SCAR and SAR (N, C)."""
    car = np.asarray(car, dtype=np.float64)
    return Sample(
        tuple(Window(day, day) for day in range(car.shape[1])),
        car,
        car,
        car,
        np.isfinite(car).astype(np.int64),
        np.full(len(car), dof, dtype=np.int64),
    )


def panel_of(
    tickers: tuple[str, ...], first: str = "2024-01-01", **prices: list[list[float]]
) -> Panel:
    """Return a panel on consecutive days; total returns come from the closes."""
    arrays = {name: np.array(rows, dtype=np.float64) for name, rows in prices.items()}
    arrays.setdefault("total_return", arrays["close"])
    size = arrays["close"].shape[1]
    sessions = np.datetime64(first, "D") + np.arange(size)
    return Panel(sessions, tickers, arrays)
