"""The pages of trades and sweeps: whole, hostile texts harmless, readable in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.markets import market_of
from support.report_page import browser, drawn, opened
from support.traded import SHIPPED, rule

from backtest.report.html.sweep_sheet import sweep_sheet
from backtest.report.html.trade_sheet import trade_sheet
from backtest.strategy.grid import read_axes
from backtest.strategy.judged import judge
from backtest.strategy.load import load_strategies
from backtest.strategy.study import Market, trade_market
from backtest.strategy.sweep_study import sweep_market
from backtest.strategy.tried import Tried

KINDS = ("trades", "sweep")


@pytest.fixture(scope="module")
def market(warm: Path) -> Market:
    return market_of(load_strategies(SHIPPED), warm)


@pytest.fixture(scope="module")
def pages(market: Market, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sheets")
    rules = load_strategies(SHIPPED)
    judged = judge(trade_market(market, rules), market, Tried(None), runs=200)
    swept = sweep_market(market, rules, read_axes(), Tried(None), runs=29)
    for kind, text in zip(KINDS, (trade_sheet(judged), sweep_sheet(swept)), strict=True):
        (folder / f"{kind}.html").write_text(text, encoding="utf-8")
    return {kind: folder / f"{kind}.html" for kind in KINDS}


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as started:
        yield started


def test_the_page_tells_every_strategy_with_its_caution(pages: dict[str, Path]) -> None:
    text = pages["trades"].read_text("utf-8")
    assert text.count("Nothing can be concluded") == 4
    assert text.count('<figure class="chart') == 4 * 4
    assert "319.19" in text
    assert "Gap not to be had" in text


def test_the_page_tells_what_a_terminal_does(pages: dict[str, Path]) -> None:
    text = pages["trades"].read_text("utf-8")
    for words in (
        *("Sortino", "autocorrelation to lag", "which makes of the Sharpe ratio", "average win"),
        *("turnover", "of the equity at work on average", "most margin"),
    ):
        assert text.count(words) >= 3, words
    assert len(re.findall(r'<th scope="row">Capacity</th><td>[^<]{20}', text)) == 4


def test_a_sweep_shows_every_variant(pages: dict[str, Path]) -> None:
    text = pages["sweep"].read_text("utf-8")
    figures = re.findall(r'aria-label="Mean net return of (\d+) variants', text)
    assert sum(map(int, figures)) == 180
    assert text.count("better than") + text.count("Better than") >= 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_opens_without_a_word_or_a_request(
    chrome: Any, pages: dict[str, Path], kind: str, width: int, scheme: str
) -> None:
    with opened(chrome, pages[kind], width=width, scheme=scheme) as (tab, seen):
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        drawn(tab, "section:nth-of-type(2)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.said == []
        assert seen.asked == [pages[kind].as_uri()]


@pytest.mark.parametrize("kind", KINDS)
def test_without_scripts_every_chart_is_a_picture(
    chrome: Any, pages: dict[str, Path], kind: str
) -> None:
    with opened(chrome, pages[kind], scripts=False) as (tab, _):
        figures = tab.locator("figure.chart")
        assert figures.count() >= 12
        for one in figures.all():
            assert one.locator(".plot > svg text").count() >= 3


@pytest.mark.parametrize(("kind", "scheme"), [("trades", "light"), ("sweep", "dark")])
def test_axe_finds_nothing_serious(
    chrome: Any, pages: dict[str, Path], kind: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    with opened(chrome, pages[kind], scheme=scheme) as (tab, _):
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        found = axe.Axe().run(tab).response["violations"]
        serious = [
            (one["id"], one["nodes"][0]["html"][:200])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []


def test_a_strategy_without_trades_and_with_a_hostile_text(market: Market, tmp_path: Path) -> None:
    hostile = rule(
        tmp_path,
        "why: '</script><img src=x onerror=alert(1)>'\nwhere: role = 'nobody'\nexit: {after: 3}\n",
    )
    judged = judge(trade_market(market, [hostile]), market, Tried(None), runs=5)
    text = trade_sheet(judged)
    assert "<img" not in text
    assert "&lt;img src=x" in text
    assert "Nothing was traded" in text
    swept = sweep_market(market, [hostile], read_axes(exits="1"), Tried(None), runs=5)
    assert "Nothing can be concluded: there are too few trades." in sweep_sheet(swept)
