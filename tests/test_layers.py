"""The order of the rooms, and that light imports stay light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = (
    *("polars", "numpy", "pandas", "yfinance", "click", "pydantic", "rich", "scipy"),
    *("dask", "distributed"),
)


def test_imports_go_one_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The contract `[tool.importlinter]` of pyproject.toml holds."""
    from importlinter.cli import lint_imports

    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(ROOT)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def _loaded(code: str) -> set[str]:
    """Run code in a new process and return which heavy libraries it loaded."""
    report = f"\nimport sys; print('LOADED', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code + report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_package_and_its_help_load_no_library() -> None:
    assert (
        _loaded("import backtest, backtest.cli._overview, backtest.errors, backtest.spec") == set()
    )


def test_the_front_door_answers_without_a_library() -> None:
    code = (
        "import sys; sys.argv = ['backtest', '--help']\nfrom backtest.__main__ import main; main()"
    )
    assert _loaded(code) == set()


def test_help_of_the_module() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "backtest", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout.startswith("Usage: backtest COMMAND")
    assert "claims" in done.stdout
    assert done.stderr == ""


def test_threads_need_no_dask() -> None:
    code = "import backtest.api; from backtest.executors import workers; workers('local', 2)"
    assert not {"dask", "distributed"} & _loaded(code)


def test_what_workers_import_needs_no_dask() -> None:
    assert not {"dask", "distributed"} & _loaded("import backtest.executors._dask_shared")


def test_the_probe_can_see_a_heavy_library() -> None:
    assert "polars" in _loaded("import polars")
