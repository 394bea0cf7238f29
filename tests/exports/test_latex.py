"""LaTeX tables: what they hold, and that a compiler takes them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import SIGNS, hostile
from support.studies import quick

from backtest.exports import exports
from backtest.exports._latex_text import lacks, latex
from backtest.results.result import StudyResult

COMPILER = next((one for one in ("tectonic", "pdflatex") if shutil.which(one)), None)
needs_latex = pytest.mark.skipif(COMPILER is None, reason="neither tectonic nor pdflatex is here")


def written(result: StudyResult, folder: Path) -> dict[str, str]:
    paths = exports.get("latex").write(result, folder).paths
    return {path.name: path.read_text("utf-8") for path in paths}


def compiled(folder: Path) -> str:
    """Compile the document twice, as longtables want it, and return the log."""
    options = ["-interaction=nonstopmode", "-halt-on-error"] if COMPILER == "pdflatex" else ["-k"]
    for _ in range(2):
        ran = subprocess.run(
            [str(COMPILER), *options, "tables.tex"],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert (folder / "tables.pdf").stat().st_size > 10_000
    return (folder / "tables.log").read_text("utf-8", "replace") if COMPILER == "pdflatex" else ""


def test_the_document_inputs_every_table(shipped: StudyResult, tmp_path: Path) -> None:
    files = written(shipped, tmp_path)
    inputs = re.findall(r"\\input\{(\w+)\}", files["tables.tex"])
    assert sorted(f"{one}.tex" for one in inputs) == sorted(set(files) - {"tables.tex"})
    for name in inputs:
        text = files[f"{name}.tex"]
        assert text.count("\\toprule") == 2
        assert text.count("\\bottomrule") == 1
        assert "Notes: " in text
        assert not re.search(r"(?<!\\)%(?! )", text)


def test_stars_errors_and_notes(shipped: StudyResult, tmp_path: Path) -> None:
    cars = written(shipped, tmp_path)["table_cars.tex"]
    assert re.search(r"^AMD & counterparty & 23\.12\\sym\{\*\*\*\} & ", cars, re.MULTILINE)
    assert re.search(r"^ &  & \(2\.29\) & ", cars, re.MULTILINE)
    assert "N = 14" in cars
    assert r"OpenAI's" in cars or "Oracle's" in cars


@needs_latex
def test_the_tables_compile_as_they_stand(shipped: StudyResult, tmp_path: Path) -> None:
    written(shipped, tmp_path)
    log = compiled(tmp_path)
    assert "Overfull" not in log
    assert "LaTeX Warning" not in log


@needs_latex
def test_a_table_can_be_put_into_ones_own_paper(shipped: StudyResult, tmp_path: Path) -> None:
    written(shipped, tmp_path)
    (tmp_path / "tables.tex").write_text(
        "\\documentclass[twoside]{report}\\usepackage[T1]{fontenc}\\usepackage{textcomp}"
        "\\usepackage{booktabs,longtable}\\begin{document}\\chapter{Results}See Table "
        "\\ref{tab:cars} and \\ref{tab:caars}.\\input{table_cars}\\input{table_caars}"
        "\\end{document}"
    )
    assert "undefined references" not in compiled(tmp_path)


@needs_latex
def test_titles_that_mean_something_to_latex_compile(shipped: StudyResult, tmp_path: Path) -> None:
    exports.get("latex").write(hostile(shipped), tmp_path)
    compiled(tmp_path)


def test_what_the_fonts_lack_is_said(shipped: StudyResult, tmp_path: Path) -> None:
    (note,) = exports.get("latex").write(hostile(shipped), tmp_path).notes
    assert "written by code point" in note
    assert "[U+4E2D]" in (tmp_path / "table_cars.tex").read_text()
    assert exports.get("latex").write(shipped, tmp_path).notes == ()


def test_special_characters() -> None:
    said = latex(SIGNS)
    bare = re.sub(r"\\[a-zA-Z]+\{\}|\\[%$&#_{}]|\{\}", "", said)
    assert not set(bare) & set('%$&#_{}~^\\<>|"')
    assert latex("a  b\nc") == "a b c"
    assert latex("Łódź é ñ ü ß ç") == r"\L{}\'{o}d\'{z} \'{e} \~{n} \"{u} \ss{} \c{c}"
    assert latex("−3 – 5") == r"\ensuremath{-}3 \textendash{} 5"
    assert latex("a--b''c") == "a-{}-b'{}'c"
    assert latex("½ ﬁ ①") == r"[U+00BD] fi 1"
    assert latex("r̄ = 0.1") == r"\={r} = 0.1"
    assert lacks("中文 abc") == 2


@quick
@given(st.text(max_size=60))
def test_any_text_becomes_ascii_with_balanced_braces(text: str) -> None:
    said = latex(text)
    assert said.isascii()
    unescaped = re.sub(r"\\[{}]", "", said)
    assert unescaped.count("{") == unescaped.count("}")
    assert "%" not in said.replace("\\%", "")
    assert lacks(text) == len(re.findall(r"\[U\+[0-9A-F]{4,6}\]", said))
