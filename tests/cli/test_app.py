"""The command itself: help, unknown words, errors as one message each, streams kept apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli import CALENDAR, Command

import backtest
from backtest.cli._app import BUG, COMMAND, invoke
from backtest.cli._overview import COMMANDS, overview
from backtest.errors import BadInput, DataUnavailable, Problem, RateLimited

HEAVY = ("polars", "pandas", "numpy", "yfinance", "rich", "exchange_calendars", "scipy")


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backtest", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_help_is_instant_and_complete() -> None:
    """Help and version come without the libraries; so does importing the package."""
    program = (
        "import sys, backtest.__main__ as m\n"
        "import backtest\n"
        "sys.argv = ['backtest', '--help']\n"
        "assert m.main() == 0\n"
        f"print([name for name in {(*HEAVY, 'click', 'pydantic')!r} if name in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    *told, loaded = ran.stdout.splitlines()
    assert loaded == "[]"
    assert told[0] == "Usage: backtest COMMAND [OPTIONS]"
    for name, text in COMMANDS.items():
        assert any(line.split() == [name, *text.split()] for line in told)


def test_the_list_of_events_loads_no_tables(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from backtest.cli._app import invoke\n"
        f"assert invoke(['events', 'list', '--events', {str(CALENDAR)!r}]) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_overview(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from backtest.__main__ import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["backtest", *arguments])
        assert main() == 0
    assert capsys.readouterr().out == overview() + "\n"


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    from backtest.__main__ import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["backtest", "--version"])
        assert main() == 0
    assert capsys.readouterr().out == f"backtest {backtest.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(cli: Command, command: str) -> None:
    ran = cli(command, "--help")
    assert ran.code == 0
    assert "Example" in ran.out
    assert ran.err == ""


def test_the_commands_are_those_of_the_overview() -> None:
    assert COMMAND.list_commands(None) == list(COMMANDS)  # type: ignore[arg-type]
    for name in COMMANDS:
        found = COMMAND.get_command(None, name)  # type: ignore[arg-type]
        assert found is not None
        assert found.name == name


def test_an_unknown_command_names_the_nearest(cli: Command) -> None:
    line = cli("rnu").refused(2)
    assert "no command `rnu`; there are: run, claims, events, prices, audit, cache" in line
    assert "did you mean `run`?" in line


def test_an_unknown_option(cli: Command) -> None:
    assert "--modle" in cli("run", "--modle", "market").refused(2)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput([Problem("a", "one"), Problem("b", "two", hint="mend")]), 2),
        (DataUnavailable.because("c", "gone"), 3),
        (RateLimited.because("d", "slow down"), 4),
    ],
)
def test_errors_are_lines_with_their_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("backtest.api.run", fail)
    assert invoke(["run"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        f"error: {problem}"
        for problem in error.problems  # type: ignore[attr-defined]
    ]


def test_a_bug_is_told_as_one_and_shown_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("backtest.api.run", fail)
    assert invoke(["run"]) == BUG
    assert "internal error: ZeroDivisionError: of all things" in capsys.readouterr().err
    monkeypatch.setenv("BACKTEST_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        invoke(["run"])


def test_an_interrupt_while_loading_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from backtest.__main__ import main

    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["backtest", "run"])
    monkeypatch.setattr("backtest.cli._app.invoke", interrupted)
    assert main() == 130


def test_as_a_program(cache: Path) -> None:
    """The real thing once: exit codes, and the two streams kept apart."""
    ran = run("run", "ticker:AVGO", "--events", CALENDAR, "--prices", "snapshot", "--format", "csv")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("event_id,ticker,model,start,end,")
    assert "computed" in ran.stderr
    bad = run("run", "--model", "capmm")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("error: unknown model `capmm`")
