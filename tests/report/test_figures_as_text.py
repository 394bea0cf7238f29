"""Numbers as a reader wants them."""

from __future__ import annotations

import pytest

from backtest.notation import claimed, money, number, percent, span, stars, times
from backtest.spec import Window


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.35951, "+35.95%"), (-0.0031, "−0.31%"), (0.0, "0.00%"), (-0.00001, "0.00%"), (None, "–")],
)
def test_percent(value: float | None, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (243.94e9, "USD", "+$243.9bn"),
        (-57.46e9, "USD", "−$57.5bn"),
        (1.25e12, "USD", "+$1.250tn"),
        (732.9e6, "EUR", "+€732.9m"),
        (-1234.5, "JPY", "−¥1,234.5"),
        (5e9, "SEK", "+SEK 5.0bn"),
        (5e9, None, "+5.0bn"),
        (None, "USD", "–"),
    ],
)
def test_money(value: float | None, currency: str | None, text: str) -> None:
    assert money(value, currency) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0099, "***"), (0.01, "** "), (0.049, "** "), (0.05, "*  "), (0.1, "   "), (None, "   ")],
)
def test_stars_follow_their_legend_and_align(p: float | None, text: str) -> None:
    assert stars(p) == text


def test_plain_numbers_multiples_and_windows() -> None:
    assert [number(-1.256), number(None), number(2.0, 0)] == ["−1.26", "–", "2"]
    assert [times(0.7575), times(-135.01), times(None)] == ["0.76", "−135", "–"]
    assert [span(Window(-1, 1)), span(Window(0, 0))] == ["−1:1", "0:0"]


def test_a_claim_is_shown_in_the_unit_of_its_quantity() -> None:
    assert claimed("return", 0.36) == "+36.00%"
    assert claimed("market_cap_change", 70e9, "USD") == "+$70.0bn"
    assert claimed("market_cap", 1e12, "USD") == "$1.000tn"
