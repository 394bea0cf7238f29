"""What a model is given and what it returns: a block of observations, arrays only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.pool import Candidates
from backtest.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Regressor:
    """One common series cut for the block's distinct event days.

    Attributes:
        estimation: (g, M) its returns in the estimation window.
        event: (g, L) its returns in the event window.
    """

    estimation: Floats
    event: Floats


@dataclass(frozen=True, slots=True)
class Block:
    """Returns of n observations around their event days, and the common series by name.

    Attributes:
        estimation: (n, M) returns in the estimation window, NaN where missing.
        event: (n, L) returns in the event window, NaN where missing.
        group: (n,) distinct event day of each observation, into the regressors' first axis.
        regressors: common series; `market` is the benchmark.
        gap: sessions between the last of the estimation window and the first of the event window.
        pool: other securities, for a model that asks for them (`Pooled`).
    """

    estimation: Floats
    event: Floats
    group: Ints
    regressors: dict[str, Regressor]
    gap: int = 0
    pool: Candidates | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """Normal performance of n observations (METHODS §3, §4).

    Attributes:
        expected: (n, L) expected returns in the event window, decimals.
        residuals: (n, M) abnormal returns in the estimation window, NaN on days not used.
        n_obs: (n,) valid estimation days M_i.
        dof: (n,) residual degrees of freedom.
        sigma: (n,) residual standard deviation s_i.
        scaled_design: (n, L, K) rows x_τ R⁻¹, so that ‖·‖² = x_τ (X'X)⁻¹ x_τ'.
        coefficients: by name, each (n,).
        r_squared: (n,), NaN where nothing is estimated.
        unusable: reason → (n,) where that reason forbids using the observation.
        day_scale: (n, L) variance of each day's disturbance over s_i², where it differs by day;
            None where it is 1 throughout.
    """

    expected: Floats
    residuals: Floats
    n_obs: Ints
    dof: Ints
    sigma: Floats
    scaled_design: Floats
    coefficients: dict[str, Floats]
    r_squared: Floats
    unusable: dict[str, Bools] = field(default_factory=dict)
    day_scale: Floats | None = None


@runtime_checkable
class ExpectedReturnModel(Protocol):
    """A model of normal performance; each lives in one file of `backtest.models` as `MODEL`.

    It may say what it is robust to in a `robust_to: frozenset[str]`, for `backtest models`.
    """

    key: str
    title: str
    source: str
    """The paper."""
    formula: str
    """Its expected return, one line."""
    regressors: tuple[str, ...]
    """Common series it needs: `market` for the benchmark, `market@-1` and `market@+1` for the
    benchmark one session earlier and later, else columns of the factor table."""

    def fit(self, block: Block) -> Fit:
        """Estimate on the estimation window and predict the event window."""
        ...


@runtime_checkable
class Pooled(Protocol):
    """A model that compares with the other securities of the price source."""

    needs_pool: bool


@runtime_checkable
class Weighing(Protocol):
    """A model whose expected return is a portfolio of donors, weighed by simplex least squares."""

    weighs_donors: bool


@runtime_checkable
class Adaptable(Protocol):
    """A model that depends on options of the study."""

    def for_study(self, spec: StudySpec) -> ExpectedReturnModel:
        """Return the model of one study."""
        ...


NO_VARIANCE = "abnormal returns have no variance in the estimation window (constant price?)"
COLLINEAR = "regressors are constant or collinear in the estimation window"
TOO_FEW = "fewer valid estimation days than coefficients"

SMALLEST_SIGMA = 1e-10
"""Daily. Below it residuals are rounding: a constant price, or a security regressed on itself."""


def variance(ssr: Floats, dof: Ints) -> tuple[Floats, dict[str, Bools]]:
    """Return s_i (n,) from sums of squares and freedom, and the reasons some cannot be used.

    An unusable s_i is NaN, so that nothing computed from it can pass for a number.
    """
    sigma = np.sqrt(np.where(dof > 0, ssr / np.maximum(dof, 1), np.nan))
    constant = sigma < SMALLEST_SIGMA
    return np.where(constant, np.nan, sigma), {TOO_FEW: dof <= 0, NO_VARIANCE: constant}
