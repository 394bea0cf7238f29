"""Figures as files: which there are, how wide, and under which names."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cli import CALENDAR
from support.studies import quick

import backtest as bt
from backtest.exports import _figures, exports
from backtest.exports._figures import file_names
from backtest.results.result import StudyResult

pytest.importorskip("altair", reason="altair is not installed")
pytest.importorskip("vl_convert", reason="vl-convert is not installed")

AMD = "2025-10-06-amd-openai-6gw-warrant"
LATER = "2026-08-17-nvda-105b-guarantee"
SAMPLE = {"figure_caar", "figure_aar", "figure_cars"}


@pytest.fixture
def small() -> StudyResult:
    return bt.run(CALENDAR, "snapshot", selection=[AMD, LATER])


def test_svg_of_the_sample_and_of_each_event(small: StudyResult, tmp_path: Path) -> None:
    done = exports.get("svg").write(small, tmp_path)
    assert {path.stem for path in done.paths} == {*SAMPLE, f"event_{AMD}"}
    assert done.notes == ["svg: no figures of 1 event of which nothing was studied"]
    for path in done.paths:
        text = path.read_text("utf-8")
        assert text.startswith("<svg ")
        width = re.search(r'width="([\d.]+)mm"', text)
        assert width is not None
        assert float(width[1]) == pytest.approx(160, abs=0.5)
        assert "<script" not in text
    assert "AMD" in (tmp_path / f"event_{AMD}.svg").read_text("utf-8")


def test_png_is_as_wide_at_300_dots_an_inch(
    small: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_figures, "EVENTS", 1)
    done = exports.get("png").write(small, tmp_path)
    assert {path.stem for path in done.paths} == SAMPLE
    assert done.notes == [
        "png: no figures of single events: 2 are more than are drawn one by one (1)"
    ]
    for path in done.paths:
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        (width,) = struct.unpack(">I", content[16:20])
        assert width == pytest.approx(160 / 25.4 * 300, abs=2)


@quick
@given(st.lists(st.text(max_size=150), unique=True, max_size=12))
def test_any_id_becomes_a_name_of_its_own(ids: list[str]) -> None:
    names = file_names(ids)
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(re.fullmatch(r"[\w-]{1,104}", name) for name in names)


def test_usual_ids_stay_as_they_are() -> None:
    assert file_names([AMD, "a/b", "a.b", "../../etc"]) == [AMD, "a_b", "a_b_2", "etc"]
