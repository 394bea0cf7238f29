"""What a trade made beyond what the study's model expected between the same two auctions."""

from __future__ import annotations

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy.bars import TradeBars
from backtest.strategy.kernel import Trades

LINES = ("market", "market_adjusted", "mean", "ewls", "huber", "theil_sen")
"""Models whose expected return is α + β · (return of the benchmark)."""


def abnormal_pnl(made: Trades, benchmark: int, alpha: Floats, beta: Floats) -> Floats:
    """Return (N,) gross P&L less side · money · (α · days + β · R_m), NaN where unknown.

    R_m is the benchmark's total return from the auction of the entry to that of the exit; the days
    are the auctions between, halved, so that a day from open to close counts a half. The expected
    return thus never covers a gap that the trade did not have.

    Args:
        made: N trades.
        benchmark: row of the benchmark, −1 for none.
        alpha, beta: (N,) coefficients of the study, estimated before the event.
    """
    if benchmark < 0:
        return np.full(len(alpha), np.nan)
    bars, leg = made.bars, made.main
    expected = alpha * (leg.exit - leg.entry) / 2.0 + beta * _market(bars, benchmark, made)
    money = leg.shares * leg.entry_price
    return np.asarray(np.where(made.traded, made.gross - money * expected, np.nan))


def _market(bars: TradeBars, benchmark: int, made: Trades) -> Floats:
    """Return (N,) the benchmark's return with dividends between the auctions of each trade."""
    first, last = made.main.sessions
    into = bars.auctions[benchmark, made.main.entry]
    out_of = np.where(
        made.main.closed, bars.auctions[benchmark, made.main.exit], bars.marks[benchmark, last]
    )
    paid = bars.paid[benchmark, last] - bars.paid[benchmark, first]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((out_of + paid) / into - 1.0)
