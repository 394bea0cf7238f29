"""Matched controls: E[R] = mean return of securities like it (Barber & Lyon 1997).

An event's security is compared with the ten that are nearest to it among all securities of the
price source. Rules, in this order:

1. A candidate has a return on every session of estimation and event window that has a market
   return, and its return is not constant.
2. It is neither a party of the same event, nor has it an event of its own in the study whose event
   window shares a session with this one's.
3. It is no index, the benchmark or a factor, and no fund in disguise: who moves with the benchmark
   (|correlation| ≥ 0.95 in the estimation window) is a fund of the market, who moves with the
   security itself is a share class or a leveraged fund of it.
4. It is of the same sector, where the user gives the sector of the event's security (blanks around
   a name and capitals aside); a security whose sector is not given is compared with all.
5. Nearest by Gower's (1971) distance: the mean over the characteristics that are known of both, of
   the difference over its standard deviation among the candidates of that day and sector.
   Characteristics are β on the benchmark, estimated on the estimation window, and the logarithm of
   the market value on the session before the event window.

The controls weigh equally and are the same on all days, chosen without a look at the event window
but for rule 1. Nothing is estimated of the expected return, K = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import COLLINEAR, Block, Fit, variance
from backtest.engine.pool import Candidates

CONTROLS = 10
"""Securities in the control portfolio; fewer where there are no more candidates."""

TOO_ALIKE = 0.95
"""Correlation of daily returns from which on two securities are the same thing."""

NO_CONTROLS = "no security of the price source can serve as a control"
NO_PEERS = "no security of its sector in the price source can serve as a control"


@dataclass(frozen=True, slots=True)
class Day:
    """The candidates of one event day, of one sector or all, P of them; NaN for who is none.

    Attributes:
        estimation: (P, M), and event: (P, L), returns.
        market: (M,) the benchmark's in the estimation window.
        usable: (P,) by the rules that all observations of the day share.
        beta, log_size: (P,) characteristics.
        spread: standard deviation of each characteristic among the candidates.
    """

    estimation: Floats
    event: Floats
    market: Floats
    usable: Bools
    beta: Floats
    log_size: Floats
    spread: tuple[float, float]

    def among(self, peers: Bools) -> Day:
        """Return the day with some (P,) of the candidates."""
        usable = self.usable & peers
        spread = (_spread(self.beta[usable]), _spread(self.log_size[usable]))
        return replace(self, usable=usable, spread=spread)


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
        pool = block.pool
        if pool is None:
            raise TypeError("matched: the block has no pool of securities")
        count = len(block.event)
        expected, residuals = (
            np.full_like(block.event, np.nan),
            np.full_like(block.estimation, np.nan),
        )
        n_obs = np.zeros(count, dtype=np.int64)
        told = np.full((4, count), np.nan)
        for day, places in _days(pool, block):
            for place in places:
                own = block.estimation[place]
                valid = np.isfinite(own) & np.isfinite(day.market)
                n_obs[place] = valid.sum()
                size = float(pool.log_size[block.group[place], pool.own[place]])
                one = _choose(day, own, valid, size, pool.barred[place])
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


def _days(pool: Candidates, block: Block) -> Iterator[tuple[Day, Ints]]:
    """Yield each event day with the candidates of one sector, and the observations they are for."""
    sector = pool.sector[pool.own]
    for group in np.unique(block.group):
        here = block.group == group
        everybody = _day(pool, block, int(group))
        for one in np.unique(sector[here]):
            day = everybody if one < 0 else everybody.among(pool.sector == one)
            yield day, np.flatnonzero(here & (sector == one))


def _day(pool: Candidates, block: Block, group: int) -> Day:
    """Apply the rules that do not depend on the observation."""
    market = block.regressors["market"]
    estimation, event = pool.cut(group)
    days = np.isfinite(market.estimation[group])
    complete = np.isfinite(estimation[:, days]).all(axis=1)
    complete &= np.isfinite(event[:, np.isfinite(market.event[group])]).all(axis=1)
    beta, correlation = _line(estimation, market.estimation[group], days)
    usable = pool.eligible & complete & (np.abs(correlation) < TOO_ALIKE)
    size = pool.log_size[group]
    spread = (_spread(beta[usable]), _spread(size[usable]))
    return Day(estimation, event, market.estimation[group], usable, beta, size, spread)


def _choose(day: Day, own: Floats, valid: Bools, size: float, barred: Bools) -> Chosen:
    """Return the nearest candidates of one observation; none where it has no β."""
    slope, _ = _line(own[None], day.market, valid)
    beta = float(slope[0])
    usable = day.usable & ~barred & np.isfinite(beta)
    apart = np.abs(day.beta - beta), np.abs(day.log_size - size)
    terms = np.stack([one / spread for one, spread in zip(apart, day.spread, strict=True)])
    known = np.isfinite(terms)
    distance = np.where(known, terms, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    candidates = np.flatnonzero(usable)
    ranked = candidates[np.argsort(distance[candidates], kind="stable")]
    rows = _others(day, own, valid, ranked)
    return Chosen(rows, beta, _mean(apart[0][rows]), _mean(apart[1][rows]))


def _others(day: Day, own: Floats, valid: Bools, ranked: Ints) -> Ints:
    """Return the first candidates that are not the security itself in another form."""
    found = np.empty(0, dtype=np.int64)
    # Few are: looking at the nearest only is many times faster than at everybody.
    for begin in range(0, len(ranked), 2 * CONTROLS):
        some = ranked[begin : begin + 2 * CONTROLS]
        _, alike = _line(day.estimation[some], own, valid)
        found = np.append(found, some[~(np.abs(alike) >= TOO_ALIKE)])
        if len(found) >= CONTROLS:
            break
    return found[:CONTROLS]


def _line(y: Floats, x: Floats, days: Bools) -> tuple[Floats, Floats]:
    """Return slope on x and correlation with it of each row of y (P, M) on some days; else NaN."""
    x = x[days]
    y = y[:, days]
    if len(x) < 2:
        return np.full(len(y), np.nan), np.full(len(y), np.nan)
    x = x - x.mean()
    y = y - y.mean(axis=1, keepdims=True)
    cross = np.einsum("pm,m->p", y, x)
    squares, own = float(np.einsum("m,m->", x, x)), np.einsum("pm,pm->p", y, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return cross / squares, cross / np.sqrt(squares * own)


def _spread(values: Floats) -> float:
    """Return the standard deviation of what is known; 1 where that says nothing."""
    known = values[np.isfinite(values)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return spread if spread > 0.0 else 1.0


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


MODEL = MatchedModel()
