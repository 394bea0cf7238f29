"""From a value of the file to the text that the flag would take, or what is wrong with it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

from backtest.config.settings import Setting
from backtest.errors import BadUsage, did_you_mean

_MOST = 1_000_000
"""Of whole numbers: threads and days."""

Fault = tuple[str, str, str | None]
"""Code, message, hint."""


class Refused(Exception):
    """A value that cannot be meant; carries the `Fault`."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        self.fault: Fault = (code, message, hint)
        super().__init__(message)


def as_typed(setting: Setting, value: object, folder: Path) -> str:
    """Return what one would write after the flag; paths are relative to `folder`, the file's.

    Raises:
        Refused: a wrong type, or a value that is never right.
    """
    return _READ[setting.kind](setting, value, folder)


def found(value: object) -> str:
    """Say what stands there."""
    if isinstance(value, bool):
        return f"the truth value `{str(value).lower()}`"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value)
    short = text if len(text) <= 60 else f"{text[:57]}…"
    quoted = f"`{short}`" if short.isprintable() else repr(short)
    kinds = {str: "", int: "the number ", float: "the number "}
    return f"{kinds.get(type(value), 'the time ')}{quoted}"


def _text(setting: Setting, value: object, folder: Path) -> str:
    del folder
    if not isinstance(value, str):
        raise _wrong("text", setting, value)
    if not value.strip():
        raise Refused("bad-text", "expected text, found nothing", "leave the key out")
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise Refused("bad-text", f"{found(value)} has a character that is never meant")
    return value


def _choice(setting: Setting, value: object, folder: Path) -> str:
    text = _text(setting, value, folder)
    if text not in setting.choices:
        message = f"`{text}` is not one of {', '.join(setting.choices)}"
        raise Refused("bad-choice", message, did_you_mean(text, setting.choices))
    return text


def _words(setting: Setting, value: object, folder: Path, joined: str = ",") -> str:
    if isinstance(value, str):
        return _text(setting, value, folder)
    if not isinstance(value, list):
        raise _wrong("a list of texts", setting, value)
    for word in value:
        if not isinstance(word, str):
            message = f"expected a list of texts, found {found(word)} in it"
            raise Refused("wrong-type", message, _mend(setting, value))
    return joined.join(_text(setting, word, folder) for word in value)


def _sum(setting: Setting, value: object, folder: Path) -> str:
    return _words(setting, value, folder, "+")


def _window(setting: Setting, value: object, folder: Path) -> str:
    from backtest.spec import Window

    if not isinstance(value, str):
        raise _wrong('a window such as "-10:10"', setting, value)
    try:
        Window.parse(_text(setting, value, folder), setting.key)
    except BadUsage as error:
        (problem,) = error.problems
        raise Refused(problem.code, problem.message, problem.hint) from None
    return value


def _windows(setting: Setting, value: object, folder: Path) -> str:
    text = _words(setting, value, folder)
    for word in text.split(","):
        if word.strip():
            _window(setting, word, folder)
    return text


def _whole(setting: Setting, value: object, folder: Path) -> str:
    del folder
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong("a whole number", setting, value)
    if not 1 <= value <= _MOST:
        raise Refused("out-of-range", f"{found(value)}, expected 1 to {_MOST:,}")
    return str(value)


def _number(setting: Setting, value: object, folder: Path) -> str:
    del folder
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong("a number", setting, value)
    if not 0 < value < math.inf:
        raise Refused("out-of-range", f"{found(value)}, expected more than 0")
    return str(value)


def _switch(setting: Setting, value: object, folder: Path) -> str:
    del folder
    if not isinstance(value, bool):
        raise _wrong("true or false", setting, value)
    return str(value).lower()


def _path(setting: Setting, value: object, folder: Path) -> str:
    return _from(folder, _text(setting, value, folder))


def _place(setting: Setting, value: object, folder: Path) -> str:
    text = _text(setting, value, folder)
    return text if "://" in text else _from(folder, text)


def _source(setting: Setting, value: object, folder: Path) -> str:
    """Tell a path from the name of a source, which has no folder and no suffix of a table."""
    text = _text(setting, value, folder)
    if "://" in text:
        return text
    named = len(Path(text).parts) < 2 and Path(text).suffix.lower() not in (".csv", ".parquet")
    if named and (_is_source(text) or not os.path.lexists(folder / text)):
        return text
    return _from(folder, text)


def _is_source(word: str) -> bool:
    from backtest.prices.provider import providers

    return word in {"auto", *providers.keys()}


def _from(folder: Path, text: str) -> str:
    """Return a path of the file as it would be typed here: short where it lies below."""
    path = folder / Path(text).expanduser()
    if ".." in path.parts:
        path = path.resolve()  # One place has one name, for the keys of what is kept.
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _wrong(expected: str, setting: Setting, value: object) -> Refused:
    message = f"expected {expected}, found {found(value)}"
    return Refused("wrong-type", message, _mend(setting, value))


def _mend(setting: Setting, value: object) -> str | None:
    if isinstance(value, list) and len(value) == 2 and setting.kind in ("window", "windows"):
        start, end = value
        if type(start) is int and type(end) is int:
            text = f'"{start}:{end}"'
            return f"write {f'[{text}]' if setting.kind == 'windows' else text}"
    if isinstance(value, int | float) and setting.kind in ("text", "choice", "path", "source"):
        return f'put it in quotes: "{str(value).lower()}"'
    if isinstance(value, str) and setting.kind in ("whole", "number", "switch"):
        return "write it without quotes"
    return f"for example {setting.key} = {setting.example}"


_READ: dict[str, Callable[[Setting, object, Path], str]] = {
    "text": _text,
    "choice": _choice,
    "words": _words,
    "sum": _sum,
    "window": _window,
    "windows": _windows,
    "whole": _whole,
    "number": _number,
    "switch": _switch,
    "path": _path,
    "source": _source,
    "place": _place,
}
