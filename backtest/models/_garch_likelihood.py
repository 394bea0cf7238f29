"""Maximum likelihood of one line with GARCH(1,1) errors, by the library arch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from backtest.engine.arrays import Floats
from backtest.errors import BadUsage

STARTS = ((0.05, 0.90), (0.40, 0.55), (0.02, 0.97), (0.10, 0.10), (0.00, 0.98))
"""(α₁, β₁) from which the likelihood is climbed, ω = 1 − α₁ − β₁ in units of the variance.

The likelihood of a year of returns often has several maxima: a long memory, a short one, and none
with a trend in the variance. On 100 windows of real returns each of twelve single starts missed
the best maximum in 17 to 49, these together in none; on 60 others 20 random starts found none
better.
"""

REACHED = (0, 8)
"""Exit codes of SLSQP: converged, and no further ascent within rounding."""

Climb = Callable[[Floats, Floats], "tuple[float, Floats] | None"]


def climber() -> Climb:
    """Return the function that estimates one observation, see `_climb`.

    Raises:
        BadUsage: the library arch is not installed.
    """
    try:
        univariate: Any = importlib.import_module("arch.univariate")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "arch":
            raise
        raise BadUsage.because(
            "missing-library",
            "the model `garch` needs the library arch, which is not installed",
            field="model",
            hint='install it: pip install "arch>=8"',
        ) from None

    class FromMean(univariate.GARCH):  # type: ignore[misc]
        """GARCH whose first variance is the mean square of the residuals it is given.

        The library would start from a fixed guess; then the likelihood would depend on a smoothing
        constant that is no parameter of the model.
        """

        def compute_variance(
            self, parameters: Floats, resids: Floats, sigma2: Floats, _: float, var_bounds: Floats
        ) -> Floats:
            omega, alpha, beta = parameters
            # The library's first variance is ω + (α₁ + β₁) · backcast.
            backcast = (resids @ resids / len(resids) - omega) / max(alpha + beta, 1e-12)
            variance: Floats = super().compute_variance(
                parameters, resids, sigma2, backcast, var_bounds
            )
            return variance

    def climb(y: Floats, x: Floats) -> tuple[float, Floats] | None:
        return _climb(univariate, FromMean, y, x)

    return climb


def _climb(univariate: Any, process: Any, y: Floats, x: Floats) -> tuple[float, Floats] | None:
    """Return log-likelihood and (height at x = 0, slope, ω, α₁, β₁), or None without a maximum.

    Args:
        univariate: the library.
        process: the variance process.
        y: (m,) responses in units of their residual standard deviation.
        x: (m,) the regressor, centred.
    """
    best: tuple[float, Floats] | None = None
    scale = np.sqrt(x @ x / len(x))
    model = univariate.LS(
        y, x / scale, volatility=process(1, 0, 1), distribution=univariate.Normal(), rescale=False
    )
    first = [y.mean(), (x @ y) / (x @ x) * scale]
    for alpha, beta in STARTS:
        found = model.fit(
            starting_values=np.array([*first, 1.0 - alpha - beta, alpha, beta]),
            update_freq=0,
            disp="off",
            show_warning=False,
            options={"ftol": 1e-12, "maxiter": 500},
        )
        value = float(found.loglikelihood)
        if found.convergence_flag in REACHED and (best is None or value > best[0]):
            best = value, np.array(found.params, dtype=np.float64)
    if best is not None:
        best[1][1] /= scale
    return best
