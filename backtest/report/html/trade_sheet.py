"""The tear sheet of trades: for each strategy what it did, earned and proves, as one HTML file."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.charts.equity import equity, underwater
from backtest.charts.spread_of import Mark, spread_of
from backtest.charts.trade_results import MOST, Result, trade_results
from backtest.charts.units import money_tick
from backtest.notation import money, number, percent
from backtest.report._amount import amount
from backtest.report._performance import measured, skill, tried_words
from backtest.report._rule import rule_text
from backtest.report._trades import limits
from backtest.report.html.figures import Figure, Figures, quickly
from backtest.report.html.page import rendered
from backtest.strategy.verdict import verdict

if TYPE_CHECKING:
    import polars as pl

    from backtest.strategy.judged import Judged, Judgement
    from backtest.strategy.placebo import Placebo
    from backtest.strategy.tables import Traded


@dataclass(frozen=True, slots=True)
class Key:
    """A figure of the strip at a strategy's top, and what stands below it."""

    name: str
    value: str
    below: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One strategy of the page.

    Attributes:
        id, title, why: of the strategy.
        rule: what it does, in words.
        keys: its main figures.
        measures: all that a terminal tells of it, by name.
        told: sentences about it.
        figures: its charts.
        trades: rows of `TRADES` as plain values.
        left: reasons not to trade, with how many, and some tickers.
        verdict: what it proves.
        row: its line in the table of all.
    """

    id: str
    title: str
    why: str | None
    rule: str
    keys: list[Key]
    measures: list[tuple[str, str]]
    told: list[str]
    figures: list[Figure]
    trades: list[dict[str, Any]]
    left: list[tuple[int, str, str]]
    verdict: str
    row: dict[str, Any]


def trade_sheet(judged: Judged) -> str:
    """Return the tear sheet as HTML.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    made, figures = judged.result, Figures()
    with quickly():
        sheets = [
            _sheet(one, judgement, judged, figures)
            for one, judgement in zip(made.strategies, judged.strategies, strict=True)
        ]
    told = made.provenance
    values = {
        "heading": sheets[0].title if len(sheets) == 1 else "What trading them would have earned",
        "lead": _lead(judged),
        "sheets": sheets,
        "currency": made.currency,
        "asked": [
            ("events", told.events),
            ("prices", told.prices),
            ("capital", f"{money(made.capital, made.currency, signed=False)} for each strategy"),
            (
                "fills",
                "opens and closes of daily bars; stops and targets are judged at closes and filled "
                "at the next open",
            ),
            ("tried", tried_words(judged.strategies[0].tried)),
        ],
        "notes": [*made.warnings, *judged.notes],
    }
    return rendered("trade_sheet.html.j2", figures, values)


def _lead(judged: Judged) -> str:
    made = judged.result
    nets = [float(one.trades.net.sum()) for one in made.strategies if len(one.admitted)]
    if not nets:
        return "Nothing was traded."
    if len(nets) == 1:
        share = percent(nets[0] / made.capital)
        return f"{amount(nets[0], made.currency)}, {share} of the capital, after all costs."
    gained = sum(net > 0 for net in nets)
    return (
        f"{gained} of {len(nets)} strategies earned anything after costs; the best "
        f"{percent(max(nets) / made.capital)} of its capital, the worst "
        f"{percent(min(nets) / made.capital)}."
    )


def _sheet(one: Traded, judgement: Judgement, judged: Judged, figures: Figures) -> Sheet:
    import polars as pl

    made, rule = judged.result, one.strategy
    own = made.trades.filter(pl.col("strategy") == rule.id)
    book = made.equity.filter(pl.col("strategy") == rule.id)
    left = made.untraded.filter(pl.col("strategy") == rule.id)
    there = own.height > 0
    return Sheet(
        id=rule.id,
        title=rule.title,
        why=rule.why,
        rule=rule_text(rule),
        keys=_keys(one, judgement, judged) if there else [],
        measures=[*limits(one, made), *measured(judgement.measures, made.currency)]
        if there
        else [],
        told=[skill(judgement.measures.deflated, judgement.tried)] if there else [],
        figures=_figures(judgement, own, book, judged, figures) if there else [],
        trades=own.to_dicts(),
        left=_left(left),
        verdict=verdict(one.trades, left["reason"].to_list()),
        row=_row(one, judgement, judged),
    )


def _keys(one: Traded, judgement: Judgement, judged: Judged) -> list[Key]:
    found, made = judgement.measures, judged.result
    net = float(one.trades.net.sum())
    costs = float(one.trades.cost.sum())
    won = sum(value > 0 for value in one.trades.net)
    falls, ratio = found.drawdown, found.sharpe
    share = percent(net / made.capital)
    count = "the count" if judgement.tried.kept else "the count of this call"
    keys = [
        Key("net", amount(net, made.currency), f"{share} of the capital"),
        Key("costs", amount(-costs, made.currency), "all of them, hedges too"),
        Key("trades", f"{found.trades}", f"{won} gained"),
        Key(
            "Sharpe, a year",
            "–" if ratio.reason else number(ratio.value),
            ratio.reason or f"± {number(ratio.std_error)} standard error",
        ),
        Key(
            "deepest drawdown",
            percent(falls.depth),
            f"longest {falls.longest} sessions",
        ),
        Key(
            "volatility, a year",
            _plain(found.volatility),
            found.lost
            or f"{percent(found.invested, 0).lstrip('+')} of the sessions with a position",
        ),
        Key(
            "deflated Sharpe",
            _plain(found.deflated.dsr),
            f"probability of skill, by {count}",
        ),
    ]
    if judgement.placebo and judgement.placebo.p is not None:
        runs = f"{len(judgement.placebo.draws):,} times random dates"
        keys.append(Key("placebo p", number(judgement.placebo.p, 3), runs))
    return keys


def _plain(value: float) -> str:
    return percent(value, 1).lstrip("+") if math.isfinite(value) else "–"


def _figures(
    judgement: Judgement,
    own: pl.DataFrame,
    book: pl.DataFrame,
    judged: Judged,
    figures: Figures,
) -> list[Figure]:
    made = judged.result
    symbol = money(0.0, made.currency, signed=False).removesuffix("0.0")
    dates = book["date"].to_list()
    drawn = [
        figures.draw(
            equity(
                dates,
                book["equity"].to_list(),
                made.capital,
                symbol=symbol,
                title="Worth of the book",
            ),
            "equity",
            note="Marked to market at every close, costs taken off. The line is the capital at the "
            "start.",
        ),
        figures.draw(
            underwater(dates, book["drawdown"].to_list(), title="Below its highest value"),
            "underwater",
        ),
        figures.draw(
            trade_results(_results(own), symbol=symbol, title="What each trade made"),
            "trade_results",
            note=f"The {MOST} that made or lost the most." if own.height > MOST else "",
        ),
    ]
    placebo = judgement.placebo
    if placebo and placebo.p is not None:
        drawn.append(figures.draw(_placebo(placebo, symbol, made.currency), "placebo"))
    return drawn


def _placebo(placebo: Placebo, symbol: str, currency: str) -> Any:
    runs, (middle,) = f"{len(placebo.draws):,}", placebo.quantiles(0.5)
    # A few runs far out would press all others into a few bars.
    low, high = np.quantile(placebo.draws, (0.002, 0.998))
    shown = placebo.draws[(placebo.draws >= low) & (placebo.draws <= high)]
    marks = [
        Mark(placebo.observed, f"these trades {amount(placebo.observed, currency)}", strong=True),
        Mark(middle, f"median {amount(middle, currency)}"),
    ]
    return spread_of(
        shown,
        marks,
        axis="Net profit on random dates",
        tick=money_tick(symbol),
        title=f"The same trades on random dates, {runs} times",
        said=f"Net profit of {runs} draws of random dates: median {amount(middle, currency)}; "
        f"these trades {amount(placebo.observed, currency)}, p = {number(placebo.p, 3)}.",
    )


def _results(own: pl.DataFrame) -> list[Result]:
    return [
        Result(
            one["ticker"],
            one["event_id"],
            one["side"],
            one["entry_date"],
            one["exit_date"],
            one["net"],
        )
        for one in own.iter_rows(named=True)
    ]


def _left(left: pl.DataFrame) -> list[tuple[int, str, str]]:
    import polars as pl

    counts = Counter(left["reason"].to_list()).most_common()
    out = []
    for reason, count in counts:
        names = left.filter(pl.col("reason") == reason)["ticker"].unique(maintain_order=True)
        out.append((count, reason, ", ".join(names[:5]) + (", …" if len(names) > 5 else "")))
    return out


def _row(one: Traded, judgement: Judgement, judged: Judged) -> dict[str, Any]:
    found, placebo = judgement.measures, judgement.placebo
    net = float(one.trades.net.sum())
    return {
        "trades": found.trades,
        "net": net,
        "net_words": amount(net, judged.result.currency),
        "share": net / judged.result.capital,
        "sharpe": "–"
        if found.sharpe.reason
        else f"{number(found.sharpe.value)} ± {number(found.sharpe.std_error)}",
        "depth": percent(found.drawdown.depth) if found.trades else "–",
        "deflated": _plain(found.deflated.dsr),
        "p": None if placebo is None else placebo.p,
    }
