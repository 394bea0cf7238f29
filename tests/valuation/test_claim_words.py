"""Reasons in words, many at once, against Python's own formatting of one figure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.valuation.claim_words import figure, figures, reasons

QUANTITIES = ["return", "market_cap_change", "market_cap"]

TYPED = st.decimals(-2, 2, places=6, allow_nan=False).map(float)
"""Figures as people write them, with every rounding that stands on a five."""


@given(
    st.lists(
        st.tuples(
            st.sampled_from(QUANTITIES),
            st.one_of(
                st.floats(-1e18, 1e18),
                TYPED,
                TYPED.map(lambda value: value * 1e9),
                TYPED.map(lambda value: value * 1e12),
                st.sampled_from([0.0, -0.0, 999.95e9, 1e12, 9999.99996, 1e4, 999.9995e12, 1e16]),
            ),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_figures_are_those_of_python(asked: list[tuple[str, float]]) -> None:
    names, values = zip(*asked, strict=True)
    assert figures(np.array(names), np.array(values)).to_list() == [figure(*one) for one in asked]


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        ("return", 0.3595, "+35.95%"),
        ("return", -0.054, "−5.40%"),
        ("return", 12345.0, "+1.23e+04"),
        ("market_cap_change", 243.9e9, "+243.9bn"),
        ("market_cap_change", -12.0e6, "−0.0bn"),
        ("market_cap", 971.1e9, "971.1bn"),
        ("market_cap", 1.0e12, "1.000tn"),
        ("market_cap", 1234.5e12, "1,234.500tn"),
        ("market_cap", 999.96e9, "1,000.0bn"),
        ("market_cap", 2e16, "2e+16"),
    ],
)
def test_a_figure(quantity: str, value: float, text: str) -> None:
    assert figure(quantity, value) == text
    assert figures(np.array([quantity]), np.array([value])).to_list() == [text]


def test_reasons_say_where_a_claim_would_fit() -> None:
    values = np.array([[0.3595, 0.1, 0.2, 0.2], [0.4315, 0.2, np.nan, 0.3]] + [[0.0] * 4] * 2)
    said = reasons(
        ["return"] * 4,
        np.array([0.36, 0.2, 0.5, 0.5]),
        values,
        np.array([1, 0, 0, 0]),
        np.array([0, 1, -1, -1]),
    )
    assert said == [
        "+43.15% at the intraday high, claimed +36.00%; it fits +35.95% at the close",
        "+10.00% at the close, claimed +20.00%; it fits +20.00% at the intraday high",
        "+20.00% at the close, claimed +50.00%",
        "+20.00% at the close, claimed +50.00%; nor +30.00% at the intraday high",
    ]


def test_no_claims_need_no_words() -> None:
    none = np.empty(0)
    assert reasons([], none, np.empty((4, 0)), none.astype(int), none.astype(int)) == []
