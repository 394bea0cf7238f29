"""What a book of trades is worth as evidence: its measures, the count of trials, and placebos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.contracts import JUDGED_TABLES, PERFORMANCE, PLACEBO
from backtest.files import write_tables
from backtest.strategy.assemble import span
from backtest.strategy.deflated import score
from backtest.strategy.measures import Book, Measures, measure
from backtest.strategy.performance_rows import performance_rows
from backtest.strategy.placebo import Placebo, placebo
from backtest.strategy.ratios import Ratio, sharpe
from backtest.strategy.session_returns import returns_of
from backtest.strategy.tried import Count, Tried, data_key, strategy_key

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import Provenance
    from backtest.spec import StudySpec
    from backtest.strategy.schema import Strategy
    from backtest.strategy.study import Market
    from backtest.strategy.tables import Traded, TradeResult

RUNS = 999
SEED = 1
"""Of random dates, where nobody names others."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One strategy as evidence.

    Attributes:
        id: of the strategy.
        measures: of its book, from the first entry to the last exit.
        placebo: its trades on random dates; None where none were asked for.
        tried: how many strategies were tried on such data.
    """

    id: str
    measures: Measures
    placebo: Placebo | None
    tried: Count


@dataclass(frozen=True, slots=True)
class Judged:
    """Trades and what they prove.

    Attributes:
        result: the trades.
        strategies: judgements, in the same order.
        performance: `PERFORMANCE`.
        placebo: `PLACEBO`, without rows where none was asked for.
        notes: what the user should know.
    """

    result: TradeResult
    strategies: tuple[Judgement, ...]
    performance: pl.DataFrame
    placebo: pl.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Say in a line what was traded; the tables hold the rest."""
        names = ", ".join(one.id for one in self.strategies)
        net = float(self.trades["net"].sum())
        return (
            f"<trades of {names}: {self.trades.height:,} trades, net {net:,.2f} "
            f"{self.result.currency}; tables {', '.join(self.tables)}>"
        )

    @property
    def trades(self) -> pl.DataFrame:
        """`TRADES`, every position that was taken."""
        return self.result.trades

    @property
    def equity(self) -> pl.DataFrame:
        """`EQUITY`, the book of each strategy by session."""
        return self.result.equity

    @property
    def untraded(self) -> pl.DataFrame:
        """`UNTRADED`, who was chosen and not traded, with the reason."""
        return self.result.untraded

    @property
    def provenance(self) -> Provenance:
        """Where the numbers come from."""
        return self.result.provenance

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user, `notes` among them."""
        return (*self.result.warnings, *self.notes)

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables by name, those of the trades first."""
        own = {frame.name: getattr(self, frame.name) for frame in JUDGED_TABLES}
        return {**self.result.tables, **own}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document as plain values."""
        whole = self.result.as_dict()
        for one, plain in zip(self.strategies, whole["strategies"], strict=True):
            plain["tried"] = one.tried.as_dict()
        whole["tables"] |= {
            frame.name: getattr(self, frame.name).to_dicts() for frame in JUDGED_TABLES
        }
        whole["warnings"] = list(self.warnings)
        return whole

    def write(self, folder: str | Path) -> list[Path]:
        """Write each table as `<folder>/<table>.parquet` and return the paths."""
        return write_tables(self.tables, Path(folder))


def judge(
    result: TradeResult, market: Market, tried: Tried, *, runs: int = RUNS, seed: int = SEED
) -> Judged:
    """Measure the book of each strategy, and hold it against chance.

    Args:
        result: what was traded.
        market: on what.
        tried: where trials are counted; these are added.
        runs: draws of random dates; 0 for none.
        seed: of the random dates.
    """
    books = [book_of(one) for one in result.strategies]
    scores = {
        key_of(one.strategy, market.result.spec): _score(book)
        for one, book in zip(result.strategies, books, strict=True)
        if len(one.admitted)  # What trades nothing could not have been chosen for what it earned.
    }
    count = tried.add(data_of(market), scores, market.part)
    made = [
        Judgement(
            one.strategy.id,
            measure(book, trials=count.calendar, scores=count.scores),
            _placebo(one, market, runs, seed) if runs else None,
            count,
        )
        for one, book in zip(result.strategies, books, strict=True)
    ]
    return Judged(result, tuple(made), _performance(made), _draws(made), tuple(tried.notes))


def book_of(one: Traded) -> Book:
    """Return a book's sessions as shares of its equity, from the first entry to the last exit.

    From the first session that leaves no equity on there are no shares of it: all are NaN.
    """
    first, last = span(one)
    part, book = slice(first, last + 1), one.equity
    returns, alive = returns_of(book.pnl[part], float((book.equity - book.pnl)[first]))
    before, after = (
        np.where(alive, worth[part], np.nan) for worth in (book.equity - book.pnl, book.equity)
    )
    gone = first + int(alive.sum())
    day = None if alive.all() else one.trades.bars.sessions[gone]
    return Book(
        returns=returns,
        trades=one.trades.net[one.trades.traded],
        traded=book.traded[part] / before,
        exposure=book.at_work[part] / after,
        below=book.drawdown[part],
        lost=None if day is None else f"the capital was lost on {day}",
    )


def key_of(strategy: Strategy, spec: StudySpec) -> bytes:
    """Return the key of a trial: all that makes its trades, not what it is called."""
    rules = strategy.model_dump(mode="json", exclude={"id", "title", "why"})
    study = [spec.models[0], spec.benchmark, str(spec.estimation), spec.returns, str(spec.window)]
    return strategy_key({"rules": rules, "study": study})


def data_of(market: Market) -> str:
    """Return the key of the data that strategies are tried on."""
    told = market.moments
    return data_key(told["event_id"].to_list(), told["ticker"].to_list())


def _score(book: Book) -> float | None:
    found = Ratio(reason=book.lost) if book.lost else sharpe(book.returns)
    return None if found.reason else score(found.each, len(book.returns))


def _placebo(one: Traded, market: Market, runs: int, seed: int) -> Placebo:
    """Trade the orders of a book on random dates; those known on one session move together."""
    orders = one.planned.orders.take(one.admitted)
    group = orders.known // 2
    return placebo(market.book.bars, orders, group, one.trades.costs, runs=runs, seed=seed)


def _performance(made: Sequence[Judgement]) -> pl.DataFrame:
    import polars as pl

    rows = [
        {"strategy": one.id, **row}
        for one in made
        for row in performance_rows(one.measures, one.placebo, one.tried)
    ]
    return PERFORMANCE.check(pl.DataFrame(rows, schema=PERFORMANCE.schema()))


def _draws(made: Sequence[Judgement]) -> pl.DataFrame:
    import polars as pl

    parts = [
        pl.DataFrame(
            {
                "strategy": [one.id] * len(one.placebo.draws),
                "run": np.arange(len(one.placebo.draws)),
                "net": one.placebo.draws,
            },
            schema=PLACEBO.schema(),
        )
        for one in made
        if one.placebo
    ]
    return PLACEBO.check(pl.concat(parts)) if parts else PLACEBO.empty()
