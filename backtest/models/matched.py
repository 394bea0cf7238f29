"""Matched controls: E[R] = mean return of securities like it (Barber & Lyon 1997).

An event's security is compared with the ten that are nearest to it among all securities of the
price source. Rules 1 to 4, who is a candidate, are those of `engine.donors`: complete data, no
event nearby, no fund in disguise, the same sector where that is given. Then

5. Nearest by Gower's (1971) distance: the mean over the characteristics that are known of both, of
   the difference over its standard deviation among the candidates of that day and sector.
   Characteristics are β on the benchmark, estimated on the estimation window, and the logarithm of
   the market value on the session before the event window.

The controls weigh equally and are the same on all days, chosen without a look at the event window
but for rule 1. Nothing is estimated of the expected return, K = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import COLLINEAR, Block, Fit, variance
from backtest.engine.donors import Day, event_days, line, others, pool_of

CONTROLS = 10
"""Securities in the control portfolio; fewer where there are no more candidates."""

NO_CONTROLS = "no security of the price source can serve as a control"
NO_PEERS = "no security of its sector in the price source can serve as a control"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The controls of one observation: rows (k,) and mean distances (NaN where not known)."""

    rows: Ints
    beta: float
    beta_distance: float
    size_distance: float


class MatchedModel:
    """The equal-weighted return of up to ten control securities; s² as in `market_adjusted`.

    `coefficients` tell the security's `beta`, the number of `controls`, and how far they are from
    it on average: `beta_distance`, and `log_size_distance` where market values are known.
    """

    key = "matched"
    title = (
        "mean return of the 10 securities nearest in beta and size, of its sector where that is "
        "given, without events or funds"
    )
    source = "Barber & Lyon 1997"
    formula = "E[R] = (1/k) Σ_j R_j over the k = 10 matched control securities j"
    robust_to = frozenset({"size premium"})
    regressors = ("market",)
    needs_pool = True

    def fit(self, block: Block) -> Fit:
        """Choose the controls of each observation; AR is what it returns above them."""
        pool = pool_of(block, self.key)
        count = len(block.event)
        expected, residuals = (
            np.full_like(block.event, np.nan),
            np.full_like(block.estimation, np.nan),
        )
        n_obs = np.zeros(count, dtype=np.int64)
        told = np.full((4, count), np.nan)
        for day, places in event_days(pool, block):
            spread = _spread(day.beta[day.usable]), _spread(day.log_size[day.usable])
            for place in places:
                own = block.estimation[place]
                valid = np.isfinite(own) & np.isfinite(day.market)
                n_obs[place] = valid.sum()
                size = float(pool.log_size[block.group[place], pool.own[place]])
                one = _choose(day, spread, own, valid, size, pool.barred[place])
                told[:, place] = one.beta, len(one.rows), one.beta_distance, one.size_distance
                if len(one.rows):
                    expected[place] = day.event[one.rows].mean(axis=0)
                    controls = day.estimation[one.rows].mean(axis=0)
                    residuals[place] = np.where(valid, own - controls, np.nan)
        within = pool.sector[pool.own] >= 0
        return _fit(expected, residuals, n_obs, told, within)


def _fit(expected: Floats, residuals: Floats, n_obs: Ints, told: Floats, within: Bools) -> Fit:
    """Return the fit of a model without coefficients: s² about the mean residual, M − 1.

    `within` (n,) is whether only a sector was looked through.
    """
    present = np.isfinite(residuals)
    mean = np.where(present, residuals, 0.0).sum(axis=1) / np.maximum(n_obs, 1)
    centred = np.where(present, residuals - mean[:, None], 0.0)
    dof = n_obs - 1
    sigma, unusable = variance(np.einsum("nm,nm->n", centred, centred), dof)
    alone = told[1] == 0
    unmatched = alone & np.isfinite(told[0])
    names = ("beta", "controls", "beta_distance", "log_size_distance")
    return Fit(
        expected=expected,
        residuals=residuals,
        n_obs=n_obs,
        dof=dof,
        sigma=np.where(alone, np.nan, sigma),
        scaled_design=np.zeros((*expected.shape, 0)),
        coefficients=dict(zip(names, told, strict=True)),
        r_squared=np.full(len(n_obs), np.nan),
        unusable={
            COLLINEAR: np.isnan(told[0]) & (dof > 0),
            NO_PEERS: unmatched & within,
            NO_CONTROLS: unmatched & ~within,
            **unusable,
        },
    )


def _choose(
    day: Day, spread: tuple[float, float], own: Floats, valid: Bools, size: float, barred: Bools
) -> Chosen:
    """Return the nearest candidates of one observation; none where it has no β.

    `spread` is the standard deviation of each characteristic among the candidates.
    """
    slope, _ = line(own[None], day.market, valid)
    beta = float(slope[0])
    usable = day.usable & ~barred & np.isfinite(beta)
    apart = np.abs(day.beta - beta), np.abs(day.log_size - size)
    terms = np.stack([one / unit for one, unit in zip(apart, spread, strict=True)])
    known = np.isfinite(terms)
    distance = np.where(known, terms, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    candidates = np.flatnonzero(usable)
    ranked = candidates[np.argsort(distance[candidates], kind="stable")]
    rows = _nearest(day, own, valid, ranked)
    return Chosen(rows, beta, _mean(apart[0][rows]), _mean(apart[1][rows]))


def _nearest(day: Day, own: Floats, valid: Bools, ranked: Ints) -> Ints:
    """Return the first candidates that are not the security itself in another form."""
    found = np.empty(0, dtype=np.int64)
    # Few are: looking at the nearest only is many times faster than at everybody.
    for begin in range(0, len(ranked), 2 * CONTROLS):
        some = ranked[begin : begin + 2 * CONTROLS]
        found = np.append(found, others(day, own, valid, some))
        if len(found) >= CONTROLS:
            break
    return found[:CONTROLS]


def _spread(values: Floats) -> float:
    """Return the standard deviation of what is known; 1 where that says nothing."""
    known = values[np.isfinite(values)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return spread if spread > 0.0 else 1.0


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


MODEL = MatchedModel()
