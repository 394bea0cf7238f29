"""The capital that a strategy starts with, as it is asked for."""

from __future__ import annotations

from backtest.errors import BadUsage

MOST = 1e18
"""More than there is of any currency; beyond it a figure is a slip."""


def refuse_capital(capital: float) -> None:
    """Refuse what no strategy can start with.

    Raises:
        BadUsage: nothing, less, no number, or more than there is.
    """
    # NaN is in no order with any number.
    if not 0.0 < capital <= MOST:
        raise BadUsage.because(
            "bad-capital",
            f"capital is {capital:g}",
            field="capital",
            hint=f"name an amount of money above 0, at most {MOST:g}, for example 1000000",
        )
