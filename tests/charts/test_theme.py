"""The look: contrasts, colours for everybody, titles that fit, and nothing global."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import altair as alt
import numpy as np
import pytest

from backtest.charts.palette import DARK, LIGHT, Palette
from backtest.charts.theme import SUBTITLE, config, themed
from backtest.charts.wrapping import shortened, width_of, wrapped
from backtest.engine.arrays import Floats

BOTH = pytest.mark.parametrize("own", [LIGHT, DARK], ids=["light", "dark"])

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def _linear(color: str) -> Floats:
    parts = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances."""
    low, high = sorted(float(TO_XYZ[1] @ _linear(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def _lab(linear: Floats) -> Floats:
    scaled = TO_XYZ @ np.clip(linear, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@BOTH
def test_words_and_marks_stand_out(own: Palette) -> None:
    for text in (own.text, own.quiet):
        assert _contrast(text, own.background) >= 4.5
    for mark in (own.main, own.other, own.gain, own.loss, own.muted, own.axis, *own.categories):
        assert _contrast(mark, own.background) >= 3.0, mark


@BOTH
@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
def test_categories_differ_for_everybody(own: Palette, deficiency: str | None) -> None:
    """A CIE 1976 difference of 10 is one that people see at a glance."""
    seen = np.array(DEFICIENCIES[deficiency]) if deficiency else np.eye(3)
    for one, other in combinations(own.categories, 2):
        distance = np.linalg.norm(_lab(seen @ _linear(one)) - _lab(seen @ _linear(other)))
        assert distance >= 10, (one, other)


def test_both_looks_define_the_same_styles() -> None:
    light, dark = config(), config(dark=True)
    assert {name: set(own) for name, own in light["style"].items()} == {
        name: set(own) for name, own in dark["style"].items()
    }
    assert light["background"] != dark["background"]
    assert light["font"] == dark["font"]


def _chart(title: str) -> alt.Chart:
    data = alt.Data(values=[{"x": 1, "y": 2}])
    shown = alt.TitleParams(text=title, subtitle=title)
    return alt.Chart(data, title=shown).mark_line(style="main").encode(x="x:Q", y="y:Q")


def test_a_chart_takes_a_new_look_and_the_first_stays() -> None:
    active, before = alt.theme.active, _chart("words " * 40)
    plain = before.to_dict()
    light = themed(before)
    dark = themed(light, dark=True, width=300)
    assert before.to_dict() == plain
    assert light.to_dict()["config"] == config()
    assert dark.to_dict()["config"] == config(dark=True)
    assert dark.to_dict()["width"] == 300
    assert len(dark.to_dict()["title"]["text"]) > len(light.to_dict()["title"]["text"])
    assert alt.theme.active == active


def test_titles_of_all_views_fit() -> None:
    both = alt.hconcat(_chart("left and rather long " * 8), _chart("right"))
    shown: dict[str, Any] = themed(both, width=500).to_dict()
    for view in shown["hconcat"]:
        assert view["width"] < 250
        for line in view["title"]["subtitle"]:
            assert width_of(line, SUBTITLE) <= 250


# Advance widths of DejaVu Sans 2.37 and of its bold, in em, as fontTools reads them from the fonts.
DEJAVU = {
    "ORCL +21.90%": (7.706, 8.342),
    "GOOGL −5.63%": (8.014, 8.634),
    "CRWV −5.92%": (7.398, 8.036),
    "005930.KS −12.3%": (9.758, 10.705),
    "+$150bn": (4.651, 5.049),
    "MSFT MMM WMT": (8.370, 9.542),
    "cumulative abnormal return": (14.061, 15.832),
    "market value created on the event day (USD)": (22.863, 25.623),
    "ill-fitting titles till filler": (11.022, 13.048),
}


@pytest.mark.parametrize("text", DEJAVU)
def test_the_widest_of_common_fonts_has_room(text: str) -> None:
    """With it, the ends of lines once stood beyond the picture."""
    for bold, width in zip((False, True), DEJAVU[text], strict=True):
        assert width <= width_of(text, 1.0, bold=bold) <= 1.2 * width


@pytest.mark.parametrize("text", ["a b c", "word " * 50, "Ünïcödé 中文 " * 9, "x" * 300, ""])
def test_lines_fit_and_lose_no_letter(text: str) -> None:
    lines = wrapped(text, 120, 12)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line, 12) <= 120 for line in lines)


def test_what_is_shortened_says_so() -> None:
    assert shortened("short", 100, 12) == "short"
    cut = shortened("a title, much longer than its place", 100, 12)
    assert cut.endswith("…")
    assert width_of(cut, 12) <= 100
    assert "a title, much longer".startswith(cut[:-1])
