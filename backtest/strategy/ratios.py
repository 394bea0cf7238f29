"""Sharpe and Sortino ratios with standard errors that know of autocorrelation.

Both are a mean over a root, θ = μ / √v, with v the variance (Sharpe) or the mean square of the
returns below zero (Sortino). By the delta method √T (θ̂ − θ) has the long-run variance of

    ψ_t = (r_t − μ) / √v − θ/2 · (u_t / v − 1),    u_t = (r_t − μ)² or min(r_t, 0)²,

which is Lo's (2002, eq. 13–15) generalised method of moments, one line instead of matrices. It is
summed as Newey & West (1987) do, with Bartlett weights up to lag ⌊4 (T/100)^(2/9)⌋. At lag 0 and
with normal returns it is Lo's √((1 + θ²/2) / T).

A ratio a session becomes one a year by √q, which takes returns for uncorrelated. With
autocorrelations ρ_k it is (Lo 2002, eq. 20)

    η(q) = q / √(q + 2 Σ_k (q − k) ρ_k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Floats

SESSIONS_A_YEAR = 252
FEWEST = 3
"""Sessions below which no error of a ratio is estimated."""

FEW = f"needs at least {FEWEST} sessions"
NO_SPREAD = "the returns do not vary"
NO_LOSS = "no session lost anything"

_NOTHING = float("nan")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of mean to risk, a year of 252 sessions, or why there is none.

    Attributes:
        value: √252 times that of a session, as everybody quotes it.
        std_error: of `value`, Newey–West; NaN where `reason` says why.
        simple_error: of `value` were returns independent and normal.
        adjusted: η(252) times that of a session: what autocorrelation leaves of `value`.
        each: of a session, `value` / √252.
        lags: of the autocorrelations that `std_error` and `adjusted` know of.
        reason: why it is not defined; None where it is.
    """

    value: float = _NOTHING
    std_error: float = _NOTHING
    simple_error: float = _NOTHING
    adjusted: float = _NOTHING
    each: float = _NOTHING
    lags: int = 0
    reason: str | None = None


def sharpe(returns: Floats) -> Ratio:
    """Return mean over standard deviation (ddof 1) of (S,) session returns, none missing."""
    if len(returns) < FEWEST:
        return Ratio(reason=FEW)
    deviations = returns - returns.mean()
    spread = float(returns.std(ddof=1))
    # A constant's mean is not exactly the constant.
    if spread <= 1e-12 * float(np.abs(returns).max(initial=0.0)):
        return Ratio(reason=NO_SPREAD)
    return _ratio(returns, deviations**2, spread)


def sortino(returns: Floats) -> Ratio:
    """Return mean over downside deviation of (S,) session returns, none missing.

    The downside deviation is √mean(min(r, 0)²) over all sessions (Sortino & Price 1994), those that
    gained counting as zero.
    """
    if len(returns) < FEWEST:
        return Ratio(reason=FEW)
    below = np.minimum(returns, 0.0) ** 2
    risk = float(np.sqrt(below.mean()))
    if not risk:
        return Ratio(reason=NO_LOSS)
    return _ratio(returns, below, risk)


def lags_of(sessions: int) -> int:
    """Return ⌊4 (T/100)^(2/9)⌋ (Newey & West 1994), at most T − 1."""
    return min(int(4.0 * (sessions / 100.0) ** (2.0 / 9.0)), sessions - 1)


def eta(correlations: Floats, periods: int = SESSIONS_A_YEAR) -> float:
    """Return η(q), by which a ratio a session becomes one a year (Lo 2002, eq. 20).

    Args:
        correlations: (K,) autocorrelations from lag 1 on; those beyond K count as zero.
        periods: q, sessions a year.

    Returns:
        The factor; NaN where the correlations leave the sum of q returns no variance.
    """
    known = correlations[: periods - 1]
    variance = periods + 2.0 * float((periods - np.arange(1, len(known) + 1)) @ known)
    return periods / float(np.sqrt(variance)) if variance > 0.0 else _NOTHING


def autocorrelations(returns: Floats, lags: int) -> Floats:
    """Return (lags,) sample autocorrelations, each over the variance of all sessions."""
    deviations = returns - returns.mean()
    total = float(deviations @ deviations)
    return np.array([float(deviations[k:] @ deviations[:-k]) / total for k in range(1, lags + 1)])


def long_run_variance(values: Floats, lags: int) -> float:
    """Return Σ_{|k| ≤ lags} (1 − |k|/(lags + 1)) γ_k of (T,) values with mean zero."""
    count = len(values)
    total = float(values @ values)
    for lag in range(1, lags + 1):
        total += 2.0 * (1.0 - lag / (lags + 1.0)) * float(values[lag:] @ values[:-lag])
    return total / count


def _ratio(returns: Floats, squares: Floats, risk: float) -> Ratio:
    """Return mean over `risk`, whose square is the mean of (S,) `squares` but for ddof."""
    count, year = len(returns), float(np.sqrt(SESSIONS_A_YEAR))
    mean, level = float(returns.mean()), float(squares.mean())
    each, lags = mean / risk, lags_of(count)
    influence = (returns - mean) / np.sqrt(level) - each / 2.0 * (squares / level - 1.0)
    error = float(np.sqrt(max(long_run_variance(influence, lags), 0.0) / count))
    varies = float(np.ptp(returns)) > 0.0
    factor = eta(autocorrelations(returns, lags)) if varies else _NOTHING
    return Ratio(
        value=year * each,
        std_error=year * error,
        simple_error=year * float(np.sqrt((1.0 + each**2 / 2.0) / count)),
        adjusted=factor * each,
        each=each,
        lags=lags,
    )
