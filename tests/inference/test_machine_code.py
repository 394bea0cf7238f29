"""Sample tests by machine code: the statistics of the slow way, whatever is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from support.studies import days_of, noise, run, windows_of

from backtest.engine import machine_code
from backtest.engine.rows import Rows
from backtest.engine.sample import Outcome, Sample, uses_placebos
from backtest.inference import tests
from backtest.spec import StudySpec

pytest.importorskip("numba", reason="numba is not installed")

N = 300
KEYS = [
    key
    for key in sorted(tests.keys())
    if "bootstrap" not in key and not uses_placebos(tests.get(key))
]


def _samples(missing: float) -> Iterator[Sample]:
    """Days and windows of events of which many share their dates, and some of those."""
    spec = StudySpec(min_obs=20)
    rng = np.random.default_rng(8)
    rows, day0 = rng.integers(1, 40, N), rng.integers(270, 300, N)
    estimates = run(noise(9, 40, missing=missing), rows, day0, "market", spec)
    value = rng.uniform(1e9, 1e12, N)
    for made in (days_of, windows_of):
        sample = made(estimates, spec, day0)
        history = replace(sample.before, value=value)
        sample = replace(sample, history=history)
        yield sample
        yield sample.take(np.flatnonzero(rng.random(N) < 0.8))
    # Equal abnormal returns: ties within the days, and an event of exactly zero.
    before = sample.before
    still = np.round(before.abnormal[:], 2)
    yield replace(sample, history=replace(before, abnormal=Rows(still)), scar=0.0 * sample.scar)


def _both(key: str, sample: Sample) -> list[Outcome]:
    answers = []
    for fewest in (1 << 60, 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(machine_code, "FEWEST", fewest)
            # A copy without what the other way remembered.
            answers.append(tests.get(key).run(replace(sample)))
    return answers


@pytest.mark.parametrize("missing", [0.0, 0.03])
@pytest.mark.parametrize("key", KEYS)
def test_the_same_statistics(key: str, missing: float) -> None:
    for sample in _samples(missing):
        slow, fast = _both(key, sample)
        assert slow.reasons == fast.reasons
        for name in ("statistic", "dof", "p"):
            np.testing.assert_allclose(
                getattr(fast, name), getattr(slow, name), rtol=1e-8, atol=1e-11, err_msg=name
            )


def test_a_longer_window_than_a_byte_counts() -> None:
    """Ranks of 300 days do not fit into a byte."""
    from backtest.spec import Window

    spec = StudySpec(estimation=Window(-320, -21), min_obs=20)
    estimates = run(noise(2, 40, 700), np.arange(N) % 39 + 1, 340 + np.arange(N), "market", spec)
    slow, fast = _both("grank_t", days_of(estimates, spec))
    np.testing.assert_allclose(fast.statistic, slow.statistic, rtol=1e-9)
