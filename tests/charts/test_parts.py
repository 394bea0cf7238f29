"""Labels apart, domains that hold everything, dots that cover no other, axes with units."""

from __future__ import annotations

from itertools import pairwise

import altair as alt
import pytest
import vl_convert
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest.charts.parts import bound, counted, domain_of, spread
from backtest.charts.stacks import rows_of
from backtest.charts.units import money_tick, unit

some = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],  # on a busy machine anything is
)
values = st.lists(st.floats(-1, 1), min_size=1, max_size=20)


@some
@given(values)
def test_labels_are_apart_inside_and_in_order(ends: list[float]) -> None:
    low, high = domain_of(ends)
    places = spread(ends, low, high, 320, 15)
    step = 15 * (high - low) / 320
    ordered = sorted(places)
    assert all(b - a >= step * (1 - 1e-9) for a, b in pairwise(ordered))
    assert low - 1e-12 <= ordered[0]
    assert ordered[-1] <= high + 1e-12
    by_value = sorted(range(len(ends)), key=lambda place: ends[place])
    assert [places[one] for one in by_value] == ordered


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([0.3, -0.2, 0.0], -0.5, 0.5, 300) == [0.3, -0.2, 0.0]


@some
@given(values)
def test_a_domain_holds_all_values_and_zero(ends: list[float]) -> None:
    low, high = domain_of(ends)
    assert low <= min(0, *ends, 0)
    assert high >= max(0, *ends, 0)
    assert low < high


@some
@given(st.lists(st.lists(st.floats(-1, 1), max_size=60), min_size=1, max_size=4))
def test_dots_stay_in_their_row_and_cover_no_other_place(rows: list[list[float]]) -> None:
    dot = 0.05
    placed, height = rows_of(rows, dot)
    for own, row in zip(rows, placed, strict=True):
        assert all(row.top - 1e-9 <= row.middle + o <= row.bottom + 1e-9 for o in row.offsets)
        places = {(round(v / dot), o) for v, o in zip(own, row.offsets, strict=True)}
        assert len(places) == len(own)
    assert all(one.below < other.above for one, other in pairwise(placed))
    assert placed[-1].below < height


def _axis_labels(expression: str, values: list[float]) -> list[str]:
    """Return what Vega writes at these values."""
    axis = alt.Axis(values=values, labelExpr=expression, labelOverlap=False)
    data = alt.Data(values=[{"x": value} for value in values])  # type: ignore[no-untyped-call]
    chart = alt.Chart(data, width=2000).mark_point().encode(alt.X("x:Q", axis=axis))
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version="6.4")
    return [
        part.split("<")[0]
        for part in drawn.split('font-size="10px"')[1:]
        for part in [part.split(">", 1)[1]]
    ]


def test_money_has_its_unit() -> None:
    shown = _axis_labels(money_tick("$"), [-1.5e12, -2e9, 0.0, 7.25e8, 1e12])
    assert shown == ["−$1.5tn", "−$2bn", "$0", "+$725m", "+$1tn"]
    assert _axis_labels(money_tick("SEK "), [-1e6, 5e3]) == ["−SEK 1m", "+SEK 5,000"]


def test_a_currency_cannot_be_code() -> None:
    assert _axis_labels(money_tick("x' + alert(1) + '"), [1e9]) == ["+x + alert(1) + 1bn"]


def test_measures_have_their_unit() -> None:
    assert _axis_labels(unit("return").tick, [-0.125, 0.0, 0.02]) == ["−12.5%", "0%", "+2%"]
    assert unit("return").titled("CAAR") == "CAAR"
    assert unit("volume").titled("CAAR") == "CAAR (log points)"
    assert unit("return").text(-0.1234) == "−12.34%"
    assert unit("volume").text(0.5) == "+0.50"


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1 event"), (0, "0 events"), (1200, "1,200 events")]
)
def test_counts(number: int, words: str) -> None:
    assert counted(number, "event") == words


def test_what_belongs_together_is_not_broken() -> None:
    assert bound("*** p < 1 %   ** p") == "***\u00a0p\u00a0<\u00a01\u00a0%, **\u00a0p"
