"""A sweep for a terminal: a heat map, the whole distribution, the best against chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

import numpy as np

from backtest.notation import money, number, percent
from backtest.report._amount import amount
from backtest.report._console import console_for, speaks_utf8, write
from backtest.report._density import density
from backtest.report._lines import beside, hanging, row
from backtest.report._performance import skill
from backtest.strategy.verdict import ENOUGH
from backtest.strategy.walk_forward import FEWEST

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from backtest.strategy.deflated import Deflated
    from backtest.strategy.sweep import Swept
    from backtest.strategy.sweep_study import SweepResult
    from backtest.strategy.walk_forward import Fold

LEVEL = 0.05
_WIDTH = 8
"""Characters of a cell of the map."""
_DENSITY = 48
_GAIN, _LOSS = (0, 104, 179), (201, 72, 11)
"""Of the charts too; told apart by everybody, and a sign stands before every figure."""


def show_sweep(made: SweepResult, stream: TextIO) -> None:
    """Print every strategy's variants."""
    plain = not speaks_utf8(stream)
    write(_blocks(made, console_for(stream).width, plain=plain), stream)


def _blocks(made: SweepResult, width: int, *, plain: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    yield _head(made)
    for one, best in zip(made.sweeps, made.best, strict=True):
        yield Text()
        yield Text(one.loaded.strategy.title, style="bold")
        counts = f"{len(one.cells):,} variants × {one.events:,} event × ticker"
        yield row(f"{one.loaded.id}, {counts}", "dim")
        if one.foreseen:
            why = f"{one.foreseen} more would be entered before what they read is known"
            yield hanging(("left out", "dim"), (why, "dim"))
        yield from _maps(one, width)
        yield from _distribution(one, plain=plain)
        yield from _best(one, best, made)
        yield from _walk(one, made)
        yield hanging(("so", "bold"), (verdict_of(one, best), "bold"))


def _head(made: SweepResult) -> RenderableType:
    told = made.provenance
    runs = len(made.sweeps[0].reality.best) if made.sweeps else 0
    lines = {
        "events": told.events,
        "prices": told.prices,
        "capital": f"{money(made.capital, made.currency, signed=False)} for each variant; orders "
        "are not held against it",
        "map": "mean net return of a trade, all costs taken off; rows are entries, columns are "
        f"sessions held; · fewer than {FEWEST} trades",
    }
    if runs:
        lines["chance"] = f"{runs:,} times other dates for all variants alike; * p < 5 % of all"
    return beside([((name, ""), [(text, "")]) for name, text in lines.items()])


def _maps(one: Swept, width: int) -> Iterator[RenderableType]:
    """Yield a map for each hedge and condition, its columns in parts where there is no room."""
    from rich.text import Text

    place = {
        (cell.hedge, cell.where, cell.entry, cell.exit): at for at, cell in enumerate(one.cells)
    }
    exits = list(dict.fromkeys(cell.exit for cell in one.cells))
    margin = max(len(cell.entry) for cell in one.cells) + 4
    fit = max(1, (width - margin) // _WIDTH)
    shown = one.mean[one.trades >= FEWEST]
    most = float(np.nanmax(np.abs(shown))) if len(shown) else 0.0
    for hedge, where in dict.fromkeys((cell.hedge, cell.where) for cell in one.cells):
        entries = dict.fromkeys(
            cell.entry for cell in one.cells if (cell.hedge, cell.where) == (hedge, where)
        )
        told = f"hedge {hedge}" if hedge != "none" else "no hedge"
        yield Text(f"  {told}{f', {where}' if where else ''}", style="dim")
        for start in range(0, len(exits), fit):
            some = exits[start : start + fit]
            yield row(" " * margin + "".join(word.rjust(_WIDTH) for word in some), "dim")
            for entry in entries:
                line = Text(f"  {entry}".ljust(margin))
                for leave in some:
                    line.append_text(_cell(one, place.get((hedge, where, entry, leave)), most))
                yield line


def _cell(one: Swept, at: int | None, most: float) -> Text:
    from rich.text import Text

    if at is None or one.trades[at] < FEWEST:
        return Text("·".rjust(_WIDTH), style="dim")
    value, p = float(one.mean[at]), float(one.reality.p_best[at])
    star = "*" if p < LEVEL else " "
    text = f"{percent(value, 1)}{star}".rjust(_WIDTH)
    strength = min(1.0, abs(value) / most) if most else 0.0
    if strength < 0.15:
        return Text(text)
    base = _GAIN if value > 0 else _LOSS
    # Never so light that white words on it could not be read.
    shade = tuple(round(part * (0.45 + 0.55 * strength)) for part in base)
    return Text(text, style=f"white on rgb({shade[0]},{shade[1]},{shade[2]})")


def _distribution(one: Swept, *, plain: bool) -> Iterator[RenderableType]:
    """Yield the Sharpe ratios of all variants in a line."""
    from rich.text import Text

    known = one.yearly[np.isfinite(one.sharpe)]
    if not len(known):
        yield hanging(("all", ""), ("no variant has a Sharpe ratio: nothing varied", ""))
        return
    low, middle, high = (number(float(value)) for value in np.quantile(known, (0.0, 0.5, 1.0)))
    above = percent(float((known > 0).mean()), 0).lstrip("+")
    told = (
        f"Sharpe ratios of a year of {with_ratio(one)}: {low} to {high}, median {middle}; {above} "
        "are above 0"
    )
    yield hanging(("all", ""), (told, ""))
    best = float(one.yearly[one.best]) if one.best is not None else math.nan
    blocks, marks = density(known, {"0": 0.0, "^": best}, _DENSITY, plain=plain)
    yield Text(f"       {blocks}", style="cyan")
    yield Text(f"       {marks}  ^ best, 0 zero", style="dim")


def with_ratio(one: Swept) -> str:
    """Return which variants have a Sharpe ratio, in words."""
    known, every = int(np.isfinite(one.sharpe).sum()), len(one.cells)
    if known == every:
        return f"all {every:,} variants"
    return f"{known:,} of {every:,} variants (the others have none)"


def _best(one: Swept, best: Deflated, made: SweepResult) -> Iterator[RenderableType]:
    if one.best is None:
        yield hanging(("best", ""), (f"none: no variant has {FEWEST} trades", ""))
        return
    at = one.best
    net = amount(float(one.total[at]), made.currency)
    told = (
        f"{one.cells[at].name}: {one.trades[at]} trades, net {net}, "
        f"{percent(float(one.mean[at]))} a trade, Sharpe {number(float(one.yearly[at]))} a year"
    )
    yield hanging(("best", ""), (told, ""))
    yield hanging(("skill", ""), (skill(best, made.tried), ""))
    reality = one.reality
    if np.isfinite(reality.p[at]):
        p, holm, bh, among = (
            number(float(each[at]), 3) for each in (reality.p, one.p_holm, one.p_bh, reality.p_best)
        )
        told = (
            f"p = {p} alone; Holm {holm}, Benjamini–Hochberg {bh}; against the best of all on "
            f"random dates {among}"
        )
        yield hanging(("chance", ""), (told, ""))


def _walk(one: Swept, made: SweepResult) -> Iterator[RenderableType]:
    frame = made.walk_forward.filter(made.walk_forward["strategy"] == one.loaded.id)
    for fold, (first, last) in zip(one.folds, frame.select("first", "last").rows(), strict=True):
        yield hanging(("forward", ""), (f"{first} to {last}: {_fold(one, fold)}", ""))
    if not one.folds:
        yield hanging(("forward", ""), ("too few dates to choose on some and judge on others", ""))


def _fold(one: Swept, fold: Fold) -> str:
    if fold.chosen is None:
        return f"nothing to choose: no variant had {FEWEST} trades that were over"
    told = (
        f"{one.cells[fold.chosen].name}; {percent(fold.before)} a trade before "
        f"({fold.behind} trades), "
    )
    if not fold.ahead:
        return f"{told}no trade then"
    trades = f"{fold.ahead} trade{'s' if fold.ahead != 1 else ''}"
    told += f"{percent(fold.after)} then ({trades})"
    if math.isfinite(fold.beaten):
        told += f", better than {percent(fold.beaten, 0).lstrip('+')} of the others"
    return told


def verdict_of(one: Swept, best: Deflated) -> str:
    """Say in a sentence what the sweep proves."""
    if one.best is None or best.reason:
        return "Nothing can be concluded: there are too few trades."
    p = float(one.reality.p_best[one.best])
    passes = [best.dsr > 1.0 - LEVEL, not math.isfinite(p) or p < LEVEL]
    if not all(passes):
        return (
            f"The best of {best.trials:,} strategies tried is no better than the best of as many "
            "would be by luck. Choosing it now would be choosing the past."
        )
    count = int(one.trades[one.best])
    if count < ENOUGH:
        return (
            f"The best stands out among {best.trials:,} strategies tried, on {count} trades: too "
            "few to conclude anything."
        )
    return (
        f"The best stands out among {best.trials:,} strategies tried; whether it lasts, only "
        f"announcements to come can tell{_after(one.folds)}."
    )


def _after(folds: Sequence[Fold]) -> str:
    judged = [fold for fold in folds if fold.ahead]
    gained = sum(fold.after > 0 for fold in judged)
    return f" ({gained} of {len(judged)} choices gained afterwards)" if judged else ""
