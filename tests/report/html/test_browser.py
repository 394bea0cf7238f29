"""The report in a real browser with the network off: what a reader sees, clicks and hears."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.report_page import browser, drawn, opened

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")

OVERLAPS = """
(scope) => {
  const found = [];
  for (const svg of document.querySelectorAll(scope)) {
    const box = svg.getBoundingClientRect();
    if (!box.width || getComputedStyle(svg).display === "none") continue;
    const texts = [...svg.querySelectorAll("text")].filter(
      (one) => one.textContent.trim() && one.getAttribute("opacity") !== "0");
    const boxes = texts.map((one) => [one.textContent, one.getBoundingClientRect()]);
    boxes.forEach(([text, own], at) => {
      const out = Math.max(
        box.left - own.left, own.right - box.right, box.top - own.top, own.bottom - box.bottom);
      if (out > 1.5)
        found.push(`clipped: ${text} in ${svg.closest("figure").id}`);
      for (const [other, its] of boxes.slice(at + 1)) {
        if (other === text && Math.abs(own.left - its.left) < 1) continue; // a halo of itself
        const across = Math.min(own.right, its.right) - Math.max(own.left, its.left);
        const down = Math.min(own.bottom, its.bottom) - Math.max(own.top, its.top);
        if (across > 1 && down > 0.3 * Math.min(own.height, its.height))
          found.push(`overlap: ${text} | ${other} in ${svg.closest("figure").id}`);
      }
    });
  }
  return found;
}
"""
SMALLEST = """
(scope) => Math.min(...[...document.querySelectorAll(scope)].flatMap((svg) => {
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const size = (one) => parseFloat(getComputedStyle(one).fontSize) * scale;
  return scale ? [...svg.querySelectorAll("text")].map(size) : [];
}))
"""


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_a_word_or_a_request(
    chrome: Any, shipped_page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    with opened(chrome, shipped_page, width=width, scheme=scheme) as (tab, seen):
        drawn(tab, "#timeline")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.screenshot(path=tmp_path / f"{width}_{scheme}.png", full_page=True)
        assert seen.said == []
        assert seen.asked == [shipped_page.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_an_event_opens_by_a_click_and_its_charts_come_alive(
    chrome: Any, few_page: Path, tmp_path: Path, width: int
) -> None:
    with opened(chrome, few_page, width=width) as (tab, seen):
        event = tab.locator("details.event", has_text="Oracle's first fiscal quarter")
        assert not event.locator(".keys").is_visible()
        event.locator("summary").first.click()
        assert event.locator(".keys").is_visible()
        name = event.get_attribute("id")
        drawn(tab, f"#{name}")
        assert tab.evaluate(OVERLAPS, f"#{name} .live svg") == []
        assert tab.evaluate(SMALLEST, f"#{name} .live svg") >= 9
        point = event.locator(".live .mark-symbol path, .live .mark-rect path").first
        point.hover()
        tab.locator("#vg-tooltip-element.visible").wait_for(timeout=10_000)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.screenshot(path=tmp_path / f"event_{width}.png", full_page=True)
        assert seen.said == []
        assert seen.asked == [few_page.as_uri()]


def test_by_keyboard_alone(chrome: Any, few_page: Path) -> None:
    with opened(chrome, few_page) as (tab, seen):
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "main"
        summary = tab.locator("details.event > summary").first
        summary.focus()
        tab.keyboard.press("Enter")
        assert tab.locator("details.event").first.evaluate("one => one.open")
        tab.locator("#open-all").focus()
        tab.keyboard.press("Enter")
        opened_now = tab.locator("details.event[open]").count()
        assert opened_now == tab.locator("details.event").count() == 4
        tab.locator("#close-all").click()
        assert tab.locator("details.event[open]").count() == 0
        assert seen.said == []


def test_a_link_to_an_event_opens_it(chrome: Any, few_page: Path) -> None:
    with opened(chrome, few_page) as (tab, _):
        tab.locator("#claims a[href^='#event-']").first.click()
        target = tab.evaluate("location.hash.slice(1)")
        tab.wait_for_function("name => document.getElementById(name).open", arg=target)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_without_scripts_every_chart_is_a_picture(
    chrome: Any, few_page: Path, width: int, scheme: str
) -> None:
    with opened(chrome, few_page, width=width, scheme=scheme, scripts=False) as (tab, seen):
        for summary in tab.locator("details.event > summary").all():
            summary.click()
        figures = tab.locator("figure.chart")
        assert figures.count() >= 12
        for one in figures.all():
            assert one.locator(".plot > svg").is_visible()
            assert one.locator(".plot > svg text").count() >= 4
        assert tab.locator(".live").count() == 0
        assert not tab.locator(".tools").is_visible()
        assert seen.asked == [few_page.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_label_of_a_picture_is_clipped_or_under_another(
    chrome: Any, shipped_page: Path, width: int
) -> None:
    with opened(chrome, shipped_page, width=width) as (tab, _):
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        tab.evaluate("document.querySelectorAll('.live').forEach(one => one.remove())")
        tab.evaluate(
            "document.querySelectorAll('[data-live]').forEach(one => delete one.dataset.live)"
        )
        assert tab.evaluate(OVERLAPS, ".plot > svg") == []
        assert tab.evaluate(SMALLEST, ".plot > svg") >= 9
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_serious(chrome: Any, few_page: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    with opened(chrome, few_page, scheme=scheme) as (tab, _):
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        drawn(tab, "#sample")
        found = axe.Axe().run(tab).response["violations"]
        serious = [
            (one["id"], one["nodes"][0]["html"][:200], len(one["nodes"]))
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []


def test_on_paper_everything_is_open(chrome: Any, few_page: Path) -> None:
    with opened(chrome, few_page) as (tab, _):
        tab.emulate_media(media="print")
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert tab.locator("details.event .keys").first.is_visible()
        assert not tab.locator("nav").is_visible()
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        assert tab.locator("details.event[open]").count() == 0
