"""What a book of trades earned and at which risk, from its session returns and its trades.

Conventions are those of the libraries that practitioners use: a year has 252 sessions, the annual
return is compounded, volatility has ddof 1 and grows with √252 (docs/methods.md, Performance).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from backtest.engine.arrays import Floats
from backtest.strategy.deflated import Deflated, deflated
from backtest.strategy.drawdown import Drawdown, drawdown, falls
from backtest.strategy.ratios import SESSIONS_A_YEAR, Ratio, sharpe, sortino

_NOTHING = float("nan")
_EMPTY = np.empty(0)


@dataclass(frozen=True, slots=True)
class Book:
    """What the measures are made of.

    Attributes:
        returns: (S,) net profit of each session over the equity before it; no NaN, unless the
            equity was lost: then NaN from that session on.
        trades: (N,) net profit of each filled trade, in money.
        traded: (S,) money bought plus money sold, over the equity before the session.
        exposure: (S,) gross position at the close, and of the session alone, over the equity.
        below: (S,) how far the equity is below its highest value so far; None for what `returns`
            make of it.
        lost: a sentence where the equity fell to nothing or below, with the day; None where not.
    """

    returns: Floats
    trades: Floats
    traded: Floats
    exposure: Floats
    below: Floats | None = None
    lost: str | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """What a book earned; decimals, a year of 252 sessions. NaN where nothing defines it.

    A book that lost its capital has trades and a drawdown, and no measure that is a share of its
    equity: no return, volatility, turnover, exposure or ratio.

    Attributes:
        sessions, trades: how many of each.
        total_return, annual_return: compounded.
        volatility: a year.
        drawdown: the deepest and the longest fall.
        turnover: money bought plus money sold a year, over the equity.
        exposure: gross position over the equity, mean over sessions.
        invested: share of the sessions that had one.
        hit_rate: share of the trades with a gain.
        average_win, average_loss: of the trades that gained, that lost; money.
        sharpe, sortino: with standard errors.
        deflated: probabilistic and deflated Sharpe ratio.
        lost: `Book.lost`, why there are no measures of its equity.
    """

    sessions: int
    trades: int
    total_return: float
    annual_return: float
    volatility: float
    drawdown: Drawdown
    turnover: float
    exposure: float
    invested: float
    hit_rate: float
    average_win: float
    average_loss: float
    sharpe: Ratio
    sortino: Ratio
    deflated: Deflated
    lost: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, None for what is not defined."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def measure(book: Book, *, trials: int = 1, scores: Floats = _EMPTY) -> Measures:
    """Measure a book.

    Args:
        book: its sessions and trades.
        trials: strategies tried so far on such data, this one among them.
        scores: (R,) `deflated.score` of those trials, as far as known.
    """
    returns, years = book.returns, len(book.returns) / SESSIONS_A_YEAR
    # NaN, and so is all that follows from it, where the capital was lost.
    wealth = float(np.prod(1.0 + returns))
    none = Ratio(reason=book.lost)
    won, lost = book.trades[book.trades > 0.0], book.trades[book.trades < 0.0]
    return Measures(
        sessions=len(returns),
        trades=len(book.trades),
        total_return=wealth - 1.0,
        annual_return=_annual(wealth, years),
        volatility=float(returns.std(ddof=1) * np.sqrt(SESSIONS_A_YEAR))
        if len(returns) > 1
        else _NOTHING,
        drawdown=drawdown(returns) if book.below is None else falls(book.below),
        turnover=float(book.traded.sum()) / years if years else _NOTHING,
        exposure=_mean(book.exposure),
        invested=_NOTHING if book.lost else _mean((book.exposure > 0.0).astype(np.float64)),
        hit_rate=len(won) / len(book.trades) if len(book.trades) else _NOTHING,
        average_win=_mean(won),
        average_loss=_mean(lost),
        sharpe=none if book.lost else sharpe(returns),
        sortino=none if book.lost else sortino(returns),
        deflated=Deflated(trials=trials, reason=book.lost)
        if book.lost
        else deflated(returns, trials, scores),
        lost=book.lost,
    )


def _annual(wealth: float, years: float) -> float:
    """Return the compound rate; −1 where nothing is left, NaN where `wealth` is not known."""
    if not years or not np.isfinite(wealth):
        return _NOTHING
    return wealth ** (1.0 / years) - 1.0 if wealth > 0.0 else -1.0


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else _NOTHING


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
