"""The README shows what the commands print today."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.console import Command, follow, sessions

from backtest.cli._app import invoke

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "session", sessions(README), ids=lambda commands: commands[0].line.split()[0]
)
def test_commands_print_what_is_shown(
    session: list[Command],
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "events", tmp_path / "events")
    monkeypatch.setenv("COLUMNS", "100")
    for command in session:
        follow(command, capsys.readouterr, {})


def test_python_blocks_run_one_after_the_other(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del cache  # the session tables are there already
    pytest.importorskip("altair", reason="the extra `report` is not installed")
    shutil.copytree(ROOT / "events", tmp_path / "events")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n((?!# backtest/).*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert "Event study of events" in capsys.readouterr().out
    assert (tmp_path / "cars.png").read_bytes().startswith(b"\x89PNG")


def test_the_model_in_one_file_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib

    import backtest.models
    from backtest import registry

    (code,) = re.findall(r"```python\n(# backtest/models/.*?)```", README, flags=re.DOTALL)
    name = code.split("\n")[0].removeprefix("# backtest/models/")
    (tmp_path / name).write_text(code, encoding="utf-8")
    monkeypatch.setattr(backtest.models, "__path__", [*backtest.models.__path__, str(tmp_path)])
    registry._modules.cache_clear()
    importlib.invalidate_caches()
    try:
        options = ["--events", str(ROOT / "events"), "--prices", "snapshot", "--format", "csv"]
        assert invoke(["run", "2025-10-06*", "--model", name.removesuffix(".py"), *options]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(",market_lead," in line for line in lines) == 6 * 6
    finally:
        registry._modules.cache_clear()
