"""Synthetic control: E[R] = the portfolio of other securities that came nearest to it before.

Weights w ≥ 0 that sum to 1 minimise ‖y − X w‖² over the estimation window, y being the daily
returns of the event's security and X those of the donors: every security of the price source that
the rules of `engine.donors` let in, hundreds or thousands of them (METHODS §7, with ζ = 0). The
optimum is certified: where the duality gap is more than 1e-8 of what is left unexplained, the
observation is excluded with that reason.

Freedom. The fit is the projection of y on the donors' convex hull, whose degrees of freedom are the
expected dimension of the face it falls on (Meyer & Woodroofe 2000; Tibshirani & Taylor 2012): with
k donors of positive weight K = k − 1, the weights that are free once their sum is given. So
s² = Σ e² / (M − K), with K at least 1 as where nothing is estimated, and errors are not centred:
without a constant, a mean error is an error of the fit. The forecast variance is that of least
squares on the face, s² (1 + z_τ (Z'Z)⁻¹ z_τ'), Z being the differences of its donors to one of
them. That takes the face as given.

Meyer, M. & Woodroofe, M. (2000). On the degrees of freedom in shape-restricted regression. Annals
of Statistics 28, 1083–1104.
Tibshirani, R. J. & Taylor, J. (2012). Degrees of freedom in lasso problems. Annals of Statistics
40, 1198–1232.
"""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Bools, Floats
from backtest.engine.block import COLLINEAR, NO_VARIANCE, Block, Fit, variance
from backtest.engine.donors import FEWEST, pool_of
from backtest.engine.simplex_least_squares import CERTIFIED
from backtest.models._portfolios import Portfolio, Weighed, weighed

NO_DONORS = f"fewer than {FEWEST} securities of the price source can serve as donors"
NO_PEERS = f"fewer than {FEWEST} securities of its sector in the price source can serve as donors"
UNCERTIFIED = f"no weights of the donors could be certified to be optimal within {CERTIFIED:g}"

TOLD = ("candidates", "donors", "largest_weight", "rmse", "kkt_gap")
"""Coefficients: securities that might have a weight and that have one, the largest weight, root
mean squared error of the estimation window (daily), relative duality gap."""


class SyntheticControl:
    """The donors' weighted return; `coefficients` (`TOLD`) say how near and how certain it is."""

    key = "synthetic"
    title = "synthetic control: the portfolio of untreated securities nearest in daily returns"
    source = "Abadie, Diamond & Hainmueller 2010"
    formula = "E[R] = Σ_j w_j R_j, w ≥ 0 and Σ w = 1 the nearest to R in the estimation window"
    robust_to = frozenset({"common factors"})
    regressors = ("market",)
    needs_pool = True
    weighs_donors = True

    def fit(self, block: Block) -> Fit:
        """Weigh the donors of each observation; AR is what it returns above their portfolio."""
        pool = pool_of(block, self.key)
        ordered = sorted(weighed(pool, block), key=lambda one: one.place)
        return _fit(ordered, block, pool.sector[pool.own] >= 0)


def _fit(observations: list[Weighed], block: Block, within: Bools) -> Fit:
    """Put the portfolios together; `within` (n,) is whether only a sector was looked through."""
    count, length = block.event.shape
    expected, residuals = np.full_like(block.event, np.nan), np.full_like(block.estimation, np.nan)
    design = np.zeros((count, length, length))
    told = np.full((len(TOLD), count), np.nan)
    free = np.ones(count, dtype=np.int64)
    for one in observations:
        told[0, one.place] = one.candidates
        if one.portfolio is not None:
            expected[one.place] = one.portfolio.expected
            residuals[one.place, one.portfolio.days] = one.portfolio.errors
            design[one.place] = one.portfolio.scaled_design()
            told[1:, one.place] = _told(one.portfolio)
            free[one.place] = one.portfolio.free
    n_obs = np.array([one.days for one in observations], dtype=np.int64)
    squares = np.where(np.isfinite(residuals), residuals, 0.0)
    sigma, unusable = variance(np.einsum("nm,nm->n", squares, squares), n_obs - free)
    lacking = _lacking(observations, within)
    still = np.array([one.still for one in observations], dtype=np.bool_) & (n_obs > 1)
    unusable[NO_VARIANCE] = unusable[NO_VARIANCE] | still
    barred = np.logical_or.reduce([*lacking.values(), *unusable.values()])
    return Fit(
        expected=expected,
        residuals=residuals,
        n_obs=n_obs,
        dof=n_obs - free,
        sigma=np.where(barred, np.nan, sigma),
        scaled_design=design,
        coefficients=dict(zip(TOLD, told, strict=True)),
        r_squared=_r_squared(block.estimation, residuals),
        unusable={**lacking, **unusable},
    )


def _told(portfolio: Portfolio) -> tuple[float, float, float, float]:
    """Return the coefficients after the first."""
    errors = portfolio.errors
    rmse = float(np.sqrt(np.einsum("m,m->", errors, errors) / len(errors)))
    return len(portfolio.weights), float(portfolio.weights.max()), rmse, portfolio.gap


def _lacking(observations: list[Weighed], within: Bools) -> dict[str, Bools]:
    """Return the reasons for which there are no weights, or none that are certain."""
    market_still = np.array([one.market_still and one.days > 1 for one in observations], np.bool_)
    few = np.array([one.candidates < FEWEST and one.days > 0 for one in observations], np.bool_)
    unproved = [one.portfolio is not None and not one.portfolio.certified for one in observations]
    return {
        COLLINEAR: market_still,
        NO_PEERS: few & within & ~market_still,
        NO_DONORS: few & ~within & ~market_still,
        UNCERTIFIED: np.array(unproved, dtype=np.bool_),
    }


def _r_squared(returns: Floats, residuals: Floats) -> Floats:
    """Return 1 − Σ e² / Σ (y − ȳ)² (n,), which may be negative; NaN without residuals."""
    used = np.isfinite(residuals)
    count = np.maximum(used.sum(axis=1), 1)
    own, errors = np.where(used, returns, 0.0), np.where(used, residuals, 0.0)
    centred = np.where(used, own - (own.sum(axis=1) / count)[:, None], 0.0)
    total = np.einsum("nm,nm->n", centred, centred)
    left = np.einsum("nm,nm->n", errors, errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(used.any(axis=1) & (total > 0), 1.0 - left / total, np.nan)


MODEL = SyntheticControl()
