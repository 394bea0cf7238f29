"""The in-space placebo test: an event's place among donors that had none (METHODS §7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import SMALLEST_SIGMA, Weighing
from backtest.engine.donors import FEWEST, Donors, donors_of
from backtest.engine.event_test import EventOutcome, EventSample
from backtest.engine.placebo_share import MIN_DRAWS, placebo_share
from backtest.engine.simplex_least_squares import simplex_fits

NOT_WEIGHED = "the model weighs no donors; `synthetic` does"
FEW = f"fewer than {MIN_DRAWS} donors can serve as placebos"

PLACEBOS = 199
"""Donors that are fitted, drawn from all; p comes in steps of 1/200."""

SEED = 20_100_630


class InSpace:
    """CAR over the error of the fit among those of donors, p = (1 + #{|c_j| ≥ |c|})/(B + 1).

    Each placebo is a donor with a synthetic control of its own, of the event's other donors on the
    same days; the event's security is none of them, nor is who moves with the placebo. The ratio
    to the error of the fit makes good and bad fits comparable (Abadie, Diamond & Hainmueller 2010
    take that of mean squares; a sum keeps to the CAR that is tested), so no badly fitted placebo is
    dropped. The error is s of METHODS §4, which divides by M − K: a root mean square is too small
    by what K weights fit of it, and K goes from a few to two hundred among the donors of one day.
    Of more than `PLACEBOS` donors so many are drawn, the same for equal donors. Placebos
    with the same statistic, such as one security under two names, count once.
    """

    key = "in_space"
    title = "placebo events of the donors, same days; of single events, model synthetic"
    source = "Abadie, Diamond & Hainmueller 2010"
    formula = "p = (1 + #|c_j| ≥ |c|)/(B + 1),  c = CAR / s of the fit, c_j the same of donor j"
    robust_to = frozenset({"clustering", "non-normality"})

    def run(self, events: EventSample) -> EventOutcome:
        """Test every CAR; the statistic is CAR / s."""
        shape = events.car.shape
        n, statistic, p = np.zeros(shape, np.int64), np.full(shape, np.nan), np.full(shape, np.nan)
        if events.block.pool is None or not isinstance(events.model, Weighing):
            return EventOutcome.of(n, statistic, p, {NOT_WEIGHED: np.ones(shape, np.bool_)})
        statistic = events.car / events.fit.sigma[:, None]
        for donors in donors_of(events.block.pool, events.block):
            tested = np.flatnonzero(events.usable[donors.places])
            patterns, pattern = np.unique(donors.peers[tested], axis=0, return_inverse=True)
            for number, peers in enumerate(patterns):
                everybody = _Placebos.among(donors, peers)
                for at in tested[pattern.ravel() == number]:
                    place = int(donors.places[at])
                    placebos = everybody.without(peers & ~donors.allowed[at])
                    sums = _sums(events, place, placebos.abnormal) / placebos.sigma[:, None]
                    share = placebo_share(statistic[place], sums)
                    n[place], p[place] = share.n, share.p
        few = (n < MIN_DRAWS) & np.isfinite(events.car)
        return EventOutcome.of(n, statistic, p, {FEW: few})


@dataclass(frozen=True, slots=True)
class _Placebos:
    """Placebo events, B of them, for all events of one day with the same candidates.

    Attributes:
        donors: the day and its k candidates.
        drawn: (B,) which of them are placebos.
        may: (B, k) who may be a donor of each.
        weights: (B, k); 0 throughout for a placebo that could not be fitted, and then
        abnormal: (B, L), and
        sigma: (B,) of the fit, are NaN.
    """

    donors: Donors
    drawn: Ints
    may: Bools
    weights: Floats
    abnormal: Floats
    sigma: Floats

    @classmethod
    def among(cls, donors: Donors, peers: Bools) -> _Placebos:
        """Draw placebos among some (k,) of the candidates and fit them."""
        drawn = _drawn(np.flatnonzero(peers))
        may = donors.unlike(drawn) & peers
        may[np.arange(len(drawn)), drawn] = False
        return cls._fitted(donors, drawn, may)

    @classmethod
    def _fitted(cls, donors: Donors, drawn: Ints, may: Bools) -> _Placebos:
        weights = np.zeros(may.shape)
        abnormal = np.full((len(drawn), donors.day.event.shape[1]), np.nan)
        sigma = np.full(len(drawn), np.nan)
        past, ahead = donors.past, donors.day.event[donors.rows].T
        enough = np.flatnonzero(may.sum(axis=1) >= FEWEST)
        fits = simplex_fits(past[:, drawn[enough]].T, past, 0.0, may[enough]) if len(enough) else ()
        for at, fit in zip(enough, fits, strict=True):
            errors, after = (one[:, drawn[at]] - fit.expected(one) for one in (past, ahead))
            dof = len(errors) - fit.free
            size = float(np.sqrt(np.einsum("m,m->", errors, errors) / dof)) if dof > 0 else 0.0
            if fit.certified and size >= SMALLEST_SIGMA:
                weights[at], abnormal[at], sigma[at] = fit.weights, after, size
        return cls(donors, drawn, may, weights, abnormal, sigma)

    def without(self, barred: Bools) -> _Placebos:
        """Return the placebos of an event of which some (k,) are no donors.

        An optimum that gives them no weight is the optimum without them, so only others are fitted
        again: events of one day have most in common.
        """
        kept = np.flatnonzero(~barred[self.drawn])
        again = kept[(self.weights[np.ix_(kept, np.flatnonzero(barred))] > 0).any(axis=1)]
        if not len(again):
            return replace(self, abnormal=self.abnormal[kept], sigma=self.sigma[kept])
        fitted = self._fitted(self.donors, self.drawn[again], self.may[again] & ~barred)
        abnormal, sigma = self.abnormal.copy(), self.sigma.copy()
        abnormal[again], sigma[again] = fitted.abnormal, fitted.sigma
        return replace(self, abnormal=abnormal[kept], sigma=sigma[kept])


def _drawn(candidates: Ints) -> Ints:
    """Return at most `PLACEBOS` of some places, in their order."""
    if len(candidates) <= PLACEBOS:
        return candidates
    rng = np.random.default_rng([SEED, len(candidates)])
    return np.sort(rng.choice(candidates, PLACEBOS, replace=False))


def _sums(events: EventSample, place: int, abnormal: Floats) -> Floats:
    """Return (B, W) CARs of placebos, over the days of each window on which the event has an AR."""
    present = np.isfinite(events.abnormal[place])
    out = np.empty((len(abnormal), len(events.spec.cars)))
    for at, car in enumerate(events.spec.cars):
        days = events.days(car)
        out[:, at] = abnormal[:, days][:, present[days]].sum(axis=1)
    return out


TEST = InSpace()
