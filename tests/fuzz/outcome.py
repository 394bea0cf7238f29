"""What a target made of one input: accepted, refused with a clear message, or neither."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, Literal

from backtest.errors import BacktestError
from backtest.plain_text import command_in

Outcome = Literal["accepted", "refused"]

REFUSED = (2, 3, 4)
_CLEAR = re.compile(r"^(error: |Usage: ).", re.IGNORECASE | re.MULTILINE)


class Unclear(AssertionError):
    """The user would have seen a traceback, an internal error, or a message that says nothing."""


def of_call(call: Callable[[], Any]) -> Outcome:
    """Call what raises our errors where it refuses; any other exception goes through."""
    try:
        call()
    except BacktestError as error:
        for problem in error.problems:
            if not (problem.code and problem.message.strip()):
                raise Unclear(f"a problem without a message: {problem!r}") from error
        return "refused"
    return "accepted"


def of_command(arguments: list[str]) -> Outcome:
    """Run the command line in this process and look at everything it says."""
    from backtest.cli._app import invoke

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = invoke(arguments)
    sys.stdout.flush()
    told = err.getvalue()
    if "Traceback" in told or "internal error" in told or code not in (0, 1, *REFUSED):
        raise Unclear(f"exit {code}: {told[-2000:]}")
    if command_in(told):
        raise Unclear(f"{command_in(told)} in a message: {told[-2000:]!r}")
    if code not in REFUSED:
        return "accepted"
    if not _CLEAR.search(told):
        raise Unclear(f"exit {code} without an error line: {told[-2000:]!r}")
    return "refused"
