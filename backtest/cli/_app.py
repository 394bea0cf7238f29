"""The command line: lazy commands, and errors as one clear message each."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from backtest.cli._overview import COMMANDS, overview
from backtest.cli._settings import ConfigOption, Session
from backtest.errors import BacktestError

INTERRUPTED = 130
UNUSABLE = UNWRITABLE = 2
BUG = 70


class LazyCommands(click.Group):
    """Commands imported when they are called; each is `COMMAND` in its file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the overview."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or None for an unknown one."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"backtest.cli.{cmd_name}").COMMAND
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        from backtest.errors import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(
                f"no command `{args[0]}`; there are: {', '.join(COMMANDS)}"
                + (f" ({hint})" if hint else "")
            )
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """Return the same text as the front door."""
        del ctx
        return overview()


COMMAND = LazyCommands(name="backtest", params=[ConfigOption()])


def invoke(arguments: list[str]) -> int:
    """Run a command and return its exit code; every error becomes a message on stderr."""
    if any("\0" in argument for argument in arguments):
        _say("error: an argument has the character U+0000, which no name or value can have")
        return UNUSABLE
    settings = Session()
    try:
        return _invoke(arguments, settings)
    finally:
        settings.close()


def _invoke(arguments: list[str], settings: Session) -> int:
    try:
        code = COMMAND.main(arguments, prog_name="backtest", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except BacktestError as error:
        for problem in settings.located(error).problems:
            _say(f"error: {problem}")
        return error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        from backtest.plain_text import printable, shortened

        error.message = printable(shortened(error.message))  # type: ignore[misc]
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; everything finished before is kept", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of our output (head, less) has gone, which click answers by leaving; nothing
        # is left to say to it, at the end of the interpreter neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _say(f"error: cannot write the output: {error.strerror or error}")
        return UNWRITABLE
    except Exception as error:
        if os.environ.get("BACKTEST_TRACEBACK"):
            raise
        _say(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a bug; BACKTEST_TRACEBACK=1 shows where."
        )
        return BUG
    return code if isinstance(code, int) else 0


def _say(text: str) -> None:
    """Print a message on stderr; whatever an address in it carries is nobody's business."""
    from backtest.cli._say import say
    from backtest.masking import masked
    from backtest.plain_text import shortened

    say(masked(shortened(text)))
