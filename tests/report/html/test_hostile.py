"""An announcement that attacks its reader: everything in it stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.report_page import browser, opened, page_of

import backtest as bt

SCRIPT = "<script>window.pwned=1</script>"
IMAGE = "<img src=x onerror=window.pwned=2>"
CLOSING = "</script><script>window.pwned=3</script><!--"
QUOTE = '" onmouseover="window.pwned=4" x=\''
TEMPLATE = "{{ 7 * 7 }}{% raw %}"

YAML = f"""\
id: 2025-10-06-hostile
title: {json.dumps(f"AMD {SCRIPT} {CLOSING}")}
announced: 2025-10-06
session: pre
timing: {json.dumps(IMAGE)}
announcer: {json.dumps(CLOSING)}
parties:
  - {{ticker: AMD, role: counterparty, note: {json.dumps(SCRIPT)}}}
  - {{ticker: NVDA, role: competitor}}
  - {{name: {json.dumps(IMAGE)}, role: customer}}
deal: {{value: 1.0e9, note: {json.dumps(CLOSING)}}}
claims:
  - id: one
    says: {json.dumps(f"{SCRIPT}{QUOTE}{TEMPLATE}")}
    ticker: AMD
    quantity: return
    value: 0.2371
    source: {{title: {json.dumps(IMAGE)}, url: "javascript:window.pwned=5"}}
confounders:
  - {{date: 2025-10-07, what: {json.dumps(f"{SCRIPT}{CLOSING}")}}}
sources:
  - {{title: {json.dumps(SCRIPT)}, url: "javascript:alert(1)"}}
  - {{title: data, url: "data:text/html,<script>window.pwned=6</script>"}}
  - {{title: good, url: "https://example.org/?a=1&b={QUOTE.replace('"', "%22")[:1]}2"}}
tags: [openai]
notes: {json.dumps(f"{CLOSING} {IMAGE} {TEMPLATE}")}
"""


@pytest.fixture(scope="module")
def attack(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    events = folder / "hostile.yaml"
    events.write_text(YAML, encoding="utf-8")
    result = bt.run(events=events, prices="snapshot", cache=warm)
    path = folder / "report.html"
    path.write_text(page_of(result, events, warm), encoding="utf-8")
    return path


class Tags(HTMLParser):
    """What a browser would make elements, attributes and addresses of."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.handlers: list[str] = []
        self.links: list[tuple[str | None, str | None]] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names.add(tag)
        self.scripts += tag == "script"
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "a":
            self.links.append((given.get("href"), given.get("rel")))


def test_nothing_of_it_becomes_an_element(attack: Path) -> None:
    text = attack.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert tags.scripts == 3
    assert tags.handlers == []
    assert not tags.names & {"img", "iframe", "object", "embed", "form", "base"}
    addresses = [link for link in tags.links if not (link[0] or "").startswith("#")]
    assert [rel for _, rel in addresses] == ["noopener noreferrer"]
    assert addresses[0][0].startswith("https://example.org/")  # type: ignore[union-attr]
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|>49<", text)
    assert "{{ 7 * 7 }}" in text


def test_data_in_a_script_cannot_end_it(attack: Path) -> None:
    text = attack.read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert "<" not in data
    assert ">" not in data
    assert CLOSING in json.dumps(json.loads(data), ensure_ascii=False)


def test_a_browser_runs_none_of_it(attack: Path) -> None:
    with browser() as chrome, opened(chrome, attack) as (tab, seen):
        tab.locator("details.event > summary").click()
        figure = tab.locator("details.event figure.chart").first
        figure.scroll_into_view_if_needed()
        figure.locator(".live svg").wait_for(timeout=60_000)
        marks = figure.locator(".live .mark-symbol path")
        marks.first.hover()
        tip = tab.locator("#vg-tooltip-element.visible")
        tip.wait_for(timeout=10_000)
        assert "<script>" in tip.inner_text()
        assert tab.evaluate("window.pwned") is None
        assert seen.said == []
        assert seen.asked == [attack.as_uri()]
        assert tab.locator("main img").count() == 0
