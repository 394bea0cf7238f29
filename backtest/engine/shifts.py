"""Leads and lags of common series: `market@-1` is the benchmark one session earlier."""

from __future__ import annotations

from collections.abc import Iterable

from backtest.engine.block import ExpectedReturnModel


def shifted(name: str) -> tuple[str, int]:
    """Return the series a regressor is made of and by how many sessions it is shifted.

    `market@-1` on a session is the market's return of the session before, `market@+1` of the one
    after; a name without `@` is not shifted.

    Raises:
        ValueError: what follows `@` is no whole number; a mistake in a model, not of its user.
    """
    series, at, sessions = name.partition("@")
    return series, int(sessions) if at else 0


def reach(models: Iterable[ExpectedReturnModel]) -> tuple[int, int]:
    """Return how many sessions before and after its windows any of the models reads a series."""
    shifts = [shifted(name)[1] for model in models for name in model.regressors]
    return max(0, -min(shifts, default=0)), max(0, max(shifts, default=0))
