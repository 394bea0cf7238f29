"""What may be concluded from a number of trades: mostly nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from backtest.strategy.kernel import Trades

ENOUGH = 30
"""Entry dates from which on a mean is worth a test; trades of one date share their luck."""


def verdict(made: Trades, lost: Sequence[str] = ()) -> str:
    """Say in a sentence what the trades prove.

    Args:
        made: the trades.
        lost: why each that was chosen besides was not traded.

    The t-value is that of the mean net return of the entry dates, each date one observation.
    """
    count = int(made.traded.sum())
    if not count:
        return f"Nothing was traded, so nothing can be concluded: {why_nothing(lost)}."
    dates, returns = _by_date(made)
    trades = f"{count} trade{'s' if count != 1 else ''} on {dates} date{'s' if dates != 1 else ''}"
    if dates < ENOUGH:
        return (
            f"Nothing can be concluded from {trades}: luck alone could give such a sum. It says "
            "what could have been earned, not what can be."
        )
    spread = float(returns.std(ddof=1))
    if not spread > 0.0:
        return f"Nothing can be concluded from {trades} that are all alike."
    t = float(returns.mean()) / spread * np.sqrt(dates)
    told = f"{trades}, t = {t:.2f} of the mean net return by date".replace("-", "−")
    return f"{told}; how many rules were tried before this one is not in it."


def why_nothing(lost: Sequence[str]) -> str:
    """Say why nothing was traded: the commonest reason, and how many share it."""
    if not lost:
        return "no announcement meets the condition"
    ((reason, count),) = Counter(lost).most_common(1)
    return f"{reason} ({count:,} of {len(lost):,} chosen)"


def _by_date(made: Trades) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return how many entry dates there are, and the net return on the money of each."""
    at = np.flatnonzero(made.traded)
    session, where = np.unique(made.main.entry[at] // 2, return_inverse=True)
    money = np.bincount(where, (np.abs(made.main.shares) * made.main.entry_price)[at])
    return len(session), np.bincount(where, made.net[at]) / money
