"""Which settings file is meant, and its text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from backtest.errors import BadInput, Location

FILE = "backtest.toml"
VARIABLE = "BACKTEST_CONFIG"
LARGEST = 64 * 1024
"""Bytes; what has more is no settings file. The parser's time grows with the square of a line."""
LONGEST = 2_000
"""Characters of a line."""


def find(named: Path | None, folder: Path | None = None) -> Path | None:
    """Return the file that is named, by `BACKTEST_CONFIG` if not by a flag, or the nearest one.

    Args:
        named: by a flag.
        folder: where to look first; then in each folder above. Default: the working folder.
    """
    if named is not None:
        return named
    variable = os.environ.get(VARIABLE)
    if variable:
        return Path(variable).expanduser()
    here = Path() if folder is None else folder
    try:
        above = here.absolute().parents
    except OSError:  # The working folder was removed.
        return None
    places = (place / FILE for place in (here, *above))
    return next((file for file in places if os.path.lexists(file)), None)


def read_text(path: Path) -> str:
    """Return the text of a settings file.

    Raises:
        BadInput: it is not there, no file, too large, not to be read, or not UTF-8.
    """
    content = _content(path)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        # The mark that some editors begin a file with is not part of what the error counts.
        before = error.object[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise BadInput.because(
            "not-utf8",
            f"the byte 0x{error.object[error.start]:02x} is not UTF-8",
            where=Location(path, line, column),
            hint="save the file as UTF-8",
        ) from None
    for number, line_text in enumerate(text.split("\n"), 1):
        if len(line_text) > LONGEST:
            raise _too_large(Location(path, number), f"a line of more than {LONGEST:,} characters")
    return text


def _content(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):  # /dev/null is a file without settings.
            what = "a folder" if stat.S_ISDIR(mode) else "not a file"
            raise BadInput.because(
                "no-file", f"this is {what}; expected a settings file", where=Location(path)
            )
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise BadInput.because(
            "missing-file",
            "there is no such settings file",
            where=Location(path),
            hint="`backtest init` writes one",
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput.because(
            "unreadable-file", f"cannot be read: {why}", where=Location(path)
        ) from None
    if len(content) > LARGEST:
        raise _too_large(Location(path), f"more than {LARGEST:,} bytes")
    return content


def _too_large(where: Location, what: str) -> BadInput:
    return BadInput.because(
        "too-large",
        f"{what}; this cannot be a settings file",
        where=where,
        hint="another one is named with --config",
    )
