"""What a study measures: the series that models are fed with, and what it needs.

`return` is the rule. `volume` is ln V of the shares traded (on today's split basis, as sources give
them), for the security and the benchmark alike, so `market` is the market model of log volume and
`mean` its mean-adjusted form (Ajinkya & Jain 1989; Campbell & Wasley 1996). A session without
trading is missing: zero has no logarithm, and a constant added before taking it would weigh
differently for every security. A model that estimates nothing gets a constant (`engine.measured`).

`volatility` starts from returns; the engine squares their abnormal part (`engine.volatility`).
Neither compounds nor moves dollars: BHAR and abnormal dollars stay empty, while market values and
claims are as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.block import ExpectedReturnModel, Pooled
from backtest.engine.windows import gather
from backtest.errors import BadUsage, DataUnavailable, Problem
from backtest.prices.panel import VOLUME, Panel
from backtest.results.factor_needs import factor_columns
from backtest.results.markets import Markets
from backtest.spec import StudySpec, Window, is_ticker

NO_VOLUME = "no volume is known of it in the windows"


def series_of(panel: Panel, spec: StudySpec) -> Floats:
    """Return the series (securities, S) that a study cuts its windows from."""
    if spec.measure != "volume":
        return panel.returns(spec.returns)
    return np.log(measured_values(panel, spec))


def measured_values(panel: Panel, spec: StudySpec) -> Floats:
    """Return what the series are made of, (securities, S): volumes above zero, or total returns."""
    if spec.measure != "volume":
        return panel.prices["total_return"]
    volumes = panel.prices.get(VOLUME)
    if volumes is None:
        return np.full_like(panel.prices["total_return"], np.nan)
    return np.where(np.isfinite(volumes) & (volumes > 0.0), volumes, np.nan)


def refuse_returns(models: Sequence[ExpectedReturnModel], spec: StudySpec) -> None:
    """Refuse models on factor returns, or of likeness in returns, where others are studied.

    Raises:
        BadUsage: with every model that needs columns of the factor data or control securities.
    """
    if spec.measure == "return":
        return
    problems = [
        Problem(
            "returns-only",
            f"{model.key} needs {needs}, not of {spec.measure}",
            field="model",
            hint=f"with --measure {spec.measure} use mean, market_adjusted or market",
        )
        for model in models
        if (needs := _of_returns(model))
    ]
    if problems:
        raise BadUsage(problems)


def _of_returns(model: ExpectedReturnModel) -> str:
    columns = factor_columns(model)
    if columns:
        return f"{', '.join(columns)}: factors of returns"
    return "controls by likeness of returns" if isinstance(model, Pooled) else ""


def refuse_missing_volumes(
    markets: Markets, models: Sequence[ExpectedReturnModel], spec: StudySpec
) -> None:
    """Refuse a study of volume whose prices have none.

    Raises:
        DataUnavailable: no security has volumes, or a common series that a model needs has none.
    """
    if spec.measure != "volume":
        return
    panels = [one.panel for one in markets.by_exchange.values()]
    if not any(VOLUME in panel.prices for panel in panels):
        raise DataUnavailable.because(
            "no-volume",
            f"the prices have no volumes: {markets.described}",
            field="measure",
            hint="a table of prices may have a column `volume`",
        )
    problems = [
        Problem(
            f"no-{role}-volume",
            f"the {role} {ticker} has no volumes on the sessions of {exchange}",
            field="benchmark" if role == "benchmark" else "factors",
            hint="choose a security that is traded, or --model mean",
        )
        for exchange, one in markets.by_exchange.items()
        for role, ticker in _common(models, spec)
        if not _has_volumes(one.panel, ticker)
    ]
    if problems:
        raise DataUnavailable(problems)


def _common(models: Sequence[ExpectedReturnModel], spec: StudySpec) -> Iterator[tuple[str, str]]:
    """Yield role and ticker of every common series that the models need."""
    names = {name.partition("@")[0] for model in models for name in model.regressors}
    if "market" in names:
        yield "benchmark", spec.benchmark
    for name in sorted(names):
        if is_ticker(name):
            yield "factor", name


def _has_volumes(panel: Panel, ticker: str) -> bool:
    (row,) = panel.rows([ticker])
    volumes = panel.prices.get(VOLUME)
    return volumes is not None and row >= 0 and bool((volumes[row] > 0.0).any())


def without_volume(series: Floats, rows: Ints, day0: Ints, spec: StudySpec) -> dict[str, Bools]:
    """Return the reason, (n,) of the observations that have no volume in any of their windows.

    Args:
        series: (series, S) what is studied.
        rows: (n,) series of each observation.
        day0: (n,) session index of τ = 0.
        spec: the study.
    """
    if spec.measure != "volume":
        return {}
    reach = Window(spec.estimation.start, spec.window.end)
    return {NO_VOLUME: np.logical_not(np.isfinite(gather(series, rows, day0, reach)).any(axis=1))}
