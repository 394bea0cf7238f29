"""Charts become pictures without a network, and words from files stay words."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import altair as alt
import pytest

from backtest.charts.render import alt_text, bundle, png, script_json, spec, svg
from backtest.errors import BadUsage
from backtest.notation import money  # the report's figures stay where they were

NASTY = "</script><img src=x onerror=alert(1)> & \"quoted\" <!-- 'x'"


def _chart(text: str = "words") -> alt.Chart:
    data = alt.Data(values=[{"x": 1, "y": 2, "name": text}, {"x": 2, "y": 3, "name": text}])
    return (
        alt.Chart(data, title=alt.TitleParams(text=text, subtitle=text))
        .mark_text(style="label")
        .encode(x="x:Q", y="y:Q", text="name:N")
    )


def test_words_from_files_stay_words(capfd: pytest.CaptureFixture[str]) -> None:
    drawn = svg(alt_text(_chart(NASTY), NASTY))
    tree = ET.fromstring(drawn)
    assert {one.tag.rpartition("}")[2] for one in tree.iter()} == {
        "svg",
        "rect",
        "g",
        "path",
        "line",
        "text",
    }
    assert "".join(tree.itertext()).count("onerror") == 4
    assert tree.get("aria-label") == NASTY
    assert tree.get("role") == "img"
    assert capfd.readouterr().err == ""


def test_a_specification_inside_a_script_cannot_end_it() -> None:
    text = script_json(spec(_chart(NASTY)))
    assert not {"<", ">", "&", "\u2028"} & set(text)
    assert json.loads(text) == spec(_chart(NASTY))


def test_widths_are_those_of_the_picture(tmp_path: Path) -> None:
    assert ET.fromstring(svg(_chart(), width=390)).get("width") == "390"
    path = png(_chart(), tmp_path / "a.png", 2, width=390)
    wide, _ = struct.unpack(">II", path.read_bytes()[16:24])
    assert wide == 780


def test_print_size(tmp_path: Path) -> None:
    tree = ET.fromstring(svg(_chart(), print_size=True))
    width, height = (
        float((tree.get(name) or "").removesuffix("mm")) for name in ("width", "height")
    )
    box = [float(one) for one in (tree.get("viewBox") or "").split()]
    assert width == pytest.approx(160, abs=0.2)
    assert height / width == pytest.approx(box[3] / box[2], rel=1e-3)
    path = png(_chart(), tmp_path / "a.png", print_size=True)
    wide, _ = struct.unpack(">II", path.read_bytes()[16:24])
    assert wide == pytest.approx(160 / 25.4 * 300, abs=2)


def test_the_scripts_are_whole_and_ask_for_nothing() -> None:
    scripts = bundle()
    assert scripts is bundle()
    assert "</script" not in scripts
    assert "vegaEmbed" in scripts
    for loader in ("cdn.jsdelivr", "unpkg.com", "importScripts"):
        assert loader not in scripts


@pytest.mark.parametrize("draw", ["svg", "bundle", "png"])
def test_without_the_extra(draw: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = _chart()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    bundle.cache_clear()
    with pytest.raises(BadUsage) as caught:
        {"svg": lambda: svg(chart), "bundle": bundle, "png": lambda: png(chart, tmp_path / "x")}[
            draw
        ]()
    (problem,) = caught.value.problems
    assert problem.code == "missing-library"
    assert "vl_convert" in problem.message
    assert problem.hint == "install it: pip install 'backtest[report]'"


def test_figures_are_written_alike_in_reports_and_charts() -> None:
    from backtest import notation

    assert money is notation.money
