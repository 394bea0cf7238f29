"""What every test of single events must do, tried on each plug-in that is found."""

from __future__ import annotations

import numpy as np
import pytest
from support.studies import noise, run

from backtest.engine.event_test import EventOutcome, EventTest
from backtest.errors import BadUsage
from backtest.inference import (
    event_tests_of,
    every_test,
    sample_tests_of,
    single_tests,
    tests,
)
from backtest.spec import StudySpec, Window

KEYS = single_tests.keys()
ROBUST = {"event-induced variance", "clustering", "non-normality", "thin trading"}
SPEC = StudySpec(estimation=Window(-110, -11), window=Window(-1, 1), cars=(Window(0, 0),))


def test_two_are_there() -> None:
    assert {"in_space", "conformal"} <= set(KEYS)
    assert not set(KEYS) & set(tests.keys())


@pytest.mark.parametrize("key", KEYS)
def test_it_says_what_it_is(key: str) -> None:
    test = single_tests.get(key)
    assert isinstance(test, EventTest)
    assert test.key == key
    assert test.title
    assert test.source
    assert test.formula
    assert test.robust_to <= ROBUST


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("model", ["synthetic", "market"])
def test_a_p_or_a_reason(key: str, model: str) -> None:
    told = run(noise(1, 105), [1, 2], [300, 301], model, SPEC, tests=(key,)).tests[key]
    given = np.isfinite(told.p)
    assert told.n.shape == told.statistic.shape == told.p.shape == told.reason.shape == (2, 1)
    assert (np.isfinite(told.statistic) == given).all()
    assert ((told.p > 0) & (told.p <= 1))[given].all()
    assert ((told.reason == None) == given).all()  # noqa: E711
    assert given.all() == (model == "synthetic")


@pytest.mark.parametrize("key", KEYS)
def test_no_observations(key: str) -> None:
    assert run(noise(1), [], [], "synthetic", tests=(key,)).tests[key].p.shape == (0, 6)


def test_a_name_is_of_one_kind_or_the_other_or_unknown() -> None:
    keys = ("bmp", "in_space", "sign", "conformal")
    assert [test.key for test in sample_tests_of(keys)] == ["bmp", "sign"]
    assert [test.key for test in event_tests_of(keys)] == ["in_space", "conformal"]
    assert set(every_test()) == {*tests.keys(), *KEYS}
    with pytest.raises(BadUsage, match=r"unknown test `in_spac`.*conformal.*did you mean"):
        sample_tests_of(["in_spac"])


def test_the_first_reason_stands_and_none_where_there_is_a_p() -> None:
    p = np.array([[0.5, np.nan, np.nan, np.nan]])
    first, second = np.array([[True, True, False, False]]), np.array([[True, True, True, False]])
    told = EventOutcome.of(
        np.ones((1, 4), np.int64), np.ones((1, 4)), p, {"one": first, "two": second}
    )
    assert told.reason.tolist() == [[None, "one", "two", None]]
    np.testing.assert_array_equal(told.statistic, [[1.0, np.nan, np.nan, np.nan]])


def test_machine_code_leaves_them_out_so_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.engine.machine_code.FEWEST", 1)
    one = run(noise(1), [1, 2], [300, 301], "market", tests=("conformal",))
    assert one.tests["conformal"].p.shape == (2, 6)
    assert one.sq_p.shape == (2, 6)
