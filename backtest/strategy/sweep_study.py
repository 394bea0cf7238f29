"""Sweeps of several strategies as tables, with the best of each deflated by all that was tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import SCHEMA_VERSION, SWEEP, SWEEP_TABLES, WALK_FORWARD, Frame
from backtest.files import write_tables
from backtest.results.result import Provenance
from backtest.strategy.deflated import Deflated, deflated, score
from backtest.strategy.grid import Axes
from backtest.strategy.judged import SEED, data_of, key_of
from backtest.strategy.sweep import FOLDS, RUNS, Swept, sweep
from backtest.strategy.tried import Count, Tried

if TYPE_CHECKING:
    import polars as pl

    from backtest.strategy.load import LoadedStrategy
    from backtest.strategy.study import Market

NONE_ABLE = "no variant had enough trades behind it"


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What variants of strategies would have earned.

    Attributes:
        capital: money at the start, of each variant.
        currency: of all money.
        sweeps: one a strategy.
        best: of each, the deflated Sharpe ratio of its best variant.
        tried: strategies tried on such data, all variants among them.
        sweep: `SWEEP`.
        walk_forward: `WALK_FORWARD`.
        provenance: where the numbers come from.
        warnings: sentences for the user.
    """

    capital: float
    currency: str
    sweeps: tuple[Swept, ...]
    best: tuple[Deflated, ...]
    tried: Count
    sweep: pl.DataFrame
    walk_forward: pl.DataFrame
    provenance: Provenance
    warnings: tuple[str, ...]

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables by name."""
        return {frame.name: getattr(self, frame.name) for frame in SWEEP_TABLES}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document as plain values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "capital": self.capital,
            "currency": self.currency,
            "strategies": [
                _plain(one, best) for one, best in zip(self.sweeps, self.best, strict=True)
            ],
            "tried": self.tried.as_dict(),
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_dict(),
        }

    def write(self, folder: str | Path) -> list[Path]:
        """Write each table as `<folder>/<table>.parquet` and return the paths."""
        return write_tables(self.tables, Path(folder))


def sweep_market(
    market: Market,
    strategies: Sequence[LoadedStrategy],
    axes: Axes,
    tried: Tried,
    *,
    runs: int = RUNS,
    folds: int = FOLDS,
    seed: int = SEED,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> SweepResult:
    """Trade every variant of every strategy.

    Args:
        market: what is traded on.
        strategies: what is varied.
        axes: how.
        tried: where trials are counted; every variant is one.
        runs: draws of random dates; 0 for none.
        folds: walk-forward choices.
        seed: of the random dates.
        progress: told how many strategies are done, of how many.

    Raises:
        BadUsage, BadInput: axes that a strategy cannot have, a condition that cannot be read.
    """
    made = []
    for done, one in enumerate(strategies):
        made.append(sweep(one, market, axes, runs=runs, folds=folds, seed=seed))
        progress(done + 1, len(strategies))
    data, spec = data_of(market), market.result.spec
    trials = {
        key_of(cell.loaded.strategy, spec): _score(float(ratio), int(sessions))
        for swept in made
        for cell, ratio, sessions, trades in zip(
            swept.cells, swept.sharpe, swept.sessions, swept.trades, strict=True
        )
        if trades
    }
    count = tried.add(data, trials, market.part)
    best = [
        deflated(one.returns, count.calendar, count.scores)
        if one.best is not None
        else Deflated(trials=count.calendar, reason=NONE_ABLE)
        for one in made
    ]
    notes = [*market.result.warnings, *market.loaded.notes, *tried.notes]
    return SweepResult(
        market.book.capital,
        market.currency,
        tuple(made),
        tuple(best),
        count,
        _table(SWEEP, [row for one in made for row in _cells(one)]),
        _table(WALK_FORWARD, [row for one in made for row in _parts(one, market)]),
        market.result.provenance,
        tuple(dict.fromkeys(notes)),
    )


def _score(ratio: float, sessions: int) -> float | None:
    return score(ratio, sessions) if np.isfinite(ratio) else None


def _cells(one: Swept) -> list[dict[str, Any]]:
    reality = one.reality
    return [
        {
            "strategy": one.loaded.id,
            "cell": place,
            "entry": cell.entry,
            "exit": cell.exit,
            "hedge": cell.hedge,
            "where": cell.where,
            "trades": one.trades[place],
            "net": one.total[place],
            "mean": one.mean[place],
            "std_error": one.error[place],
            "hit_rate": one.hit_rate[place],
            "sharpe": one.yearly[place],
            "placebo_mean": reality.mean[place],
            "z": reality.z[place],
            "p": reality.p[place],
            "p_holm": one.p_holm[place],
            "p_bh": one.p_bh[place],
            "p_best": reality.p_best[place],
        }
        for place, cell in enumerate(one.cells)
    ]


def _parts(one: Swept, market: Market) -> list[dict[str, Any]]:
    days = market.book.bars.sessions
    return [
        {
            "strategy": one.loaded.id,
            "part": place + 1,
            "first": days[fold.start].item(),
            "last": days[fold.end - 1].item(),
            "cell": fold.chosen,
            "trades_before": None if fold.chosen is None else fold.behind,
            "t": fold.t,
            "mean_before": fold.before,
            "trades_after": None if fold.chosen is None else fold.ahead,
            "mean_after": fold.after,
            "median_after": fold.median_after,
            "beaten": fold.beaten,
            "reason": NONE_ABLE if fold.chosen is None else None,
        }
        for place, fold in enumerate(one.folds)
    ]


def _table(contract: Frame, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows in the types of their contract, without NaN."""
    import polars as pl

    columns = {
        name: pl.Series(name, [row[name] for row in rows]).cast(kind)
        for name, kind in contract.schema().items()
    }
    frame = pl.DataFrame(columns) if rows else contract.empty()
    return contract.check(frame.with_columns(pl.selectors.float().fill_nan(None)))


def _plain(one: Swept, best: Deflated) -> dict[str, Any]:
    deflated_ = None if best.reason else best.dsr
    return {
        "strategy": one.loaded.strategy.model_dump(mode="json"),
        "variants": len(one.cells),
        "foreseen": one.foreseen,
        "best": one.best,
        "deflated_sharpe": deflated_,
        "reason": best.reason,
    }
