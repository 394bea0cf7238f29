"""Pictures are the same whoever draws them."""

from __future__ import annotations

import altair as alt
from markupsafe import escape

from backtest.charts.rows import rows_of
from backtest.report.html.figures import Figures
from backtest.report.html.pictures import WORTHWHILE, here, painter


def _chart(top: float) -> alt.Chart:
    rows = [{"x": at, "y": at * top} for at in range(5)]
    return alt.Chart(rows_of(rows), title=f"to {top}").mark_line().encode(x="x:Q", y="y:Q")


def test_other_processes_draw_what_this_one_draws() -> None:
    ours = Figures(here)
    own = [ours.draw(_chart(top), "line") for top in (1.0, 2.5)]
    told: list[tuple[str, int, int]] = []
    with painter(WORTHWHILE, 2, lambda *one: told.append(one)) as paint:
        assert paint is not here
        theirs = Figures(paint)
        drawn = [theirs.draw(_chart(top), "line") for top in (1.0, 2.5)]
        for one, other in zip(own, drawn, strict=True):
            assert str(escape(one.svg)) == str(escape(other.svg))
            assert str(escape(one.svg)).startswith("<svg ")
            assert (one.title, one.name) == (other.title, other.name)
    assert ours.data() == theirs.data()
    assert told == [("charts", done, WORTHWHILE) for done in (1, 2)]


def test_a_few_are_drawn_at_once() -> None:
    with painter(WORTHWHILE - 1, 2) as paint:
        assert paint is here
    with painter(500, 1) as paint:
        assert paint is here
