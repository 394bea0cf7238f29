"""Two securities worked by hand, in units of 1/64 so that every mean is exact.

The mean model over four days. A returns 1, 3, 1, 3 and then 6; B returns 0, 4, 2, 2 and then 1.

    mean 2 for both; residuals A: −1 1 −1 1, B: −2 2 0 0; AR: A 4, B −1
    s² = 4/3 and 8/3; forecast variance s²(1 + 1/4) = 5/3 and 10/3
    SAR: A 4/√(5/3) = 3.0983867, B −1/√(10/3) = −0.5477226; 3 degrees of freedom each
    r = (2 + 2)/(√4 √8) = 1/√2
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.studies import days_of, run

from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import StudySpec, Window

SPEC = StudySpec(estimation=Window(-4, -1), window=Window(0, 0), cars=(Window(0, 0),), min_obs=3)
A, B = 4 / math.sqrt(5 / 3), -1 / math.sqrt(10 / 3)
R = 1 / math.sqrt(2)


@pytest.fixture(scope="module")
def sample() -> Sample:
    returns = np.array([[0, 0, 0, 0, 0], [1, 3, 1, 3, 6], [0, 4, 2, 2, 1]]) / 64
    day0 = np.array([4, 4])
    return days_of(run(returns, [1, 2], day0, "mean", SPEC), SPEC, day0)


def test_abnormal_returns(sample: Sample) -> None:
    np.testing.assert_allclose(64 * sample.car[:, 0], [4, -1], rtol=1e-14)
    np.testing.assert_allclose(sample.scar[:, 0], [3.098386676965934, -0.5477225575051661])
    np.testing.assert_allclose(sample.before.residuals[:] * 64, [[-1, 1, -1, 1], [-2, 2, 0, 0]])
    assert sample.cross_correlation[0] == pytest.approx(R)


@pytest.mark.parametrize(
    ("key", "statistic", "p"),
    [
        # Mean 1.5, sd 5/√2: t = √2 · 1.5 · √2/5 = 0.6 with one degree, Cauchy's distribution.
        ("cross_sectional", 0.6, 1 - 2 / math.pi * math.atan(0.6)),
        # The variance of each SAR is 3/(3 − 2).
        ("patell", (A + B) / math.sqrt(6), math.erfc((A + B) / math.sqrt(12))),
        ("patell_adjusted", (A + B) / math.sqrt(6 * (1 + R)), None),
        # Of two values, √2 · mean/sd is the sum over the difference.
        ("bmp", (A + B) / (A - B), 1 - 2 / math.pi * math.atan((A + B) / (A - B))),
        # √((1 − 1/√2)/(1 + 1/√2)) = √2 − 1.
        ("bmp_adjusted", (A + B) / (A - B) * (math.sqrt(2) - 1), None),
        # Mean residuals −1.5 1.5 −0.5 0.5: variance 5/3.
        ("crude_dependence", 1.5 / math.sqrt(5 / 3), None),
        # Ranks of A 1.5 3.5 1.5 3.5 5 and of B 1 5 3.5 3.5 2, over 6; mean less ½ in 24ths:
        # −7 5 −2 2 2.
        ("rank", 2 / math.sqrt((49 + 25 + 4 + 4 + 4) / 5), None),
        # One of two positive, one of each sign being as likely as can be.
        ("sign", 1.0, 1.0),
        # |4| ranks above |−1|: W⁺ = 2 of 0, 1, 2, 3, which are equally likely.
        ("wilcoxon", 2.0, 1.0),
        # Half of A's and a quarter of B's residuals are positive: p̂ = 3/8.
        ("generalized_sign", (1 - 0.75) / math.sqrt(2 * 3 / 8 * 5 / 8), None),
    ],
)
def test_by_hand(sample: Sample, key: str, statistic: float, p: float | None) -> None:
    outcome = tests.get(key).run(sample)
    assert outcome.statistic[0] == pytest.approx(statistic, rel=1e-12)
    if p is not None:
        assert outcome.p[0] == pytest.approx(p, rel=1e-12)
