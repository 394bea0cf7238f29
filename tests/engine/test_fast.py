"""Machine code against NumPy: the same numbers, and only where it is worth loading."""

from __future__ import annotations

import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from support.studies import factors, noise, quick

from backtest.engine import fast, machine_code
from backtest.engine.arrays import Floats
from backtest.engine.estimate import estimate, standardise
from backtest.engine.estimates import Estimates, Standardised
from backtest.engine.job import Job
from backtest.engine.linear import LinearModel, linear_form
from backtest.engine.mapping import Mapper, one_by_one
from backtest.engine.ranks import both_ranks
from backtest.models import models
from backtest.spec import StudySpec, Window

pytest.importorskip("numba", reason="numba is not installed")

LINEAR = ("mean", "market", "capm", "ff3", "carhart", "ff5", "ff6")
N = 200


def _job(model: str, spec: StudySpec | None = None, *, missing: float = 0.001) -> Job:
    returns = noise(3, missing=missing)
    returns[5, 100:180] = 0.0
    returns[6] = 0.0
    returns[7] = np.round(returns[7], 2)  # a coarse tick: many ties
    common = factors(returns.shape[1])
    names = ("mkt_rf", "smb", "hml", "rmw", "cma", "mom", "rf")
    commons = {"market": 0, **{name: len(returns) + i for i, name in enumerate(names)}}
    rng = np.random.default_rng(1)
    rows, day0 = rng.integers(1, 12, N), rng.integers(255, 395, N)
    chosen = spec or StudySpec(min_obs=20)
    return Job(np.vstack([returns, common]), commons, rows, day0, models.get(model), chosen)


def _flat(made: Estimates | Standardised) -> dict[str, Floats]:
    out = {}
    for field in fields(made):
        value = getattr(made, field.name)
        out |= value if isinstance(value, dict) else {field.name: value}
    return out


def _agree(one: Estimates | Standardised, other: Estimates | Standardised) -> None:
    there = _flat(other)
    for name, values in _flat(one).items():
        assert values.dtype == there[name].dtype, name
        np.testing.assert_allclose(values, there[name], rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_code, "FEWEST", 1)


def _slowly(job: Job) -> Estimates:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine_code, "FEWEST", 1 << 60)
        return estimate(job, one_by_one)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("model", LINEAR)
def test_the_same_numbers(model: str) -> None:
    job = _job(model)
    made, slow = estimate(job, one_by_one), _slowly(job)
    _agree(made, slow)
    every, own = both_ranks(made.history, len(job.spec.estimation))
    np.testing.assert_array_equal(made.ranks, every)
    np.testing.assert_array_equal(made.own_ranks, own)
    found = standardise(job, one_by_one)
    np.testing.assert_allclose(found.sar, slow.sar, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(found.scar, slow.scar, rtol=1e-9, atol=1e-13)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    "spec",
    [
        StudySpec(min_obs=20, returns="log"),
        StudySpec(min_obs=20, missing="lenient"),
        StudySpec(min_obs=5, estimation=Window(-40, -31), cars=(Window(-10, 10), Window(0, 0))),
        StudySpec(min_obs=20, window=Window(2, 9), cars=(Window(2, 3),)),
    ],
    ids=["log", "lenient", "short", "later"],
)
def test_of_other_studies(spec: StudySpec) -> None:
    job = _job("market", spec)
    _agree(estimate(job, one_by_one), _slowly(job))


@pytest.mark.usefixtures("always")
def test_prices_that_cannot_be_written_and_a_mapper_elsewhere() -> None:
    """A panel on disk is read-only; a mapper in other processes returns its answers."""

    def elsewhere(function, items, /):  # type: ignore[no-untyped-def]
        return map(function, items)

    job = _job("market")
    here = estimate(job, one_by_one)
    job.returns.flags.writeable = False
    mapper: Mapper = elsewhere
    elsewhere.elsewhere = True  # type: ignore[attr-defined]
    there = estimate(job, mapper)
    for name, values in _flat(here).items():
        np.testing.assert_array_equal(values, _flat(there)[name], err_msg=name)


def test_only_where_it_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    job = _job("market")
    assert not fast.worthwhile(job)
    monkeypatch.setattr(machine_code, "FEWEST", N)
    assert fast.worthwhile(job)
    assert not fast.worthwhile(job.take(np.arange(N - 1)))
    assert not fast.worthwhile(_job("market_adjusted"))
    assert not fast.worthwhile(_job("market", StudySpec(measure="volatility")))
    long = StudySpec(estimation=Window(-1100, -11))
    assert not fast.worthwhile(_job("market", long))
    assert not fast.worthwhile(replace(job, returns=np.asfortranarray(job.returns)))
    machine_code.can_compile.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not fast.worthwhile(job)
    monkeypatch.undo()
    machine_code.can_compile.cache_clear()


def test_a_model_that_does_more_than_its_form_is_asked() -> None:
    class Own(LinearModel):
        key = "own"
        form = models.get("market").form  # type: ignore[attr-defined]

        def fit(self, block):  # type: ignore[no-untyped-def]
            raise NotImplementedError

    assert linear_form(Own()) is None  # type: ignore[arg-type]
    assert linear_form(models.get("ff6")) is not None


def test_days_of_one_return_share_their_rank(both_ways: bool) -> None:
    """Under a constant mean, abnormal returns rank as returns do, on whichever side of the event.

    The event day's is a prediction error, the others are residuals: their last digits differ.
    """
    spec = StudySpec(min_obs=20)
    rng = np.random.default_rng(4)
    returns = np.round(rng.normal(0.0, 0.01, (12, 400)), 2)
    rows, day0 = rng.integers(1, 12, N), rng.integers(265, 385, N)
    made = estimate(Job(returns, {"market": 0}, rows, day0, models.get("mean"), spec), one_by_one)
    days = np.r_[-260:-10, -10:11]
    seen = returns[rows[:, None], day0[:, None] + days]
    assert (np.diff(np.sort(seen, axis=1), axis=1) == 0).mean() > 0.9
    np.testing.assert_array_equal(made.ranks, 2 * rankdata(seen, axis=1))
    np.testing.assert_array_equal(made.own_ranks, 2 * rankdata(seen[:, :250], axis=1))
    alone = spec.cars.index(Window(0, 0))
    event = seen[:, days == 0]
    ends = [(seen[:, :250] <= event).sum(axis=1), (seen[:, :250] >= event).sum(axis=1)]
    np.testing.assert_array_equal(made.sq_rank[:, alone], np.minimum(*ends) + 1)


EXTREMES = [-1e308, -1.0, -0.0, 0.0, 5e-324, 1e-300, 1e-7, 1.0, 1e308]


@quick
@given(st.lists(st.sampled_from(EXTREMES), min_size=6, max_size=40))
def test_ranks_of_close_and_equal_days(values: list[float]) -> None:
    """Days of one step of the sort are put in order by their values, ties share their rank."""
    from backtest.engine import rank_kernels

    rng = np.random.default_rng(len(values))
    close = np.array(values) * (1.0 + rng.integers(0, 3, len(values)) * 2.0**-52)
    history, days = close[None, :], len(close) - 3
    at, odd = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool)
    keys = np.zeros(history.shape, dtype=np.int32)
    rank_kernels.keys_of(history, at, odd, keys)
    keys.sort(axis=1)
    ranks = np.zeros(history.shape, dtype=np.uint16)
    own = np.zeros((1, days), dtype=np.uint16)
    rank_kernels.place(keys, history, at, odd, ranks, own)
    every, first = both_ranks(history, days)
    np.testing.assert_array_equal(ranks, every)
    np.testing.assert_array_equal(own, first)
