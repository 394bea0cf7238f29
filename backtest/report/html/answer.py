"""The headline answer: one sentence that can be quoted, with how sure one can be of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from backtest.charts.averages import Averages, averages
from backtest.charts.caar import band_words
from backtest.events.sessions import day_name
from backtest.notation import money, percent, span
from backtest.report.html.samples import Estimate, estimates, group_words, headline_group
from backtest.spec import Window
from backtest.valuation.currency import currency_unit

if TYPE_CHECKING:
    from backtest.results.result import StudyResult

_MEASURES = {
    "return": "returns",
    "volume": "log trading volumes",
    "volatility": "squared abnormal returns",
}


@dataclass(frozen=True, slots=True)
class Reaction:
    """One security's reaction to one event over the first CAR window.

    Attributes:
        event, ticker, session: which.
        car, low, high: decimals; the ends of the 95 % interval.
        p: of the t test.
        value: abnormal change of market value over the event day, None where unknown.
        currency: of the value.
    """

    event: str
    ticker: str
    session: dt.date
    car: float
    low: float
    high: float
    p: float
    value: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the front page says first.

    Attributes:
        lead: the sentence.
        more: sentences that follow it.
        method: how the uncertainty was reckoned.
    """

    lead: str
    more: list[str]
    method: str


def answer(result: StudyResult) -> Answer | None:
    """Say what the study found; None where it found nothing at all.

    Several events are answered by the mean of their sample, a single one by its strongest reaction.
    """
    window = result.spec.cars[0]
    strongest = largest(result)
    sample = _headline_estimate(result, window)
    if sample is None:
        if strongest is None:
            return None
        return Answer(_reaction_sentence(strongest, window), [], _method_alone(result))
    band = averages(result, sample.group, window=window)
    low, high = float(band.low[-1]), float(band.high[-1])
    interval = (low, high) if isfinite(low) and isfinite(high) else None
    more = (
        []
        if strongest is None
        else [f"The largest reaction: {_reaction_sentence(strongest, window)}"]
    )
    lead = sample_sentence(sample, window, interval, result.spec.measure)
    return Answer(lead, more, _method(band, result))


def _headline_estimate(result: StudyResult, window: Window) -> Estimate | None:
    if len(result.headlines) == 1:
        return None
    group = headline_group(result)
    one = estimates(result)[group].get(window) if group else None
    return one if one is not None and one.n > 1 and one.mean is not None else None


def sample_sentence(
    one: Estimate,
    window: Window,
    interval: tuple[float, float] | None,
    measure: str = "return",
) -> str:
    """Return the sentence about the mean of a sample, with its 95 % interval."""
    assert one.mean is not None
    who = group_words(one.group, one.n, one.events)
    when = window_words(window)
    size = percent(abs(one.mean), _digits(one.mean)).lstrip("+")
    if measure == "return":
        verb = "gained" if one.mean >= 0 else "lost"
        what = f"{verb} {size} on average {when}, beyond what the model expects of them"
    else:
        what = f"had abnormal {_MEASURES[measure]} of {one.mean:+.2f} on average {when}"
    range_ = _interval(interval, measure, _digits(one.mean))
    return f"{who} {what}{range_}: {chance_words(one.p, one.test)}."


def _interval(ends: tuple[float, float] | None, measure: str, digits: int) -> str:
    if ends is None:
        return ""
    low, high = ends
    if measure != "return":
        return f" (95% interval {low:+.2f} to {high:+.2f})".replace("-", "−")
    return f" (95% interval {percent(low, digits)} to {percent(high, digits)})"


def _digits(value: float) -> int:
    """Return the decimals of a per cent that say something of a mean."""
    return 1 if abs(value) >= 0.005 else 2


def chance_words(p: float | None, test: str | None) -> str:
    """Say in words how well chance explains it, with the p-value and its test."""
    if p is None:
        return "no test of the study can tell it from chance"
    words = (
        "chance is a very unlikely explanation"
        if p < 0.01
        else "chance is an unlikely explanation"
        if p < 0.05
        else "the evidence is weak"
        if p < 0.10
        else "chance alone could explain it"
    )
    by = f", {test}" if test else ""
    return f"{words} ({p_words(p)}{by})"


def p_words(p: float) -> str:
    """Return p = 0.034, or p < 0.001."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def window_words(window: Window) -> str:
    """Return `on the day of the reaction`, or which sessions around it."""
    if window == Window(0, 0):
        return "on the day the market first reacted"
    return f"over sessions {span(window)} around the reaction"


def largest(result: StudyResult) -> Reaction | None:
    """Return the main-session reaction with the largest |t| over the first CAR window."""
    import polars as pl

    window = result.spec.cars[0]
    ranked = result.cars.filter(
        ~pl.col("alternative"),
        pl.col("model") == result.spec.models[0],
        pl.col("start") == window.start,
        pl.col("end") == window.end,
        pl.col("t").is_not_null(),
    ).sort(pl.col("t").abs(), descending=True, maintain_order=True)
    if ranked.is_empty():
        return None
    return _reaction(result, ranked.row(0, named=True))


def _reaction(result: StudyResult, row: dict[str, Any]) -> Reaction:
    import polars as pl
    from scipy.special import stdtrit

    own = (pl.col("event_id") == row["event_id"], pl.col("ticker") == row["ticker"])
    main = ~pl.col("alternative")
    observed = result.observations.filter(*own, main).row(0, named=True)
    value = result.market_caps.filter(*own, main, pl.col("day") == 0)["abnormal_change"]
    half = float(stdtrit(row["dof"], 0.975)) * row["std_error"]
    return Reaction(
        row["event_id"],
        row["ticker"],
        observed["session"],
        row["car"],
        row["car"] - half,
        row["car"] + half,
        row["p"],
        value[0] if len(value) else None,
        currency_unit(observed["currency"])[0],
    )


def _reaction_sentence(one: Reaction, window: Window) -> str:
    when = f"on {day_name(one.session)}" if window == Window(0, 0) else window_words(window)
    verb = "gained" if one.car >= 0 else "lost"
    size = percent(abs(one.car), 1).lstrip("+")
    worth = ""
    if one.value is not None and window == Window(0, 0):
        worth = f", {money(abs(one.value), one.currency, signed=False)} of market value"
    return (
        f"{one.ticker} {verb} {size} {when} beyond what the model expects of it{worth} (95% "
        f"interval {percent(one.low, 1)} to {percent(one.high, 1)}): "
        f"{chance_words(one.p, 't test')}."
    )


def _method(band: Averages, result: StudyResult) -> str:
    return (
        f"Mean over all observations of the group under the model “{result.spec.models[0]}”. "
        f"{band_words(band).replace('Band: 95 %,', 'Interval: Student’s t ×')}."
    )


def _method_alone(result: StudyResult) -> str:
    return (
        f"Abnormal return under the model “{result.spec.models[0]}”; interval and p-value by its "
        "full prediction-error variance and Student's t. Single stock returns have fat tails: "
        "look at SQ p beside it."
    )
