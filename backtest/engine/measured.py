"""Fitting a model to what a study measures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backtest.engine.block import Block, ExpectedReturnModel, Fit
from backtest.engine.volatility import MARKET, in_squares
from backtest.spec import Measure


def series_needed(model: ExpectedReturnModel, measure: Measure) -> tuple[str, ...]:
    """Return the common series of a model, and the benchmark where squares need it."""
    own = (MARKET,) if measure == "volatility" else ()
    return tuple(dict.fromkeys((*own, *model.regressors)))


def fit_measure(model: ExpectedReturnModel, block: Block, measure: Measure) -> tuple[Block, Fit]:
    """Return the block of what is measured, and the model's fit to it.

    Args:
        model: of normal performance.
        block: returns, or log volumes.
        measure: what the study measures.
    """
    if measure == "volatility":
        block, first = in_squares(block)
        return block, first.onto(model.fit(block))
    fit = model.fit(block)
    return block, _with_level(fit) if measure == "volume" else fit


def _with_level(fit: Fit) -> Fit:
    """Give a model without coefficients a constant, K = 1.

    How many shares make up a company is arbitrary, so the volume of one security says nothing of
    another's level: `market_adjusted` compares what is above the usual difference of the two, and
    the error of that, s²/M, belongs into the forecast's.
    """
    if fit.scaled_design.shape[2]:
        return fit
    present = np.isfinite(fit.residuals)
    count = np.maximum(present.sum(axis=1), 1)
    level = np.where(present, fit.residuals, 0.0).sum(axis=1) / count
    shape = (*fit.expected.shape, 1)
    return replace(
        fit,
        expected=fit.expected + level[:, None],
        residuals=fit.residuals - level[:, None],
        scaled_design=np.broadcast_to((1.0 / np.sqrt(count))[:, None, None], shape),
        coefficients={**fit.coefficients, "alpha": level},
    )
