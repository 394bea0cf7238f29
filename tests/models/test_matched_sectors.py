"""Matched controls of the security's own sector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.studies import noise, pool_of, quick, run

from backtest.engine.arrays import Floats, Ints
from backtest.engine.estimates import Estimates
from backtest.engine.pool import Pool
from backtest.models.matched import CONTROLS, NO_CONTROLS, NO_PEERS

ESTIMATION, EVENT = slice(40, 290), slice(290, 311)
"""The default windows of an event at session 300."""

SECURITIES = 60
ROWS, DAYS = [1, 2, 3, 4, 1, 2], [300, 300, 305, 300, 350, 350]
"""Events of four securities, the first three of them in one sector."""


def drawn(seed: int) -> tuple[Floats, Floats, Ints]:
    """Return returns, log market values, a third of them missing, and sectors 0, 1 and −1."""
    rng = np.random.default_rng(seed)
    returns = noise(seed, SECURITIES)
    sizes = rng.normal(24.0, 1.5, (SECURITIES, 1)) + 10.0 * np.cumsum(returns, axis=1)
    sizes[rng.random(SECURITIES) < 0.3] = np.nan
    sector = rng.integers(-1, 2, SECURITIES)
    sector[1:5] = [0, 0, 0, -1]
    return returns, sizes, sector


def fit(returns: Floats, pool: Pool) -> Estimates:
    return run(returns, ROWS, DAYS, "matched", pool=pool)


def pool(sizes: Floats, sector: Ints | None = None) -> Pool:
    events = [*range(len(ROWS))]
    return pool_of(len(sizes), sizes, sector, rows=ROWS, days=DAYS, events=events)


def assert_same(one: Estimates, other: Estimates, places: list[int]) -> None:
    for name in ("expected", "abnormal", "sigma", "history", "n_obs"):
        ours, theirs = getattr(one, name)[places], getattr(other, name)[places]
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    for name, values in one.coefficients.items():
        np.testing.assert_array_equal(values[places], other.coefficients[name][places])


@quick
@given(seed=st.integers(0, 999))
def test_it_is_as_if_there_were_no_other_sectors(seed: int) -> None:
    """Bit by bit, distances over the spread in the sector included; unknown ones see everybody."""
    returns, sizes, sector = drawn(seed)
    one = fit(returns, pool(sizes, sector))
    members = [0, *np.flatnonzero(sector[1:] == 0) + 1]
    kept = [place for place, row in enumerate(ROWS) if sector[row] == 0]
    rows = [members.index(ROWS[place]) for place in kept]
    days = [DAYS[place] for place in kept]
    alone = run(
        returns[members],
        rows,
        days,
        "matched",
        pool=pool_of(len(members), sizes[members], rows=rows, days=days, events=kept),
    )
    np.testing.assert_array_equal(one.expected[kept], alone.expected)
    np.testing.assert_array_equal(one.history[kept], alone.history)
    np.testing.assert_array_equal(one.sigma[kept], alone.sigma)
    for name, values in alone.coefficients.items():
        np.testing.assert_array_equal(one.coefficients[name][kept], values)
    assert_same(one, fit(returns, pool(sizes)), [place for place in range(6) if place not in kept])


@quick
@given(seed=st.integers(0, 999))
def test_the_ten_nearest_of_the_sector(seed: int) -> None:
    """A slow loop over the rule: β and ln size, each over its spread in the sector."""
    returns, sizes, sector = drawn(seed)
    sizes[1] = 24.0
    sector[5:40] = 0
    one = run(returns, [1], [300], "matched", pool=pool_of(SECURITIES, sizes, sector))
    slopes = np.array([np.polyfit(returns[0, ESTIMATION], y, 1)[0] for y in returns[:, ESTIMATION]])
    peers = [row for row in range(1, SECURITIES) if sector[row] == 0]
    size = sizes[:, 289]
    away = np.abs(slopes - slopes[1]) / slopes[peers].std(ddof=1)
    apart = np.abs(size - size[1]) / np.nanstd(size[peers], ddof=1)
    distance = np.where(np.isnan(apart), away, (away + apart) / 2)
    rows = sorted((row for row in peers if row != 1), key=lambda row: distance[row])[:CONTROLS]
    np.testing.assert_allclose(one.expected[0], returns[rows, EVENT].mean(axis=0), atol=1e-15)
    assert one.coefficients["controls"].tolist() == [CONTROLS]


def test_sectors_are_numbers_without_an_order() -> None:
    returns, sizes, sector = drawn(1)
    renamed = np.where(sector < 0, -1, 7 - 3 * sector)
    one, other = fit(returns, pool(sizes, sector)), fit(returns, pool(sizes, renamed))
    assert_same(one, other, [*range(len(ROWS))])


@pytest.mark.parametrize("alone", [True, False])
def test_nobody_else_in_the_sector_is_a_reason(alone: bool) -> None:
    """Of the others one is in another sector and one is in none that is known."""
    returns = noise(10, 4)
    sector = np.array([-1, 5, 2, -1]) if alone else np.array([-1, 5, 5, -1])
    one = run(returns, [1, 3], [300, 300], "matched", pool=pool_of(4, None, sector))
    assert one.coefficients["controls"].tolist() == [0 if alone else 1, 2]
    assert one.unusable[NO_PEERS].tolist() == [alone, False]
    assert not one.unusable[NO_CONTROLS].any()
    assert np.isnan(one.abnormal[0]).all() == alone
