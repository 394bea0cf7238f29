"""The notebook of the documentation runs from top to bottom, without a network."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from support.drawn import rows_with

from backtest.results.result import StudyResult

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.py"

pytest.importorskip("marimo", reason="marimo is not installed")


def test_the_notebook_runs_and_what_it_says_is_so(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cache  # the session tables are there already
    plan = importlib.util.spec_from_file_location("example_notebook", NOTEBOOK)
    assert plan is not None
    assert plan.loader is not None
    module = importlib.util.module_from_spec(plan)
    monkeypatch.setitem(sys.modules, plan.name, module)
    plan.loader.exec_module(module)
    outputs, names = module.app.run()
    result = names["result"]
    assert isinstance(result, StudyResult)
    assert [type(one).__name__ for one in outputs if type(one).__name__ != "_md"] == [
        *("NoneType", "StudyResult", "dropdown", "VConcatChart", "DataFrame"),
        *("LayerChart", "GT", "GT"),
    ]
    charts = [one for one in outputs if type(one).__name__ == "LayerChart"]
    last = rows_with(charts[0], "low").filter(day=10).row(0, named=True)
    assert last["low"] < 0 < last["high"]  # "The band holds zero."
    verdicts = dict(names["claims"]["reason", "verdict"].iter_rows())
    told = next(reason for reason in verdicts if "+63.4bn at the close" in reason)
    assert "+100.7bn" in told  # "the headline fits neither"
    assert verdicts[told] == "contradicted"
