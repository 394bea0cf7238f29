"""The list of strategies for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from backtest.report._console import write
from backtest.report._lines import beside

if TYPE_CHECKING:
    from backtest.strategy.load import LoadedStrategy


def show_strategies(loaded: Sequence[LoadedStrategy], stream: TextIO) -> None:
    """Print id, title, reason and file of each."""
    rows = [
        (
            (one.id, "bold"),
            [
                (one.strategy.title, ""),
                *([(one.strategy.why, "dim")] if one.strategy.why else []),
                (str(one.document.path), "dim"),
            ],
        )
        for one in loaded
    ]
    write([beside(rows)], stream)
