"""How good a book of trades was, for a terminal: measures with errors, and what chance would do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest.notation import number, percent
from backtest.report._amount import amount
from backtest.report._density import density
from backtest.report._lines import hanging
from backtest.strategy.placebo import FEWEST_DATES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from backtest.strategy.deflated import Deflated
    from backtest.strategy.judged import Judgement
    from backtest.strategy.measures import Measures
    from backtest.strategy.placebo import Placebo
    from backtest.strategy.ratios import Ratio
    from backtest.strategy.tried import Count

_DENSITY = 48
"""Characters of a distribution."""


def performance_blocks(
    one: Judgement, currency: str, *, plain: bool = False
) -> Iterator[RenderableType]:
    """Yield the measures of one book, the odds of skill, and the placebos.

    Args:
        one: the judgement of a strategy that traded.
        currency: of its money.
        plain: whether only ASCII may be used.
    """
    found = one.measures
    for name, words in (
        *measured(found, currency),
        ("skill", skill(found.deflated, one.tried)),
    ):
        yield hanging((name, ""), (words, ""))
    if one.placebo:
        yield from _placebo(one.placebo, currency, plain=plain)


def measured(found: Measures, currency: str) -> Iterator[tuple[str, str]]:
    """Yield the measures of a book by name, in words."""
    yield "returns", _returns(found)
    yield "trades", _trades(found, currency)
    yield "ratios", _ratios(found)


def skill(found: Deflated, tried: Count) -> str:
    """Say how likely the Sharpe ratio is skill, given the number of trials."""
    if found.reason:
        return f"no Sharpe ratio: {found.reason}"
    told = f"true Sharpe ratio above 0 with probability {_share(found.psr)}"
    if found.trials >= 2:
        bar = number(found.threshold * math.sqrt(252))
        told += f", above the {bar} that the best of {_among(tried)} has by luck: "
        told += _share(found.dsr)
        told += " (their ratios are not known, and taken to vary as this one)" * found.assumed
    elif tried.kept:
        told += "; this cache knows of no other strategy tried on these events"
    return f"{told}; {_beyond(tried)}" if _beyond(tried) else told


def tried_words(tried: Count) -> str:
    """Say how many strategies were tried, as far as it is known."""
    beyond = _beyond(tried)
    return f"{_among(tried)}; {beyond}" if beyond else f"{_among(tried)} so far"


def _among(tried: Count) -> str:
    count = f"{tried.calendar:,} strateg{'y' if tried.calendar == 1 else 'ies'}"
    if not tried.kept:
        return f"{count} of this call"
    if tried.calendar == tried.here:
        return f"{count} tried on these events"
    return f"{count} tried on selections of this calendar ({tried.here:,} on this one)"


def _beyond(tried: Count) -> str:
    """Say what the count does not hold, "" for nothing that is known of."""
    if not tried.kept:
        return "how many were tried before is not known: this count is not kept"
    more = tried.everywhere - tried.calendar
    return f"{more:,} more on other events" if more > 0 else ""


def _returns(found: Measures) -> str:
    if found.lost:
        return f"none: {found.lost}; longest spell below a high {found.drawdown.longest} sessions"
    return (
        f"{percent(found.total_return)} in {found.sessions:,} sessions, "
        f"{percent(found.annual_return)} a year; volatility "
        f"{number(100 * found.volatility, 1)}% a year; longest spell below a high "
        f"{found.drawdown.longest} sessions"
    )


def _trades(found: Measures, currency: str) -> str:
    gained = round(found.hit_rate * found.trades) if found.trades else 0
    average = [
        f"{name} {amount(value, currency)}"
        for name, value in (("win", found.average_win), ("loss", found.average_loss))
        if math.isfinite(value)
    ]
    told = f"{gained} of {found.trades} gained; average {', '.join(average) or '–'}"
    if found.lost:
        return told
    return (
        f"{told}; turnover {number(found.turnover, 1)}× a year; "
        f"{percent(found.exposure, 0).lstrip('+')} of the equity at work on average, "
        f"on {percent(found.invested, 0).lstrip('+')} of the sessions"
    )


def _ratios(found: Measures) -> str:
    told = [f"Sharpe {_ratio(found.sharpe)}", f"Sortino {_ratio(found.sortino)}"]
    if not found.sharpe.reason:
        lags = found.sharpe.lags
        told.append(f"a year ± standard error, autocorrelation to lag {lags} included")
        if math.isfinite(found.sharpe.adjusted):
            told.append(f"which makes of the Sharpe ratio {number(found.sharpe.adjusted)}")
    return ", ".join(told)


def _ratio(found: Ratio) -> str:
    if found.reason:
        return f"– ({found.reason})"
    return f"{number(found.value)} ± {number(found.std_error)}"


def _placebo(found: Placebo, currency: str, *, plain: bool) -> Iterator[RenderableType]:
    from rich.text import Text

    if found.p is None:
        yield hanging(("placebo", ""), ("no other date has prices and room for the trades", ""))
        return
    low, middle, high = found.quantiles(0.05, 0.5, 0.95)
    runs = len(found.draws)
    told = (
        f"the same trades on random dates of the same securities, {runs:,} times: median "
        f"{amount(middle, currency)}, 90 % between {amount(low, currency)} and "
        f"{amount(high, currency)}; these earned {amount(found.observed, currency)}, "
        f"p = {number(found.p, 3)}"
    )
    if found.left_out:
        told += f"; {found.left_out} of {found.orders} have no other date and are left out"
    if found.fewest_dates < FEWEST_DATES:
        told += f"; some could go to {found.fewest_dates} other dates alone, so draws repeat"
    yield hanging(("placebo", ""), (told, ""))
    blocks, marks = density(found.draws, {"|": middle, "^": found.observed}, _DENSITY, plain=plain)
    yield Text(f"           {blocks}", style="cyan")
    yield Text(f"           {marks}  ^ these, | median", style="dim")


def _share(value: float) -> str:
    return percent(value, 1).lstrip("+")
