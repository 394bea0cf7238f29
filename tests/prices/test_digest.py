"""Digests name exactly the prices of a range: no less, no more, and not the panel around them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.studies import quick

from backtest.prices.digest import prefix_digests, range_digests
from backtest.prices.panel import Panel

NAMES = ("total_return", "close", "open", "high", "low")
SESSIONS = np.datetime64("2024-01-01", "D") + np.arange(12)


def _panel(seed: int, names: tuple[str, ...] = NAMES) -> Panel:
    rng = np.random.default_rng(seed)
    prices = {name: rng.uniform(1, 100, (3, 12)) for name in names}
    for values in prices.values():
        values[rng.random((3, 12)) < 0.2] = np.nan
    return Panel(SESSIONS, ("A", "B", "C"), prices)


def _digests(panel: Panel, row: int, first: int, last: int) -> list[int]:
    words = range_digests(
        prefix_digests(panel), np.array([row]), np.array([first]), np.array([last])
    )
    return np.asarray(words).ravel().tolist()


def _copy(panel: Panel) -> Panel:
    return Panel(
        panel.sessions, panel.tickers, {name: one.copy() for name, one in panel.prices.items()}
    )


ranges = st.tuples(st.integers(0, 11), st.integers(0, 11)).map(sorted)
seeds = st.integers(0, 10**6)


@quick
@given(seeds, ranges, st.sampled_from(NAMES), st.integers(0, 2), st.integers(0, 11))
def test_only_a_change_within_the_range_changes_it(
    seed: int, within: list[int], name: str, row: int, column: int
) -> None:
    panel, changed = _panel(seed), _copy(_panel(seed))
    cell = changed.prices[name][row, column]
    changed.prices[name][row, column] = 7.0 if np.isnan(cell) else np.nextafter(cell, 1e9)
    first, last = within
    assert _digests(_copy(panel), row, first, last) == _digests(panel, row, first, last)
    same = _digests(panel, row, first, last) == _digests(changed, row, first, last)
    assert same == (not first <= column <= last)
    other = (row + 1) % 3
    assert _digests(panel, other, 0, 11) == _digests(changed, other, 0, 11)


@quick
@given(seeds, st.permutations(NAMES), st.integers(0, 11))
def test_two_prices_of_a_day_cannot_change_places_unseen(
    seed: int, order: list[str], column: int
) -> None:
    """A vendor that had mixed up high and low corrects it: the events must be recomputed."""
    panel, swapped = _panel(seed), _copy(_panel(seed))
    one, other = order[:2]
    before = panel.prices[one][0, column], panel.prices[other][0, column]
    swapped.prices[one][0, column], swapped.prices[other][0, column] = before[1], before[0]
    same = _digests(panel, 0, 0, 11) == _digests(swapped, 0, 0, 11)
    assert same == bool(np.isnan(before).all())


def test_two_days_or_securities_cannot_change_places_unseen() -> None:
    panel, swapped = _panel(1), _copy(_panel(1))
    panel.prices["close"][:2, 2:4] = [[10.0, 20.0], [30.0, 40.0]]
    swapped.prices["close"][:2, 2:4] = [[20.0, 10.0], [10.0, 20.0]]
    assert _digests(panel, 0, 0, 11) != _digests(swapped, 0, 0, 11)
    assert _digests(panel, 0, 2, 3) != _digests(panel, 1, 2, 3)


@quick
@given(seeds, ranges, st.integers(0, 4), st.integers(0, 4))
def test_a_panel_grown_at_its_ends_keeps_old_digests(
    seed: int, within: list[int], before: int, after: int
) -> None:
    panel = _panel(seed)
    rng = np.random.default_rng(seed + 1)
    sessions = SESSIONS[0] - before + np.arange(before + 12 + after)
    prices = {
        name: np.hstack([rng.uniform(1, 9, (3, before)), old, rng.uniform(1, 9, (3, after))])
        for name, old in panel.prices.items()
    }
    grown = Panel(sessions, panel.tickers, prices)
    first, last = within
    assert _digests(panel, 1, first, last) == _digests(grown, 1, first + before, last + before)


@quick
@given(seeds, ranges)
def test_the_neighbours_of_a_security_do_not_count(seed: int, within: list[int]) -> None:
    """Another ticker with dividends, highs or lows leaves a plain one's digest as it was."""
    closes = _panel(seed).prices["close"]
    plain = Panel(SESSIONS, ("A", "B", "C"), {"close": closes, "total_return": closes})
    others = {name: np.full((4, 12), np.nan) for name in ("high", "low", "open")}
    others["high"][0] = others["low"][0] = 9.0
    close = np.vstack([np.full(12, 8.0), closes])
    total = np.vstack([np.full(12, 7.0), closes])
    rich = Panel(SESSIONS, ("0", "A", "B", "C"), {**others, "total_return": total, "close": close})
    first, last = within
    for row in range(3):
        assert _digests(plain, row, first, last) == _digests(rich, row + 1, first, last)


def test_a_missing_total_return_is_not_an_equal_one() -> None:
    closes = np.full((1, 12), 5.0)
    equal = Panel(SESSIONS, ("A",), {"close": closes, "total_return": closes.copy()})
    gap = _copy(equal)
    gap.prices["total_return"][0, 4] = np.nan
    assert _digests(equal, 0, 0, 11) != _digests(gap, 0, 0, 11)
    assert _digests(equal, 0, 5, 11) == _digests(gap, 0, 5, 11)


def test_ranges_are_cut_to_the_panel() -> None:
    panel = _panel(3)
    assert _digests(panel, 0, -40, 90) == _digests(panel, 0, 0, 11)
    assert _digests(panel, 0, 20, 30) == [0, 0]
    assert _digests(panel, 0, -9, -1) == [0, 0]


def test_many_ranges_at_once() -> None:
    panel = _panel(4)
    rows, first, last = np.array([0, 2, 1]), np.array([1, 0, 5]), np.array([4, 11, 5])
    words = np.asarray(range_digests(prefix_digests(panel), rows, first, last))
    for i in range(3):
        assert words.take(i, axis=1).tolist() == _digests(panel, rows[i], first[i], last[i])


def test_a_range_without_prices_is_zero() -> None:
    nothing = np.full((1, 12), np.nan)
    panel = Panel(SESSIONS, ("A",), {"close": nothing, "total_return": nothing})
    assert _digests(panel, 0, 0, 11) == [0, 0]
