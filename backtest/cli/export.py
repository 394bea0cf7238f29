"""`backtest export`: results as files that one hands on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._options import nothing_studied, run_from_options, study_options, tell
from backtest.cli._say import note as say_note
from backtest.cli._say import say
from backtest.errors import BadUsage, DataUnavailable, Problem

if TYPE_CHECKING:
    from backtest.exports import Export

_KINDS = ("tag:", "ticker:", "role:")


@click.command(
    "export", epilog="Example: backtest export --to xlsx,latex tag:chips --prices snapshot paper/"
)
@study_options
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--to",
    "wanted",
    multiple=True,
    required=True,
    metavar="EXPORT",
    help="csv, parquet, xlsx, latex, markdown, png or svg; several by comma or by --to again.",
)
def COMMAND(wanted: tuple[str, ...], folder: Path, **study: Any) -> int:
    """Write a study into the folder DIR: tables, a workbook, LaTeX, Markdown, figures.

    SELECTION picks announcements as for `run`; the folder comes last. Files of the same names are
    replaced, others are left alone.
    """
    chosen = _exports(wanted)
    _check_folder(folder)
    result = run_from_options(**study)
    tell(result)
    if nothing_studied(result):
        return DataUnavailable.exit_code
    for one in chosen:
        written = one.write(result, folder)
        for note in written.notes:
            say_note(note)
        say(f"wrote {_named([path.name for path in written.paths])} to {folder}")
    return 0


def _exports(wanted: tuple[str, ...]) -> list[Export]:
    """Return the exports asked for, each once.

    Raises:
        BadUsage: with every one that is unknown or lacks a library.
    """
    from backtest.exports import exports

    words = [word.strip() for one in wanted for word in one.split(",")]
    keys = dict.fromkeys(word for word in words if word)
    found: list[Export] = []
    problems: list[Problem] = []
    for key in keys:
        try:
            one = exports.get(key)
            one.check()
            found.append(one)
        except BadUsage as error:
            problems.extend(error.problems)
    if not keys:
        problems.append(Problem("no-export", "names no export", field="to", hint="--to xlsx"))
    if problems:
        raise BadUsage(problems)
    return found


def _check_folder(folder: Path) -> None:
    """Refuse a place that cannot be the folder, before anything is computed.

    Raises:
        BadUsage: it is a file, or words of a selection.
    """
    name = str(folder)
    if name.startswith(_KINDS) or any(sign in name for sign in "*?"):
        raise BadUsage.because(
            "no-folder",
            f"`{name}` is a selection; the folder comes last",
            field="dir",
            hint=f"for example: {name} out/",
        )
    if folder.exists() and not folder.is_dir():
        raise BadUsage.because(
            "no-folder", f"{name} is a file", field="dir", hint="name a folder, new or old"
        )


def _named(names: list[str]) -> str:
    """Return file names, of many the first ones."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more files"
