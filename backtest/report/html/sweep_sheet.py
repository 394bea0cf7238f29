"""The page of a sweep: heat maps, all variants as one distribution, the best against chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.charts.spread_of import Mark, spread_of
from backtest.charts.sweep_map import Square, sweep_map
from backtest.notation import money, number, percent
from backtest.report._amount import amount
from backtest.report._performance import skill, tried_words
from backtest.report._rule import rule_text
from backtest.report._sweep import verdict_of, with_ratio
from backtest.report.html.figures import Figure, Figures, quickly
from backtest.report.html.page import rendered
from backtest.strategy.walk_forward import FEWEST

if TYPE_CHECKING:
    from backtest.strategy.deflated import Deflated
    from backtest.strategy.sweep import Swept
    from backtest.strategy.sweep_study import SweepResult
    from backtest.strategy.walk_forward import Fold

_NUMBER = "format(datum.value, '.3~f')"
LISTED = 20
"""Variants in the table, those with the highest Sharpe ratios."""


@dataclass(frozen=True, slots=True)
class SweepSheet:
    """One strategy of the page.

    Attributes:
        id, title, rule: of the strategy.
        told: sentences about the best variant.
        maps, figures: charts.
        variants: rows of the table.
        folds: walk-forward choices as rows.
        verdict: what the sweep proves.
        row: its line in the table of all.
    """

    id: str
    title: str
    rule: str
    told: list[str]
    maps: list[Figure]
    figures: list[Figure]
    variants: list[dict[str, Any]]
    folds: list[dict[str, Any]]
    verdict: str
    row: dict[str, Any]


def sweep_sheet(made: SweepResult) -> str:
    """Return the page as HTML.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    figures = Figures()
    with quickly():
        sheets = [
            _sheet(one, best, made, figures)
            for one, best in zip(made.sweeps, made.best, strict=True)
        ]
    told = made.provenance
    runs = len(made.sweeps[0].reality.best)
    count = sum(len(one.cells) for one in made.sweeps)
    values = {
        "heading": f"{count:,} variants, and the best of them",
        "lead": sheets[0].verdict
        if len(sheets) == 1
        else f"All {count:,} variants of {len(sheets)} strategies are shown, never the best alone.",
        "sheets": sheets,
        "listed": LISTED,
        "fewest": FEWEST,
        "asked": [
            ("events", told.events),
            ("prices", told.prices),
            (
                "capital",
                f"{money(made.capital, made.currency, signed=False)} for each variant; orders are "
                "not held against it",
            ),
            ("chance", f"{runs:,} times other dates, the same for all variants"),
            ("tried", tried_words(made.tried)),
        ],
        "notes": list(made.warnings),
    }
    return rendered("sweep_sheet.html.j2", figures, values)


def _sheet(one: Swept, best: Deflated, made: SweepResult, figures: Figures) -> SweepSheet:
    rule = one.loaded.strategy
    return SweepSheet(
        id=rule.id,
        title=rule.title,
        rule=rule_text(rule),
        told=_told(one, best, made),
        maps=_maps(one, figures),
        figures=_figures(one, figures),
        variants=_variants(one, made.currency),
        folds=_folds(one, made),
        verdict=verdict_of(one, best),
        row=_row(one, best),
    )


def _told(one: Swept, best: Deflated, made: SweepResult) -> list[str]:
    out = []
    if one.best is not None:
        at = one.best
        out.append(
            f"The highest Sharpe ratio, {number(float(one.yearly[at]))} a year, is that of "
            f"{one.cells[at].name}; {one.trades[at]} trades, net "
            f"{amount(float(one.total[at]), made.currency)}"
        )
        out.append(skill(best, made.tried))
    if one.foreseen:
        out.append(f"{one.foreseen} more would be entered before what they read is known")
    return out


def _maps(one: Swept, figures: Figures) -> list[Figure]:
    """Draw a map for each hedge and condition, all of one scale."""
    shown = one.mean[one.trades >= FEWEST]
    most = float(np.nanmax(np.abs(shown))) if len(shown) else 0.0
    out = []
    for hedge, where in dict.fromkeys((cell.hedge, cell.where) for cell in one.cells):
        squares = [
            Square(
                cell.entry,
                cell.exit,
                float(one.mean[at]) if one.trades[at] >= FEWEST else math.nan,
                int(one.trades[at]),
                float(one.yearly[at]),
                float(one.reality.p_best[at]),
            )
            for at, cell in enumerate(one.cells)
            if (cell.hedge, cell.where) == (hedge, where)
        ]
        title = f"Hedge: {hedge}" if hedge != "none" else "No hedge"
        chart = sweep_map(squares, title=f"{title}{f', {where}' if where else ''}", most=most)
        out.append(figures.draw(chart, "sweep_map"))
    return out


def _figures(one: Swept, figures: Figures) -> list[Figure]:
    known = one.yearly[np.isfinite(one.sharpe)]
    out = []
    if len(known):
        marks = [Mark(0.0, "0")]
        if one.best is not None:
            value = float(one.yearly[one.best])
            marks.append(Mark(value, f"the best {number(value)}", strong=True))
        chart = spread_of(
            known,
            marks,
            axis="Sharpe ratio, a year",
            tick=_NUMBER,
            title=f"{with_ratio(one)[0].upper()}{with_ratio(one)[1:]}",
            said=f"Sharpe ratios of {len(known)} variants, {(known > 0).sum()} of them above 0.",
        )
        out.append(figures.draw(chart, "sweep_spread"))
    best, z = one.reality.best, one.reality.z
    if len(best) and np.isfinite(z).any():
        top = float(np.nanmax(z))
        chart = spread_of(
            best,
            [Mark(top, f"the best here {number(top)}", strong=True)],
            axis="Best z of all variants",
            tick=_NUMBER,
            title=f"The best of all on random dates, {len(best):,} times",
            said=f"The best z of all variants on {len(best)} draws of dates; here {top:.2f}.",
        )
        out.append(figures.draw(chart, "sweep_chance"))
    return out


def _variants(one: Swept, currency: str) -> list[dict[str, Any]]:
    order = np.argsort(-np.where(np.isfinite(one.sharpe), one.sharpe, -np.inf), kind="stable")
    reality = one.reality
    return [
        {
            "name": one.cells[at].name,
            "trades": int(one.trades[at]),
            "net": float(one.total[at]),
            "net_words": amount(float(one.total[at]), currency),
            "mean": _or_none(one.mean[at]),
            "hit_rate": _or_none(one.hit_rate[at]),
            "sharpe": number(_or_none(one.yearly[at])),
            "p": _or_none(reality.p[at]),
            "p_holm": _or_none(one.p_holm[at]),
            "p_bh": _or_none(one.p_bh[at]),
            "p_best": _or_none(reality.p_best[at]),
        }
        for at in order[:LISTED]
    ]


def _folds(one: Swept, made: SweepResult) -> list[dict[str, Any]]:
    import polars as pl

    days = made.walk_forward.filter(pl.col("strategy") == one.loaded.id).select("first", "last")
    return [
        {"first": first, "last": last, **_fold(one, fold)}
        for fold, (first, last) in zip(one.folds, days.rows(), strict=True)
    ]


def _fold(one: Swept, fold: Fold) -> dict[str, Any]:
    return {
        "name": None if fold.chosen is None else one.cells[fold.chosen].name,
        "behind": fold.behind,
        "ahead": fold.ahead,
        "before": _or_none(fold.before),
        "after": _or_none(fold.after),
        "median": _or_none(fold.median_after),
        "beaten": _or_none(fold.beaten),
    }


def _row(one: Swept, best: Deflated) -> dict[str, Any]:
    known = one.yearly[np.isfinite(one.sharpe)]
    at = one.best
    return {
        "variants": len(one.cells),
        "median": number(float(np.median(known))) if len(known) else "–",
        "above": percent(float((known > 0).mean()), 0).lstrip("+") if len(known) else "–",
        "best": number(float(one.yearly[at])) if at is not None else "–",
        "deflated": "–" if best.reason else percent(best.dsr, 1).lstrip("+"),
        "p_best": None if at is None else _or_none(one.reality.p_best[at]),
    }


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
