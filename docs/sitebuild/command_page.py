"""The command-line reference, read off the commands themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import click

from sitebuild.words import linked, plain, term

SHARED_BY = 4
"""An option of `run` that so many commands have, word for word, is told once."""

_INTRO = """\
# Commands

This page is made from the commands when the site is built, so it has what `--help` has. Data goes
to standard output, messages and progress to standard error;
[Exit codes](exit-codes.md) says what a command answers.
"""

_SHARED = """\
## Options of every study

`SELECTION` and these options mean the same in all commands that make a study.
"""


def command_page() -> str:
    """Return the page: options that many commands share, then command by command."""
    commands = list(_walk())
    counts = Counter(_identity(one) for _, each in commands for one in _options(each))
    study = {_identity(one): one for one in _options(dict(commands)["run"])}
    shared = {one for one in study if counts[one] >= SHARED_BY}
    told = [_term(study[one]) for one in study if one in shared]
    parts = [_INTRO, *(_section(path, command, shared) for path, command in commands)]
    return "\n".join([*parts, _SHARED, *told])


def commands_by_name() -> dict[str, click.Command]:
    """Return every command that can be called, such as `events add`."""
    return dict(_walk())


def _walk() -> Iterator[tuple[str, click.Command]]:
    from backtest.cli._app import COMMAND

    def below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield path, command
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), name)
                if found is not None:
                    yield from below(f"{path} {name}", found)

    for name in COMMAND.list_commands(click.Context(COMMAND)):
        command = COMMAND.get_command(click.Context(COMMAND), name)
        if command is not None:
            yield from below(name, command)


def _options(command: click.Command) -> list[click.Option]:
    return [p for p in command.params if isinstance(p, click.Option) and not p.hidden]


def _identity(option: click.Option) -> tuple[str, str]:
    return "/".join([*option.opts, *option.secondary_opts]), option.help or ""


def _section(path: str, command: click.Command, shared: set[tuple[str, str]]) -> str:
    context = click.Context(command, info_name=f"backtest {path}")
    usage = " ".join(command.collect_usage_pieces(context))
    own = [one for one in _options(command) if _identity(one) not in shared]
    rest = len(_options(command)) - len(own)
    depth = "##" if " " not in path else "###"
    lines = [
        f"{depth} backtest {path}",
        "",
        f"```text\nbacktest {path} {usage}\n```",
        "",
        *_help(command.help or ""),
        *_example(command.epilog),
        *map(_term, own),
    ]
    if rest:
        lines.append("and the [options of every study](#options-of-every-study) that fit.\n")
    return "\n".join(lines)


def _help(text: str) -> Iterator[str]:
    """Yield the paragraphs; those that click keeps as they are (after \\b) become code."""
    for paragraph in re.split(r"\n\s*\n", text.replace("\f", "").strip()):
        kept = paragraph.startswith("\b")
        clean = paragraph.removeprefix("\b").strip("\n")
        yield f"```text\n{clean}\n```" if kept else linked(plain(" ".join(clean.split())))
        yield ""


def _example(epilog: str | None) -> Iterator[str]:
    if not epilog:
        return
    lines = [line.strip() for line in epilog.replace("\b", "").splitlines()]
    calls = " ".join(line for line in lines if line).split("backtest ")
    found = [f"backtest {call.strip()}" for call in calls[1:]]
    yield "```sh\n" + "\n".join(found) + "\n```"
    yield ""


def _term(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.secondary_opts:
        names += " / " + ", ".join(f"`{name}`" for name in option.secondary_opts)
    if not (option.is_flag or option.count):
        context = click.Context(click.Command("any"))
        names += f" `{option.make_metavar(context)}`"
    text = plain(" ".join((option.help or "").split()))
    extra = option.get_help_extra(click.Context(click.Command("any")))
    notes = [f"default: {_code(extra['default'])}"] if "default" in extra else []
    notes += [f"`{extra['range']}`"] if "range" in extra else []
    if option.multiple and "epeat" not in text:
        notes.append("may be repeated")
    return term(names, " ".join([text, *(f"({note})" for note in notes)]).strip())


def _code(text: str) -> str:
    return text if " " in text else f"`{text}`"
