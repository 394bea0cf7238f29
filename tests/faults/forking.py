"""The other side of `warm.py`: a process with the libraries loaded, which forks for every command.

Started as `python -m faults.forking`. It reads orders as lines of JSON and answers each with one.
A start costs a second, a fork a few milliseconds: only so can a command be killed hundreds of
times. It has no thread of its own, which a fork would lose, and never uses what it has loaded.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import sys
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

from faults import _inside

_BEFORE_THE_CLOCK = ["pandas", "exchange_calendars"]
"""Libraries that do not end loading while another clock is set (`_inside.set_clock`)."""

_LONGEST = 120.0
"""Seconds after which a command that has not ended is killed, and so found out."""


@dataclass
class _Child:
    pid: int
    pipes: dict[int, bytearray]
    began: float
    die_after: float | None
    status: int = 0
    seconds: float = 0.0
    order: list[int] = field(default_factory=list)


def serve() -> None:
    """Answer until standard input ends."""
    _load(_BEFORE_THE_CLOCK)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_answer(asked)), file=answers, flush=True)


def _answer(asked: dict[str, Any]) -> Any:
    if "load" in asked:
        return _load(asked["load"])
    if "private" in asked:
        return _inside.private_mounts()
    if "mount" in asked:
        return _inside.mount(**asked["mount"])
    if "unmount" in asked:
        return _inside.unmount(asked["unmount"])
    return _run_all(asked["run"])


def _load(names: list[str]) -> int:
    """Import modules; some are parts that only their package can import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    return len(sys.modules)


def _run_all(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run commands at once, from one starting shot on."""
    ready, shot = os.pipe()
    children = [_forked(order, ready, shot) for order in orders]
    os.close(ready)
    began = time.monotonic()
    for child in children:
        child.began = began
    os.close(shot)
    _collect(children)
    return [_told(child) for child in children]


def _forked(order: dict[str, Any], ready: int, shot: int) -> _Child:
    pairs = [os.pipe() for _ in range(3)]
    pid = os.fork()
    if pid == 0:
        try:
            os.close(shot)
            os.read(ready, 1)  # ends when the parent closes the other side
            for place, (_, end) in zip((1, 2, _inside.REPORT), pairs, strict=True):
                os.dup2(end, place)
            _inside.obey(order)
        finally:
            os._exit(99)
    for _, end in pairs:
        os.close(end)
    pipes = {start: bytearray() for start, _ in pairs}
    return _Child(pid, pipes, 0.0, order["die_after"] or _LONGEST, order=list(pipes))


def _collect(children: list[_Child]) -> None:
    """Read what the children print until all have ended, and kill those whose time has come."""
    owner = {pipe: child for child in children for pipe in child.pipes}
    with selectors.DefaultSelector() as selector:
        for pipe in owner:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(_patience(children)):
                content = os.read(key.fd, 1 << 16)
                owner[key.fd].pipes[key.fd] += content
                if not content:
                    selector.unregister(key.fd)
                    os.close(key.fd)
            _kill_those_due(children)
    for child in children:
        _, child.status = os.waitpid(child.pid, 0)
        child.seconds = time.monotonic() - child.began


def _patience(children: list[_Child]) -> float | None:
    due = [child.began + child.die_after for child in children if child.die_after is not None]
    return max(0.0, min(due) - time.monotonic()) if due else None


def _kill_those_due(children: list[_Child]) -> None:
    for child in children:
        if child.die_after is not None and time.monotonic() >= child.began + child.die_after:
            os.kill(child.pid, signal.SIGKILL)  # not yet waited for, so the number is still its own
            child.die_after = None


def _told(child: _Child) -> dict[str, Any]:
    out, err, report = (bytes(child.pipes[pipe]).decode(errors="replace") for pipe in child.order)
    ended = {
        "code": os.waitstatus_to_exitcode(child.status),
        "out": out,
        "err": err,
        "seconds": child.seconds,
    }
    told = {"writes": 0, "modules": []}
    try:
        told = json.loads(report) if report else told
    except ValueError:
        if ended["code"] >= 0:  # One that was killed may have been amid its report.
            raise
    return {**ended, **told}


if __name__ == "__main__":
    serve()
