"""The command's front door: help at once, everything else through the command line proper."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line on `sys.argv` and return the exit code."""
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:  # while the libraries are loading; later the command line says more
        return 130


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("--help", "-h", "--version"):
        # Loading the command-line library takes longer than all of Python's start.
        from backtest.cli._overview import overview, version

        try:
            print(version() if arguments == ["--version"] else overview(), flush=True)
        except BrokenPipeError:  # the reader (head, less) has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    from backtest.cli._app import invoke

    return invoke(arguments)


if __name__ == "__main__":
    sys.exit(main())
