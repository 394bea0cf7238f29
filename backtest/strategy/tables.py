"""The tables of a trading study, and what holds them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.contracts import SCHEMA_VERSION, TRADE_TABLES
from backtest.files import write_tables
from backtest.results.result import Provenance
from backtest.strategy.rules import Planned
from backtest.strategy.schema import Strategy

if TYPE_CHECKING:
    import polars as pl

    from backtest.engine.arrays import Floats, Ints
    from backtest.strategy.kernel import Trades
    from backtest.strategy.portfolio import Equity


@dataclass(frozen=True, slots=True)
class Traded:
    """One strategy as it was traded.

    Attributes:
        strategy: the rule.
        planned: its orders, before the capital was asked.
        trades: what became of those that the capital admitted.
        admitted: places of these among the planned.
        equity: the book.
        abnormal: of each trade the P&L beyond what the study's model expected, NaN where unknown.
        adv: of each trade the money that usually trades in a day, as known before its entry.
        uncapped: of each trade the money it would have got without the rule's `adv_cap`.
    """

    strategy: Strategy
    planned: Planned
    trades: Trades
    admitted: Ints
    equity: Equity
    abnormal: Floats
    adv: Floats
    uncapped: Floats


@dataclass(frozen=True, slots=True)
class TradeResult:
    """What could have been traded.

    Attributes:
        capital: money at the start, of each strategy.
        currency: of all money.
        strategies: each as it was traded, in the order of the tables.
        trades: `TRADES`, every position that was taken.
        equity: `EQUITY`, the book of each strategy by session.
        untraded: `UNTRADED`, who was chosen and not traded, with the reason.
        provenance: where the numbers come from.
        warnings: sentences for the user.
    """

    capital: float
    currency: str
    strategies: tuple[Traded, ...]
    trades: pl.DataFrame
    equity: pl.DataFrame
    untraded: pl.DataFrame
    provenance: Provenance
    warnings: tuple[str, ...]

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables by name."""
        return {frame.name: getattr(self, frame.name) for frame in TRADE_TABLES}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document as plain values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "capital": self.capital,
            "currency": self.currency,
            "strategies": [one.strategy.model_dump(mode="json") for one in self.strategies],
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_dict(),
        }

    def write(self, folder: str | Path) -> list[Path]:
        """Write each table as `<folder>/<table>.parquet` and return the paths."""
        return write_tables(self.tables, Path(folder))
