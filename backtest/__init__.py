"""Event studies of market reactions to announcements.

    import backtest as bt

    result = bt.run(events="events/", prices="snapshot")
    result.cars              # polars.DataFrame
    print(result.summary())

Names are imported on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from backtest.api import run as run
    from backtest.cross_section.regress import regress as regress
    from backtest.errors import BacktestError as BacktestError
    from backtest.results.result import StudyResult as StudyResult
    from backtest.spec import StudySpec as StudySpec
    from backtest.spec import Window as Window
    from backtest.specifications.curve import curve as curve
    from backtest.specifications.grid import Grid as Grid
    from backtest.strategy.door import trade as trade

_HOMES = {
    "run": "backtest.api",
    "curve": "backtest.specifications.curve",
    "Grid": "backtest.specifications.grid",
    "regress": "backtest.cross_section.regress",
    "trade": "backtest.strategy.door",
    "BacktestError": "backtest.errors",
    "StudyResult": "backtest.results.result",
    "StudySpec": "backtest.spec",
    "Window": "backtest.spec",
}

__all__ = [
    "BacktestError",
    "Grid",
    "StudyResult",
    "StudySpec",
    "Window",
    "__version__",
    "curve",
    "regress",
    "run",
    "trade",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
