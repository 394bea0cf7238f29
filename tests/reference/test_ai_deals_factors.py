"""Whole studies with factor models against another program, on stand-ins made of funds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from reference.test_ai_deals import EVENTS, FOLDER
from support.bulk import save
from support.studies import needs_shared

import backtest as bt
from backtest.results.result import StudyResult

pytestmark = list(needs_shared)

NAMES = {
    "risk_free_rate": "rf",
    "market_excess": "mkt_rf",
    "smb": "smb",
    "hml": "hml",
    "rmw": "rmw",
    "cma": "cma",
    "mom": "mom",
}
COLUMNS = {
    "capm": ("mkt_rf",),
    "ff3": ("mkt_rf", "smb", "hml"),
    "carhart": ("mkt_rf", "smb", "hml", "mom"),
    "ff5": ("mkt_rf", "smb", "hml", "rmw", "cma"),
    "ff6": ("mkt_rf", "smb", "hml", "rmw", "cma", "mom"),
}
THEIRS = {"FF3": "ff3", "Carhart4": "carhart", "FF5": "ff5"}


@pytest.fixture(scope="module")
def factors() -> pl.DataFrame:
    table = pl.read_csv(FOLDER / "pseudo_factors.csv", try_parse_dates=True)
    return table.rename(NAMES)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, factors: pl.DataFrame) -> StudyResult:
    folder: Path = tmp_path_factory.mktemp("factors")
    prices = pl.concat([pl.read_csv(FOLDER / name) for name in ("prices.csv", "market.csv")])
    return bt.run(
        save(EVENTS.rename({"event_date": "date"}), folder / "events.csv"),
        save(prices.filter(pl.col("date") >= "2024-07-29"), folder / "prices.csv"),
        model=[*COLUMNS],
        factor_data=save(factors, folder / "factors.csv"),
        cache=False,
    )


@pytest.fixture(scope="module")
def answers() -> pl.DataFrame:
    table = pl.read_csv(FOLDER / "r_EventStudy_0.50.csv", schema_overrides={"day": pl.Int32})
    return table.filter(pl.col("model").is_in(list(THEIRS))).with_columns(
        pl.col("model").replace_strict(THEIRS)
    )


@pytest.mark.parametrize("model", COLUMNS)
def test_the_formula_event_by_event(result: StudyResult, factors: pl.DataFrame, model: str) -> None:
    """R − r_f on the factors by another solver; the stand-in's market is the benchmark less r_f."""
    close = pl.concat(
        [pl.read_csv(FOLDER / name, try_parse_dates=True) for name in ("prices.csv", "market.csv")]
    )
    for event, ticker, day in EVENTS.iter_rows():
        own = close.filter(ticker=ticker).sort("date")
        own = own.with_columns(r=pl.col("close") / pl.col("close").shift(1) - 1)
        both = own.join(factors, on="date").sort("date")
        zero = both["date"].to_list().index(day)
        y = (both["r"] - both["rf"]).to_numpy()
        x = np.column_stack([np.ones(len(y)), both.select(COLUMNS[model]).to_numpy()])
        past, window = slice(zero - 260, zero - 10), slice(zero - 10, zero + 11)
        b = np.linalg.lstsq(x[past], y[past], rcond=None)[0]
        rows = result.abnormal_returns.filter(event_id=event, model=model)
        np.testing.assert_allclose(rows["abnormal"], (y - x @ b)[window], rtol=0, atol=1e-12)
        fit = result.fits.filter(event_id=event, model=model).row(0, named=True)
        assert fit["n_obs"] == 250
        found = [fit["alpha"], fit["beta"]]
        found += [fit["coefficients"][name] for name in COLUMNS[model][1:]]
        np.testing.assert_allclose(found, b, rtol=1e-8, atol=1e-11)


def test_the_fits_of_event_study(result: StudyResult, answers: pl.DataFrame) -> None:
    cars = result.cars.unique(["event_id", "model"]).select("event_id", "model", "dof")
    ours = result.fits.join(cars, on=["event_id", "model"])
    for name, theirs in {
        "alpha": "model.alpha",
        "beta": "model.beta",
        "sigma": "model.sigma",
        "dof": "model.degree_of_freedom",
    }.items():
        both = answers.filter(quantity=theirs).join(ours, on=["event_id", "model"])
        assert both.height == 8 * 3
        np.testing.assert_allclose(both[name], both["value"], rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize(
    ("quantity", "column"), [("ART.abnormal_returns", "abnormal"), ("fec_sigma", "std_error")]
)
def test_the_days_of_event_study(
    result: StudyResult, answers: pl.DataFrame, quantity: str, column: str
) -> None:
    """Its three-, four- and five-factor models take r_f off both sides, as ours do (METHODS §10).

    With r_f left in, abnormal returns would be up to 4.4e-4 larger.
    """
    theirs = answers.filter(quantity=quantity)
    both = theirs.join(result.abnormal_returns, on=["event_id", "model", "day"])
    assert both.height == 8 * 21 * 3
    np.testing.assert_allclose(both[column], both["value"], rtol=0, atol=1e-10)


def test_the_windows_of_event_study(result: StudyResult, answers: pl.DataFrame) -> None:
    theirs = answers.filter(pl.col("quantity") == "CART.car", pl.col("day") == 10)
    ours = result.cars.filter(start=-10, end=10)
    both = theirs.join(ours, on=["event_id", "model"])
    assert both.height == 8 * 3
    np.testing.assert_allclose(both["car"], both["value"], rtol=0, atol=1e-10)


def test_expected_returns_hold_the_risk_free_return(
    result: StudyResult, factors: pl.DataFrame
) -> None:
    """Without factor moves E[R] is r_f + α: what is left of it after the factors' part."""
    rows = result.abnormal_returns.filter(model="capm").join(factors, on="date")
    rows = rows.join(
        result.fits.select("event_id", "model", "alpha", "beta"), on=["event_id", "model"]
    )
    left = rows["expected"] - rows["beta"] * rows["mkt_rf"] - rows["alpha"]
    np.testing.assert_allclose(left, rows["rf"], rtol=0, atol=1e-12)
    assert rows["rf"].max() == pytest.approx(4.4e-4, abs=2e-5)
