"""Factor models against least squares of one event at a time, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, quick, run

from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import COLLINEAR
from backtest.engine.estimates import Estimates
from backtest.models import model_for
from backtest.spec import StudySpec

SPEC = StudySpec()
NAMES = ("rf", "mkt_rf", "smb", "hml", "rmw", "cma", "mom", "SMH")
SECURITIES = 6
COMMONS = {name: SECURITIES + row for row, name in enumerate(NAMES)}
ROWS, DAY0 = [1, 2, 3, 4, 2], [300, 300, 305, 280, 340]

FORMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "capm": (("market",), ("market",)),
    "ff3": (("mkt_rf", "smb", "hml"), ()),
    "carhart": (("mkt_rf", "smb", "hml", "mom"), ()),
    "ff5": (("mkt_rf", "smb", "hml", "rmw", "cma"), ()),
    "ff6": (("mkt_rf", "smb", "hml", "rmw", "cma", "mom"), ()),
    "rf+mkt_rf+SMH": (("mkt_rf", "SMH"), ("SMH",)),
    "market+rf+mom": (("market", "mom"), ("market",)),
    "rf": ((), ()),
}
"""Model (or factors of one's own) → factors of the regression of R − r_f, and those less r_f."""


def panel(seed: int = 5) -> Floats:
    """Return securities, then the series of `COMMONS`; r_f changes from day to day."""
    rng = np.random.default_rng(seed)
    securities = noise(seed, SECURITIES)
    free = rng.uniform(0.0, 0.0004, securities.shape[1])
    others = rng.normal(0.0, 0.006, (len(NAMES) - 1, securities.shape[1]))
    others[0] = securities[0] - free + rng.normal(0.0, 0.001, len(free))
    return np.vstack([securities, free, others])


def fit(name: str, returns: Floats, rows: Ints | list[int] = ROWS) -> Estimates:
    own = name not in ("market", "capm", "ff3", "carhart", "ff5", "ff6")
    spec = StudySpec(models=("factors",), factors=tuple(name.split("+"))) if own else SPEC
    model = model_for("factors" if own else name, spec)
    return run(returns, rows, DAY0, model, spec, commons=COMMONS)


@pytest.mark.parametrize("name", FORMS)
def test_the_formula_event_by_event(name: str) -> None:
    """OLS of R − r_f on a constant and the factors; AR = R − r_f − fitted excess (METHODS §10)."""
    returns = panel()
    returns[2, 60:70] = np.nan
    returns[COMMONS["smb"], 120] = np.nan
    returns[COMMONS["rf"], 130] = np.nan
    ours = fit(name, returns)
    factors, assets = FORMS[name]
    free = returns[COMMONS["rf"]]
    columns = [returns[COMMONS.get(one, 0)] - (free if one in assets else 0.0) for one in factors]
    design = np.stack([np.ones_like(free), *columns], axis=1)
    for i, (row, zero) in enumerate(zip(ROWS, DAY0, strict=True)):
        excess = returns[row] - free
        days = np.arange(zero - 260, zero - 10)
        days = days[np.isfinite(excess[days]) & np.isfinite(design[days]).all(axis=1)]
        x, event = design[days], design[zero - 10 : zero + 11]
        b = np.linalg.lstsq(x, excess[days], rcond=None)[0]
        s2 = ((excess[days] - x @ b) ** 2).sum() / (len(days) - len(b))
        inverse = np.linalg.inv(x.T @ x)
        abnormal = excess[zero - 10 : zero + 11] - event @ b
        spread = 1 + np.einsum("lk,kj,lj->l", event, inverse, event)
        total = event.sum(axis=0)
        assert (ours.n_obs[i], ours.dof[i]) == (len(days), len(days) - len(b))
        np.testing.assert_allclose(list(_coefficients(ours, i)), b, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(ours.sigma[i], np.sqrt(s2), rtol=1e-11)
        np.testing.assert_allclose(ours.abnormal[i], abnormal, rtol=0, atol=1e-14)
        np.testing.assert_allclose(ours.std_error[i], np.sqrt(s2 * spread), rtol=1e-10)
        np.testing.assert_allclose(ours.car[i, 3], abnormal.sum(), rtol=0, atol=1e-13)
        error = np.sqrt(s2 * (21 + total @ inverse @ total))
        np.testing.assert_allclose(ours.car_error[i, 3], error, rtol=1e-10)
        got = ours.expected[i] + ours.abnormal[i]
        np.testing.assert_allclose(got, returns[row, zero - 10 : zero + 11], rtol=0, atol=1e-15)


def _coefficients(ours: Estimates, i: int) -> Floats:
    return np.array([values[i] for values in ours.coefficients.values()])


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("capm", "alpha beta"),
        ("carhart", "alpha beta smb hml mom"),
        ("ff6", "alpha beta smb hml rmw cma mom"),
        ("SMH+mkt_rf", "alpha SMH beta"),
        ("mkt_rf+market", "alpha mkt_rf beta"),
        ("rf+SMH", "alpha SMH"),
    ],
)
def test_coefficients_are_named_by_their_factor(name: str, names: str) -> None:
    assert list(fit(name, panel()).coefficients) == names.split()


@pytest.mark.parametrize(
    ("own", "known"),
    [
        ("market", "market"),
        ("rf+market", "capm"),
        ("mkt_rf+smb+rf+hml", "ff3"),
        ("rf+mkt_rf+smb+hml+rmw+cma+mom", "ff6"),
    ],
)
def test_factors_of_one_s_own_make_the_known_models(own: str, known: str) -> None:
    one, other = fit(own, panel()), fit(known, panel())
    np.testing.assert_array_equal(one.abnormal, other.abnormal)
    np.testing.assert_array_equal(one.car_error, other.car_error)
    assert list(one.coefficients) == list(other.coefficients)


def test_without_rf_returns_are_raw() -> None:
    """r_f is neither taken off nor needed."""
    returns = panel()
    raw = fit("mkt_rf+SMH", returns)
    returns[COMMONS["rf"]] = np.nan
    np.testing.assert_array_equal(fit("mkt_rf+SMH", returns).abnormal, raw.abnormal)
    assert not np.isfinite(fit("rf+mkt_rf+SMH", returns).abnormal).any()


def test_the_capm_without_interest_is_the_market_model() -> None:
    returns = panel()
    returns[COMMONS["rf"]] = 0.0
    np.testing.assert_array_equal(fit("capm", returns).abnormal, fit("market", returns).abnormal)


MODELS = ("ff3", "ff6", "mkt_rf+SMH", "rf+smb+mom")
finite = st.floats(-3.0, 3.0)


def used(name: str) -> list[str]:
    factors = FORMS[name][0] if name in FORMS else tuple(name.split("+"))
    return [one for one in factors if one != "rf"]


@quick
@given(name=st.sampled_from(MODELS), seed=st.integers(0, 99), betas=st.lists(finite, min_size=6))
def test_what_the_factors_explain_is_not_abnormal(name: str, seed: int, betas: list[float]) -> None:
    returns = panel(seed)
    before = fit(name, returns)
    for factor, beta in zip(used(name), betas, strict=False):
        returns[1:SECURITIES] += beta * returns[COMMONS[factor]]
    after = fit(name, returns)
    np.testing.assert_allclose(after.abnormal, before.abnormal, rtol=0, atol=1e-13)
    np.testing.assert_allclose(after.car_error, before.car_error, rtol=1e-9)


@quick
@given(name=st.sampled_from(MODELS), seed=st.integers(0, 99), unit=st.sampled_from([100.0, 1e-4]))
def test_the_unit_of_a_factor_does_not_matter(name: str, seed: int, unit: float) -> None:
    returns = panel(seed)
    before = fit(name, returns)
    for factor in used(name):
        returns[COMMONS[factor]] *= unit
    after = fit(name, returns)
    np.testing.assert_allclose(after.abnormal, before.abnormal, rtol=0, atol=1e-13)
    np.testing.assert_allclose(after.scar, before.scar, rtol=1e-9, atol=1e-12)


@quick
@given(name=st.sampled_from(["capm", "ff3", "rf+market+smb"]), seed=st.integers(0, 99))
def test_interest_that_everybody_earns_is_not_abnormal(name: str, seed: int) -> None:
    """More interest for the security, the market and r_f alike leaves all excess returns alone."""
    returns = panel(seed)
    before = fit(name, returns)
    rng = np.random.default_rng(seed)
    returns[[*range(SECURITIES), COMMONS["rf"]]] += rng.uniform(0, 0.001, returns.shape[1])
    np.testing.assert_allclose(fit(name, returns).abnormal, before.abnormal, rtol=0, atol=1e-14)


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.3, -1.7), (0.0, 0.0)])
@pytest.mark.parametrize("name", ["ff3", "ff5", "rf+mkt_rf+smb+hml"])
def test_collinear_factors_are_a_reason(name: str, weights: tuple[float, float]) -> None:
    returns = panel()
    two = [COMMONS["mkt_rf"], COMMONS["smb"]]
    returns[COMMONS["hml"]] = np.asarray(weights) @ returns[two]
    ours = fit(name, returns)
    assert ours.unusable[COLLINEAR].all()
    assert np.isnan(ours.abnormal).all()
    assert np.isnan(ours.sigma).all()
