"""The spillover board: sums by hand."""

from __future__ import annotations

import pytest

from backtest.report.html.spillover import Share, board


def _share(
    ticker: str, role: str, abnormal: float, value: float | None, unit: str = "USD"
) -> Share:
    return Share(ticker, role, abnormal, 0.01, value, unit)


def test_gains_and_losses_are_summed_by_currency() -> None:
    found = board(
        [
            _share("A", "seller", 0.10, 5e9),
            _share("B", "rival", -0.02, -2e9),
            _share("C", "rival", 0.01, 1e9),
            _share("D", "rival", -0.20, None),
            _share("E.T", "partner", -0.01, -3e11, "JPY"),
        ]
    )
    assert found is not None
    assert found.gained == {"USD": 6e9}
    assert found.lost == {"USD": -2e9, "JPY": -3e11}
    assert found.net == {"USD": pytest.approx(4e9), "JPY": -3e11}
    assert [one.ticker for one in found.roles["rival"]] == ["C", "B", "D"]
    assert list(found.roles) == ["seller", "rival", "partner"]
    assert found.unvalued == ["D"]
    assert found.widest == 0.20


def test_one_party_is_no_board() -> None:
    assert board([_share("A", "seller", 0.1, 1.0)]) is None
