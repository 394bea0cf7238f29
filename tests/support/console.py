"""Pages with commands and code: what they show is run and compared with what is printed today.

A `console` block has commands (`$ backtest …`) with the lines they print; `…` stands for lines left
out, and a command may go on behind a backslash. One whose exit code is not 0 is followed by
`$ echo $?` and its code, and its messages on standard error may be shown. Other blocks with a
`title` are files; a `python` block without one is run, and a `text` block right behind it is what
it prints.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backtest.cli._app import invoke

_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r'title="([^"]+)"')
_CODE = "$ echo $?"


@dataclass
class Command:
    """One command with the lines shown under it."""

    line: str
    shown: list[str] = field(default_factory=list)
    code: int = 0


@dataclass(frozen=True)
class Code:
    """Python that is run, with what is shown of its output."""

    text: str
    shown: list[str]


@dataclass(frozen=True)
class File:
    """A file that the reader is told to write."""

    name: str
    text: str


Step = Command | Code | File
Printed = Callable[[], tuple[str, str]]
"""Returns and forgets what was printed since the last time: standard output, standard error."""


def sessions(page: str) -> list[list[Command]]:
    """Return the commands of every console block."""
    blocks = _BLOCK.finditer(page)
    return [_commands(block[3]) for block in blocks if block[1] == "console"]


def steps(page: str) -> list[Step]:
    """Return all that a reader would do, in the page's order."""
    out: list[Step] = []
    blocks = list(_BLOCK.finditer(page))
    for place, block in enumerate(blocks):
        language, options, text = block.groups()
        title = _TITLE.search(options)
        if title:
            out.append(File(title[1], text))
        elif language == "console":
            out += _commands(text)
        elif language == "python":
            after = blocks[place + 1] if place + 1 < len(blocks) else None
            near = after and not page[block.end() : after.start()].strip()
            printed = after[3].splitlines() if after and near and after[1] == "text" else []
            out.append(Code(text, printed))
    return out


def _commands(text: str) -> list[Command]:
    out: list[Command] = []
    asked = False
    for line in text.splitlines():
        if asked:
            out[-1].code, asked = int(line), False
        elif out and out[-1].line.endswith("\\"):
            out[-1].line = out[-1].line.removesuffix("\\") + line.strip()
        elif line == _CODE:
            asked = True
        elif line.startswith("$ "):
            assert line.startswith("$ backtest "), f"only our own commands can be run: {line}"
            out.append(Command(line.removeprefix("$ backtest ")))
        else:
            out[-1].shown.append(line)
    return out


def follow(step: Step, printed: Printed, names: dict[str, object]) -> None:
    """Do one step in the working folder and compare.

    Args:
        step: what to do.
        printed: what was printed.
        names: what Python blocks have defined so far.
    """
    printed()
    match step:
        case File():
            path = Path(step.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
        case Code():
            exec(compile(step.text, "<page>", "exec"), names)
            out, _ = printed()
            _compare(step.shown, out)
        case Command():
            code = invoke(shlex.split(step.line))
            out, err = printed()
            assert code == step.code, f"backtest {step.line}: exit code {code}\n{out}{err}"
            _compare(step.shown, out + err if code else out)


def _compare(shown: list[str], output: str) -> None:
    lines = [line.rstrip() for line in output.splitlines()]
    at = 0
    for run in _runs(shown):
        found = [i for i in range(at, len(lines)) if lines[i : i + len(run)] == run]
        assert found, "\n".join(["not printed:", *run, "but:", *lines[at:]])
        at = found[0] + len(run)


def _runs(lines: list[str]) -> Iterator[list[str]]:
    """Cut at the lines that stand for what is left out."""
    run: list[str] = []
    for line in [*lines, "…"]:
        if line == "…":
            if run:
                yield run
            run = []
        else:
            run.append(line.rstrip())
