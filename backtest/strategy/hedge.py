"""What is held against each trade: chosen from what was known before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.donors import TOO_ALIKE
from backtest.strategy.bars import TradeBars
from backtest.strategy.costs import Liquidity
from backtest.strategy.schema import Hedge

LOOK_BACK = 250
"""Sessions before the entry that a control is matched on."""
FEWEST = 100
"""Of these, sessions with returns of both."""


ITSELF = "it would be hedged with itself"


@dataclass(frozen=True, slots=True)
class Hedged:
    """Hedges of N orders: row of the bars (−1 for none), money for one of the order, why none."""

    row: Ints
    ratio: Floats
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Against:
    """What a hedge may be chosen by.

    Attributes:
        benchmark: row of the benchmark.
        beta: (N,) estimated on the sessions before, NaN where it is not known.
        group: (N,) orders of one number are of one announcement.
        sectors: from ticker to sector, where they are given.
        may: (P,) who may be a control.
    """

    benchmark: int
    beta: Floats
    group: Ints
    sectors: Mapping[str, str]
    may: Bools


def hedged(
    hedge: Hedge, bars: TradeBars, known: Liquidity, row: Ints, session: Ints, by: Against
) -> Hedged:
    """Return the hedges of N orders.

    Args:
        hedge: the rule.
        bars: prices.
        known: volume and volatility before each session.
        row: (N,) securities.
        session: (N,) sessions of the entries; only earlier ones are looked at.
        by: what is known of the orders.
    """
    count = len(row)
    ones, nobody = np.ones(count), np.full(count, -1)
    if hedge.by == "none":
        return Hedged(nobody, np.zeros(count), ("",) * count)
    if hedge.by == "market":
        return _told(np.full(count, by.benchmark), ones, row, "the benchmark has no prices")
    if hedge.by == "beta":
        lost = np.isnan(by.beta)
        rows = np.where(lost, -1, by.benchmark)
        return _told(rows, np.nan_to_num(by.beta), row, "no β could be estimated")
    if hedge.by == "sector":
        names = [_fund(hedge, bars.tickers[one] if one >= 0 else "", by.sectors) for one in row]
        none_told = "no fund is named for it, or it has no prices"
        return _told(bars.rows(names), ones, row, none_told)
    rows = _matched(bars, known, row, session, by)
    return _told(rows, ones, row, "no security can serve as a control")


def funds_of(hedge: Hedge) -> set[str]:
    """Return the funds that a rule names, whose prices are needed."""
    return {*hedge.funds.values(), *([hedge.otherwise] if hedge.otherwise else [])}


def _fund(hedge: Hedge, ticker: str, sectors: Mapping[str, str]) -> str:
    named = {name.casefold(): fund for name, fund in hedge.funds.items()}
    sector = sectors.get(ticker, "")
    return hedge.funds.get(ticker) or named.get(sector.casefold()) or hedge.otherwise or ""


def _told(hedge: Ints, ratio: Floats, row: Ints, reason: str) -> Hedged:
    """Return hedges with what is wrong with each; none is the security itself."""
    own = (hedge == row) & (hedge >= 0)
    whys = np.select([own, hedge < 0], [ITSELF, reason], "")
    return Hedged(np.where(own, -1, hedge), ratio, tuple(whys.tolist()))


def _matched(bars: TradeBars, known: Liquidity, row: Ints, session: Ints, by: Against) -> Ints:
    """Return (N,) the nearest control of each order, −1 where there is none.

    Nearest by the mean difference in β and in the logarithm of the money traded, each in standard
    deviations among the candidates (Gower 1971). Parties of the same announcement are none, nor
    who moves with the security or the benchmark (correlation of 0.95: a fund, another class).
    """
    out = np.full(len(row), -1)
    returns = np.full(bars.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        returns[:, 1:] = bars.total_return[:, 1:] / bars.total_return[:, :-1] - 1.0
    for at, (own, now) in enumerate(zip(row, session, strict=True)):
        if own < 0 or not 0 < now < bars.shape[1] or by.benchmark < 0:
            continue
        past = returns[:, max(0, now - LOOK_BACK) : now]
        beta, market = _lines(past, past[by.benchmark])
        _, alike = _lines(past, past[own])
        size = np.log(np.where(known.adv[:, now] > 0, known.adv[:, now], np.nan))
        usable = by.may & np.isfinite(beta) & (np.abs(market) < TOO_ALIKE)
        usable &= np.isfinite(beta[own]) & (np.abs(alike) < TOO_ALIKE)
        usable[row[(by.group == by.group[at]) & (row >= 0)]] = False
        if usable.any():
            apart = _apart(beta, own, usable) + np.nan_to_num(_apart(size, own, usable))
            out[at] = np.flatnonzero(usable)[np.argmin(apart[usable])]
    return out


def _lines(past: Floats, market: Floats) -> tuple[Floats, Floats]:
    """Return (P,) slope on a series (M,) and correlation with it; NaN for too few sessions."""
    both = np.isfinite(past) & np.isfinite(market)
    count = both.sum(axis=1)
    y, x = np.where(both, past, 0.0), np.where(both, market, 0.0)
    size = np.maximum(count, 1)
    y = np.where(both, y - (y.sum(axis=1) / size)[:, None], 0.0)
    x = np.where(both, x - (x.sum(axis=1) / size)[:, None], 0.0)
    xx, yy, xy = (x * x).sum(axis=1), (y * y).sum(axis=1), (x * y).sum(axis=1)
    enough = (count >= FEWEST) & (xx > 0) & (yy > 0)
    slope = np.where(enough, xy / np.where(xx > 0, xx, 1.0), np.nan)
    return slope, np.where(enough, xy / np.sqrt(np.where(enough, xx * yy, 1.0)), np.nan)


def _apart(values: Floats, own: int, usable: Bools) -> Floats:
    spread = float(np.nanstd(values[usable])) if np.isfinite(values[usable]).any() else 0.0
    return np.asarray(np.abs(values - values[own]) / (spread if spread > 0 else 1.0))
