"""Every page does what it shows: files are written, commands run, Python executed, in its order."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.console import Code, Command, File, follow, steps

import backtest.inference
import backtest.models
from backtest import registry

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(DOCS)): steps(path.read_text(encoding="utf-8"))
    for path in sorted(DOCS.rglob("*.md"))
}
SHOWING = sorted(name for name, found in PAGES.items() if found)

ELSEWHERE = {"scale.md": "its Python makes a cluster of jobs, which no test has"}


@pytest.fixture
def plug_in_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let files of `backtest/models` below the working folder count as if they stood there."""
    for package in (backtest.models, backtest.inference):
        folder = tmp_path.joinpath(*package.__name__.split("."))
        folder.mkdir(parents=True)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    registry._modules.cache_clear()
    importlib.invalidate_caches()
    yield
    registry._modules.cache_clear()


@pytest.mark.parametrize("page", SHOWING)
def test_page_shows_what_happens(
    page: str,
    tmp_path: Path,
    cache: Path,
    plug_in_folders: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if page in ELSEWHERE:
        pytest.skip(ELSEWHERE[page])
    if page == "guides/regressions.md":
        pytest.importorskip("statsmodels", reason="statsmodels is not installed")
    shutil.copytree(ROOT / "events", tmp_path / "events")
    monkeypatch.setenv("COLUMNS", "100")
    names: dict[str, object] = {}
    for step in PAGES[page]:
        follow(step, capsys.readouterr, names)
        if isinstance(step, File):
            registry._modules.cache_clear()
            importlib.invalidate_caches()


def test_guides_and_tutorial_show_something() -> None:
    every = [step for found in PAGES.values() for step in found]
    assert sum(isinstance(step, Command) for step in every) >= 20
    assert sum(isinstance(step, Code) for step in every) >= 5
