"""The charts of a result's own methods: with their look, in views below each other."""

from __future__ import annotations

from typing import Any

import pytest
from support.drawn import AMD

from backtest.charts.render import spec, svg
from backtest.charts.theme import WIDTH, config
from backtest.errors import BadUsage
from backtest.results.result import StudyResult


@pytest.mark.parametrize("dark", [False, True])
def test_caar_has_its_look(dark: bool, shipped: StudyResult) -> None:
    plain = spec(shipped.plot_caar("role:issuer", "0:10", dark=dark))
    assert plain["config"] == config(dark=dark)
    assert plain["width"] == WIDTH
    assert plain["title"]["text"] == ["Cumulative average abnormal return"]
    assert plain["title"]["subtitle"][0].startswith("role:issuer: 7 observations of 7 events")


def test_an_event_is_three_views(shipped: StudyResult, capfd: pytest.CaptureFixture[str]) -> None:
    chart = shipped.plot_event(AMD)
    plain = spec(chart)
    titles = [" ".join(view["title"]["text"]) for view in plain["vconcat"]]
    assert titles == [
        "AMD supplies OpenAI with 6 GW and grants it a warrant for up to 160 million shares at "
        "one cent",
        "AMD: actual and expected return",
        "Market value created on the event day (USD)",
    ]
    assert "+46.01% by session +10" in plain["description"]
    assert "MSFT +$83.4bn at the close" in plain["description"]
    drawn = svg(chart, width=390)
    assert capfd.readouterr().err == ""
    width = float(drawn.split(' width="')[1].split('"')[0])
    assert width <= 400


def test_another_security_of_the_event(shipped: StudyResult) -> None:
    plain: dict[str, Any] = spec(shipped.plot_event(AMD, "NVDA"))
    assert plain["vconcat"][1]["title"]["text"] == ["NVDA: actual and expected return"]


def test_without_share_counts_there_are_two_views(shipped: StudyResult) -> None:
    none = shipped.with_tables(market_caps=shipped.market_caps.clear())
    assert len(spec(none.plot_event(AMD))["vconcat"]) == 2


@pytest.mark.parametrize("name", [AMD[:-2], AMD.upper()[:12]])
def test_an_unknown_event(name: str, shipped: StudyResult) -> None:
    with pytest.raises(BadUsage, match=f"the study has no event `{name}`"):
        shipped.plot_event(name)
