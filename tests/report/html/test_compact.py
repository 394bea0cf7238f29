"""Compact pictures: the same marks in fewer bytes."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from backtest.report.html.compact import compact

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50" viewBox="0 0 100 50">'
GROUND = '<rect width="100" height="50" fill="#ffffff"/>'


def _made(inside: str) -> str:
    return compact(f"{HEAD}{GROUND}{inside}</svg>", "f1")


def test_bars_that_look_alike_are_one_path() -> None:
    bar = '<path aria-label="x" role="img" d="M{},0h2.04v-9.96h-2.04Z" fill="#0068b3"/>'
    made = _made("".join(bar.format(x) for x in (0, 5, 10)))
    assert re.findall('d="([^"]*)"', made) == ["M0,0h2v-10h-2ZM5,0h2v-10h-2ZM10,0h2v-10h-2Z"]
    assert "aria-label" not in made
    assert "#ffffff" not in made


def test_what_looks_different_stays_apart_and_in_order() -> None:
    made = _made('<path d="M0,0h1" stroke="#111"/><path d="M1,0h1" stroke="#222"/>')
    assert re.findall('stroke="(#...)"', made) == ["#111", "#222"]


def test_lines_and_dots_are_where_they_were() -> None:
    line = '<line transform="translate(3.5,4)" x2="10" y2="0" stroke="#111"/>'
    dot = (
        '<path transform="translate(7,8)" d="M2,0A2,2,0,1,1,-2,0A2,2,0,1,1,2,0" fill="#222" '
        'stroke="#222"/>'
    )
    made = _made(line + dot)
    assert 'd="M3.5,4h10"' in made
    assert 'd="M7,8h0"' in made
    assert 'stroke-width="5"' in made
    assert 'stroke-linecap="round"' in made


def test_a_triangle_is_moved() -> None:
    made = _made('<path transform="translate(10,20)" d="M0,-2.5L-3,2.5L3,2.5Z" fill="#111"/>')
    assert 'd="M10,17.5L7,22.5L13,22.5Z"' in made


def test_what_is_not_seen_is_left_out() -> None:
    made = _made(
        '<path class="background" d="M0,0h9v9h-9Z"/><text opacity="0" fill="#111">gone</text>'
        '<g class="mark-group"><text fill="#111">a &lt;b&gt; &amp; c</text></g>'
        '<path d="" display="none" stroke="#111"/>'
    )
    assert "path" not in made
    assert "gone" not in made
    assert "<g" not in made
    assert "a &lt;b&gt; &amp; c" in made


def test_ids_are_unique_on_the_page_and_the_answer_is_xml() -> None:
    made = _made('<g clip-path="url(#clip0)"><path d="M0,0h1" stroke="#111"/></g>')
    assert "url(#f1-clip0)" in made
    assert ET.fromstring(made).get("viewBox") == "0 0 100 50"
