"""How likely it is that a Sharpe ratio is skill, given how many strategies were tried.

All ratios here are of a session, not of a year. The probabilistic Sharpe ratio is the probability
that the true one exceeds a benchmark (Bailey & López de Prado 2012, eq. 10–11):

    PSR(SR*) = Φ[(SR − SR*) √(T − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 · SR²)].

The best of N worthless strategies has an expected Sharpe ratio above zero. With V the variance of
their ratios and γ Euler's constant it is about (Bailey & López de Prado 2014, eq. 1)

    SR₀ = √V [(1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))],

and the deflated Sharpe ratio is PSR(SR₀). Trials have run over different numbers of sessions T_i,
and a ratio of few sessions varies more; so V is the variance of their scores SR_i √(T_i − 1), over
T − 1, which is that of the ratios where all T_i are T. N counts trials as if they were independent:
near copies of one strategy count in full, which makes SR₀ too high rather than too low.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy.ratios import sharpe

_NOTHING = float("nan")

FEW_TRIALS = 2
"""Trials below which their ratios have no variance of their own."""


@dataclass(frozen=True, slots=True)
class Deflated:
    """A strategy's Sharpe ratio against chance and against the number of trials.

    Attributes:
        psr: probability that the true ratio is above zero.
        dsr: probability that it is above `threshold`.
        threshold: SR₀ of a session, what the best of `trials` worthless ones is expected to have.
        trials: strategies tried, this one among them.
        variance: V, of their ratios of a session.
        assumed: whether V is that of the estimate, 1 / (T − 1), for want of other trials' scores.
        skewness, kurtosis: of the returns, population moments; 3 is the normal kurtosis.
        reason: why none of it is defined; None where it is.
    """

    psr: float = _NOTHING
    dsr: float = _NOTHING
    threshold: float = _NOTHING
    trials: int = 1
    variance: float = _NOTHING
    assumed: bool = False
    skewness: float = _NOTHING
    kurtosis: float = _NOTHING
    reason: str | None = None


def deflated(returns: Floats, trials: int, scores: Floats) -> Deflated:
    """Deflate a strategy's Sharpe ratio.

    Args:
        returns: (S,) of the strategy by session, none missing.
        trials: strategies tried, this one among them.
        scores: (R,) `score` of those trials of which it is known; NaN for one that has none.
    """
    own = sharpe(returns)
    if own.reason:
        return Deflated(trials=trials, reason=own.reason)
    skewness, kurtosis = moments(returns)
    known = scores[np.isfinite(scores)]
    assumed = len(known) < FEW_TRIALS
    variance = (1.0 if assumed else float(known.var(ddof=1))) / (len(returns) - 1)
    threshold = expected_best(trials, variance)
    shape = (len(returns), skewness, kurtosis)
    return Deflated(
        psr=probabilistic(own.each, 0.0, *shape),
        dsr=probabilistic(own.each, threshold, *shape),
        threshold=threshold,
        trials=trials,
        variance=variance,
        assumed=assumed,
        skewness=skewness,
        kurtosis=kurtosis,
    )


def score(ratio: float, sessions: int) -> float:
    """Return SR √(T − 1), which is near normal with variance 1 for a worthless strategy."""
    return ratio * float(np.sqrt(max(sessions - 1, 0)))


def probabilistic(
    ratio: float, benchmark: float, sessions: int, skewness: float = 0.0, kurtosis: float = 3.0
) -> float:
    """Return PSR, the probability that a true ratio is above a benchmark.

    Args:
        ratio, benchmark: Sharpe ratios of a session.
        sessions: T, that `ratio` was estimated from.
        skewness, kurtosis: of the returns; 0 and 3 are those of the normal distribution.
    """
    from scipy.special import ndtr

    spread = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
    # By γ₄ ≥ 1 + γ₃² it is (1 − γ₃ SR/2)² or more for moments of one sample: zero at the least.
    if spread <= 0.0:
        return float(ratio > benchmark)
    return float(ndtr((ratio - benchmark) * np.sqrt((sessions - 1) / spread)))


def expected_best(trials: int, variance: float) -> float:
    """Return SR₀ of a session: what the best of so many worthless strategies is expected to have.

    It is 0 for a single trial, which was not chosen among any.
    """
    from scipy.special import ndtri

    if trials < FEW_TRIALS:
        return 0.0
    usual = (1.0 - np.euler_gamma) * -ndtri(1.0 / trials)
    rare = np.euler_gamma * -ndtri(1.0 / (trials * np.e))
    return float(np.sqrt(variance) * (usual + rare))


def moments(returns: Floats) -> tuple[float, float]:
    """Return the skewness and the kurtosis (3 for a normal) of (S,) returns that vary."""
    deviations = returns - returns.mean()
    standard = deviations / np.sqrt((deviations**2).mean())
    return float((standard**3).mean()), float((standard**4).mean())
