"""Dividends that follow from closes with and without them."""

from __future__ import annotations

import numpy as np

from backtest.strategy.bar_source import _implied


def test_a_dividend_follows_from_two_closes() -> None:
    """2 of 100 are paid in the third session: closes before it are worth 0.98 of themselves."""
    close = np.array([[100.0, 100.0, 98.0, 99.0]])
    adjusted = np.array([[98.0, 98.0, 98.0, 99.0]])
    np.testing.assert_allclose(_implied(close, adjusted), [[0.0, 0.0, 2.0, 0.0]])


def test_a_session_with_one_close_alone_pays_nothing() -> None:
    """What the price did meanwhile is no dividend, and none is lost by it."""
    close = np.array([[100.0, np.nan, 110.0, 108.0], [100.0, 98.0, np.nan, 98.0]])
    adjusted = np.array([[100.0, 105.0, 110.0, np.nan], [98.0, np.nan, 98.0, 98.0]])
    paid = _implied(close, adjusted)
    np.testing.assert_allclose(paid[0], 0.0, atol=1e-9)
    assert (paid >= 0.0).all()
    np.testing.assert_allclose(paid[1].sum(), 2.0)
