"""Rejection rates where the truth is known: simulated securities that follow the market model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.placebos import audited, market_model, price_table

from backtest.audit.known import known_failure
from backtest.audit.size_plan import SizePlan, default_tests
from backtest.audit.size_table import LEVELS, SIZE
from backtest.errors import BadUsage, DataUnavailable
from backtest.inference import tests
from backtest.spec import Window

QUICK = ("patell", "bmp", "bmp_adjusted", "rank", "generalized_sign", "wilcoxon", "calendar_time")
NOISE = np.random.default_rng(20260220).standard_normal((160, 500))


@pytest.fixture(scope="module")
def independent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return price_table(tmp_path_factory.mktemp("prices"), market_model(NOISE))


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A universe whose residuals share a factor: r̄ = 0.1."""
    return price_table(tmp_path_factory.mktemp("prices"), market_model(NOISE, common=0.1))


def rates(frame: pl.DataFrame, level: float = 0.05) -> dict[str, float]:
    return dict(frame.filter(level=level).select("test", "rate").rows())


def test_normal_returns_give_every_test_its_size(independent: Path) -> None:
    plan = SizePlan(samples=500, events=(20,), designs=("random",), added=(0.0,), tests=QUICK)
    table = audited(independent, plan).table
    for row in table.iter_rows(named=True):
        # ±3.3 standard errors of 500 samples.
        error = 3.3 * np.sqrt(row["level"] * (1 - row["level"]) / 500)
        assert row["rate"] == pytest.approx(row["level"], abs=error), row
        assert (row["samples"], row["tested"], row["effective"]) == (500, 500, 500)


def test_clustering_fools_the_tests_that_say_so(clustered: Path) -> None:
    """N = 50 at r̄ = 0.1: the mean's variance is 1 + 49·0.1 times what they take it for.

    A normal test at 5 % then rejects 2(1 − Φ(1.96/√5.9)) = 42 %.
    """
    plan = SizePlan(samples=400, events=(50,), designs=("same_date",), added=(0.0,), tests=QUICK)
    table = audited(clustered, plan).table.filter(level=0.05)
    found = {row["test"]: row for row in table.iter_rows(named=True)}
    # Some 240 dates: ±0.1 is three standard errors.
    assert found["patell"]["rate"] == pytest.approx(0.42, abs=0.1)
    for key in QUICK:
        clean = found[key]["known_failure"] != "not robust to clustering"
        assert clean == ("clustering" in tests.get(key).robust_to)
        if clean:
            assert found[key]["low"] < 0.075, key
            assert found[key]["high"] > 0.03, key
        else:
            assert found[key]["low"] > 0.25, key
        assert found[key]["effective"] < 400


def test_power_is_that_of_the_normal_distribution(independent: Path) -> None:
    """Patell's z with σ = 1.5 %: added a, it has mean √N a/σ."""
    from scipy.stats import norm

    added = (0.0025, 0.005, 0.02)
    plan = SizePlan(samples=300, events=(20,), designs=("random",), added=added, tests=("patell",))
    table = audited(independent, plan).table
    for row in table.iter_rows(named=True):
        z = norm.ppf(1 - row["level"] / 2)
        mean = np.sqrt(20) * row["added"] / 0.015
        power = norm.sf(z - mean) + norm.cdf(-z - mean)
        assert row["rate"] == pytest.approx(power, abs=0.09), row


def test_answers_depend_on_the_seed_only(independent: Path) -> None:
    plan = SizePlan(samples=90, power_samples=45, events=(1, 50), tests=("bmp", "rank"))
    here = audited(independent, plan)
    there = audited(independent, plan, jobs=2)
    assert here.table.equals(there.table)
    size = SizePlan(samples=90, events=(50,), added=(0.0,), tests=("bmp", "rank"))
    alone = audited(independent, size).table
    assert alone.equals(here.table.filter(n=50, added=0.0))
    other = SizePlan(samples=90, events=(50,), added=(0.0,), tests=("bmp", "rank"), seed=7)
    assert not audited(independent, other).table.equals(alone)


def test_the_table(independent: Path) -> None:
    plan = SizePlan(samples=20, power_samples=10, events=(1, 5), added=(0.0, 0.02), tests=("sign",))
    audit = audited(independent, plan)
    table = SIZE.check(audit.table)
    assert table.select(SIZE.key).is_unique().all()
    # Two designs, tests of one event and of five, two returns, three levels.
    assert len(table) == 2 * (3 + 1) * 2 * len(LEVELS)
    assert set(table.filter(added=0.0)["samples"]) == {20}
    assert set(table.filter(added=0.02)["samples"]) == {10}
    alone = table.filter(n=1, test="sign")
    assert alone["rate"].null_count() == len(alone)
    assert set(alone["reason"]) == {"needs at least 2 observations"}
    # Of five signs the rarest have probability 2/32 = 6.25 %.
    signs = table.filter(n=5, test="sign", added=0.0, level=0.05)
    assert set(signs["rate"]) == {0.0}
    assert set(table.filter(n=5)["known_failure"]) == {
        "of fewer than 6 signs none is as rare as 5 %",
        "not robust to clustering",
    }
    assert (audit.securities, audit.dates) == (159, 239)
    assert audit.notes == (
        "only 159 securities: samples overlap, and the rates hold for them alone",
    )


@pytest.mark.parametrize(
    ("test", "n", "low"), [("grank_t", 5, 0.075), ("skewness_adjusted", 5, 0.09)]
)
def test_known_failures_of_few_events_are_no_errors_of_ours(
    independent: Path, test: str, n: int, low: float
) -> None:
    """They miss their size with normal returns too, and have it with many events."""
    plan = SizePlan(samples=400, events=(n, 50), designs=("random",), added=(0.0,), tests=(test,))
    table = audited(independent, plan).table
    assert rates(table.filter(n=n))[test] > low
    assert known_failure(tests.get(test), "random", n)
    assert rates(table.filter(n=50))[test] == pytest.approx(0.05, abs=0.035)


def test_every_test_can_be_audited(independent: Path) -> None:
    plan = SizePlan(samples=3, events=(5,), added=(0.0, 0.01), tests=("all",))
    table = audited(independent, plan).table.filter(level=0.05, design="random")
    assert set(table["test"]) == set(tests.keys())
    undefined = table.filter(pl.col("rate").is_null())
    assert undefined["reason"].null_count() == 0
    # The table knows no market values, and is too short for placebo dates of every event; a
    # regression on the days of a portfolio needs more of them.
    assert {key for key in undefined["test"] if not key.startswith("calendar_time_")} <= {
        "permutation"
    }


def test_permutation_keeps_its_size_and_sees_what_is_added(tmp_path: Path) -> None:
    noise = np.random.default_rng(7).standard_t(4, (60, 900)) / np.sqrt(2)
    prices = price_table(tmp_path, market_model(noise, common=0.3))
    plan = SizePlan(samples=120, events=(5,), added=(0.0, 0.04), tests=("permutation",))
    table = audited(prices, plan).table.filter(level=0.05).sort("design", "added")
    random, random_power, same, same_power = table["rate"]
    # Within three standard errors of 120 draws with p = 0.05.
    assert max(random, same) < 0.11
    assert min(random_power, same_power) > 0.95


def test_default_tests_are_all_that_do_not_resample() -> None:
    left_out = set(tests.keys()) - set(default_tests())
    assert left_out == {"bootstrap", "bootstrap_wild", "bhar_bootstrap", "permutation"}
    assert SizePlan(tests=("all",)).tests == tests.keys()


def test_what_cannot_be_meant_is_told_at_once() -> None:
    with pytest.raises(BadUsage) as caught:
        SizePlan(
            samples=0,
            power_samples=0,
            events=(0, 5, 5),
            added=(0.01,),
            tests=("bmpp",),
            window=Window(1, 2),
            seed=-1,
        )
    codes = [problem.code for problem in caught.value.problems]
    assert codes == [
        *("too-few", "too-few", "bad-seed", "bad-events", "named-twice", "no-day-0"),
        "unknown-test",
    ]
    with pytest.raises(BadUsage, match="ff3 needs"):
        SizePlan(model="ff3")
    with pytest.raises(BadUsage, match="not returns in decimals"):
        SizePlan(added=(float("nan"),))
    with pytest.raises(BadUsage, match="reaches into the event window"):
        SizePlan(estimation=Window(-20, 0), min_obs=10)


def test_tables_that_cannot_be_audited(independent: Path, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="the benchmark XYZ has no prices"):
        audited(independent, SizePlan(benchmark="XYZ"))
    short = price_table(tmp_path, market_model(NOISE[:5, :200]))
    with pytest.raises(DataUnavailable, match=r"no security of prices\.parquet, 5 securities"):
        audited(short, SizePlan())
    with pytest.raises(BadUsage, match="cannot list them"):
        audited("yahoo", SizePlan())
