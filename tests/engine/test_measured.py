"""Volume and volatility through the models: slow references, expectations, invariances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import block_of, noise, quick, run

from backtest.engine.arrays import Floats
from backtest.engine.block import COLLINEAR, NO_VARIANCE
from backtest.engine.estimates import Estimates
from backtest.engine.volatility import TOO_SHORT, in_squares
from backtest.spec import Measure, StudySpec

ESTIMATION, EVENT = np.arange(40, 290), np.arange(290, 311)
"""The default windows of an event at session 300."""

MODELS = ("mean", "market", "market_adjusted")


def fit(returns: Floats, model: str, measure: Measure, rows: tuple[int, ...] = (1, 2)) -> Estimates:
    return run(returns, list(rows), [300] * len(rows), model, StudySpec(measure=measure))


def gappy(seed: int = 31) -> Floats:
    returns = noise(seed)
    returns[2, 50:60] = np.nan
    returns[2, 302] = np.nan
    returns[0, 100] = np.nan
    return returns


def slow_squares(y: Floats, x: Floats) -> Floats:
    """U over all sessions from the hat matrix of one regression, NaN where a value is missing."""
    there = ESTIMATION[np.isfinite(y[ESTIMATION]) & np.isfinite(x[ESTIMATION]).all(axis=1)]
    design = x[there]
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ y[there]
    hat = design @ inverse @ design.T
    residuals = y[there] - design @ coefficients
    dof = len(there) - x.shape[1]
    variance = residuals @ residuals / dof
    out = np.full(len(y), np.nan)
    out[there] = residuals**2 / (variance * (1.0 - np.diag(hat)))
    for day in EVENT:
        forecast = variance * (1.0 + x[day] @ inverse @ x[day])
        out[day] = (y[day] - x[day] @ coefficients) ** 2 / forecast * (dof - 2) / dof
    return out


@pytest.mark.parametrize("place", [0, 1])
def test_volatility_of_the_mean_model(place: int) -> None:
    """Beaver (1968): squares over variances, less their mean over the estimation window."""
    returns = gappy()
    ones = np.ones(returns.shape[1])
    squares = slow_squares(returns[place + 1], np.column_stack([ones, returns[0]]))
    one = fit(returns, "mean", "volatility")
    usual = np.nanmean(squares[ESTIMATION])
    spread = np.nanstd(squares[ESTIMATION], ddof=1)
    count = np.isfinite(squares[ESTIMATION]).sum()
    np.testing.assert_allclose(one.returns[place], squares[EVENT], rtol=1e-9)
    np.testing.assert_allclose(one.abnormal[place], squares[EVENT] - usual, rtol=1e-9, atol=1e-11)
    assert one.n_obs[place] == count == (249, 239)[place]
    error = np.where(np.isfinite(squares[EVENT]), spread * np.sqrt(1 + 1 / count), np.nan)
    np.testing.assert_allclose(one.std_error[place], error, rtol=1e-9)


@pytest.mark.parametrize("place", [0, 1])
def test_volatility_against_the_market_s(place: int) -> None:
    """The market's own squares are about its mean; the market model regresses one on the other."""
    returns = gappy()
    ones = np.ones((returns.shape[1], 1))
    own = slow_squares(returns[place + 1], np.column_stack([ones, returns[0]]))
    market = slow_squares(returns[0], ones)
    adjusted = fit(returns, "market_adjusted", "volatility")
    np.testing.assert_allclose(adjusted.expected[place], market[EVENT], rtol=1e-9)
    np.testing.assert_allclose(adjusted.abnormal[place], (own - market)[EVENT], rtol=1e-8)
    there = ESTIMATION[np.isfinite(own[ESTIMATION]) & np.isfinite(market[ESTIMATION])]
    slope, level = np.polyfit(market[there], own[there], 1)
    model = fit(returns, "market", "volatility")
    assert model.coefficients["beta"][place] == pytest.approx(slope, rel=1e-7)
    np.testing.assert_allclose(model.expected[place], level + slope * market[EVENT], rtol=1e-7)


def test_without_news_the_expectation_is_one_on_every_day() -> None:
    """On few days too: without the correction it would be 18/16 in the event window."""
    rng = np.random.default_rng(3)
    days = rng.normal(0.0, 0.02, (40_000, 27))
    block, _ = in_squares(block_of(days[:, :20], days[:, 20:], rng.normal(0.0, 0.01, 27)))
    np.testing.assert_allclose(block.estimation.mean(axis=0), 1.0, atol=0.04)
    np.testing.assert_allclose(block.event.mean(axis=0), 1.0, atol=0.05)
    assert block.event.mean() == pytest.approx(1.0, abs=0.02)


@quick
@given(
    model=st.sampled_from(MODELS),
    seed=st.integers(0, 99),
    scale=st.sampled_from([100.0, 0.01]),
    beta=st.floats(-3.0, 3.0),
    lead=st.floats(-0.01, 0.01),
)
def test_volatility_knows_neither_units_nor_betas(
    model: str, seed: int, scale: float, beta: float, lead: float
) -> None:
    returns = gappy(seed)
    before = fit(returns, model, "volatility")
    moved = returns.copy()
    moved[1:] = scale * (returns[1:] + beta * returns[0] + lead)
    after = fit(moved, model, "volatility")
    np.testing.assert_allclose(after.abnormal, before.abnormal, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(after.scar, before.scar, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_a_price_that_does_not_move_is_a_reason(model: str) -> None:
    returns = noise(5)
    returns[1] = 0.0
    one = fit(returns, model, "volatility")
    assert one.unusable[NO_VARIANCE][0]
    assert not one.unusable[NO_VARIANCE][1]
    assert one.n_obs.tolist() == [250, 250]
    assert np.isnan(one.abnormal[0]).all()


def test_a_market_that_does_not_move_is_a_reason() -> None:
    returns = noise(5)
    returns[0] = 0.0
    assert fit(returns, "mean", "volatility").unusable[COLLINEAR].all()


def test_a_variance_needs_more_than_two_degrees_of_freedom() -> None:
    days = np.random.default_rng(2).normal(0.0, 0.02, (1, 12))
    market = np.random.default_rng(3).normal(0.0, 0.01, 12)
    for days_before, lost in ((4, True), (5, False)):
        _, first = in_squares(
            block_of(days[:, :days_before], days[:, 7:], np.r_[market[:days_before], market[7:]])
        )
        assert first.unusable[TOO_SHORT].tolist() == [lost]


@pytest.mark.parametrize("measure", ["volume", "volatility"])
@pytest.mark.parametrize("model", MODELS)
def test_nothing_compounds_but_returns(measure: Measure, model: str) -> None:
    one = fit(noise(7), model, measure)
    assert np.isnan(one.bhar).all()
    assert np.isfinite(one.car).all()
    assert np.isfinite(fit(noise(7), model, "return").bhar).all()


def test_volume_is_fed_as_it_is() -> None:
    series = gappy()
    for model in ("mean", "market"):
        one, other = fit(series, model, "volume"), fit(series, model, "return")
        np.testing.assert_array_equal(one.abnormal, other.abnormal)
        np.testing.assert_array_equal(one.car_error, other.car_error)


@pytest.mark.parametrize("place", [0, 1])
def test_market_adjusted_volume_is_above_the_usual_difference(place: int) -> None:
    """ln V − ln V_m has a level of its own: the mean model of the difference, K = 1."""
    series = gappy() + np.arange(12)[:, None]
    one = fit(series, "market_adjusted", "volume")
    difference = (series[place + 1] - series[0])[ESTIMATION]
    difference = difference[np.isfinite(difference)]
    count = len(difference)
    event = (series[place + 1] - series[0])[EVENT]
    np.testing.assert_allclose(one.abnormal[place], event - difference.mean(), rtol=1e-9)
    assert one.coefficients["alpha"][place] == pytest.approx(difference.mean())
    assert (one.n_obs[place], one.dof[place]) == (count, count - 1)
    spread = difference.std(ddof=1)
    assert one.car_error[0, 3] > 0
    length = np.isfinite(event).sum()
    if length == len(EVENT):
        expected = spread * np.sqrt(length + length**2 / count)
        assert one.car_error[place, 3] == pytest.approx(expected, rel=1e-9)
    assert np.nansum(one.history[place, :250]) == pytest.approx(0.0, abs=1e-9)


@quick
@given(model=st.sampled_from(MODELS), seed=st.integers(0, 99), split=st.floats(0.01, 100.0))
def test_how_many_shares_make_a_company_does_not_matter(
    model: str, seed: int, split: float
) -> None:
    series = gappy(seed)
    before = fit(series, model, "volume")
    series[1:] += np.log(split)
    after = fit(series, model, "volume")
    np.testing.assert_allclose(after.abnormal, before.abnormal, rtol=0, atol=1e-12)
    np.testing.assert_allclose(after.scar, before.scar, rtol=1e-8, atol=1e-9)


def test_the_event_is_not_looked_at() -> None:
    returns = gappy()
    moved = returns.copy()
    moved[1:, EVENT] += 0.5
    for measure in ("volume", "volatility"):
        one, other = fit(returns, "mean", measure), fit(moved, "mean", measure)
        np.testing.assert_array_equal(one.sigma, other.sigma)
        np.testing.assert_array_equal(one.history[:, :250], other.history[:, :250])


def test_blocks_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    from backtest.engine import estimate as module

    returns = gappy()
    spec = replace(StudySpec(), measure="volatility")
    rows, days = [1, 2, 3, 4, 5], [300, 301, 300, 320, 301]
    whole = run(returns, rows, days, "market", spec)
    monkeypatch.setattr(module, "BLOCK", 1)
    alone = run(returns, rows, days, "market", spec)
    np.testing.assert_array_equal(whole.abnormal, alone.abnormal)
    np.testing.assert_array_equal(whole.scar, alone.scar)
