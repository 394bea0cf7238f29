"""The commented settings file that `backtest init` writes; what it sets is where things are."""

from __future__ import annotations

from backtest.config.settings import SECTIONS, SETTINGS, Setting

_HEAD = """\
# Settings of backtest, for this folder and those below it. A # before a key leaves the default.
# Flags come before variables (BACKTEST_BENCHMARK=QQQ), these before this file, this before
# the defaults; `backtest config show` says what holds and where it came from.
# Relative paths are relative to this file. Passwords do not belong here, nor in addresses:
# object stores read their own variables, such as AWS_ACCESS_KEY_ID.
"""

_SET = ("study.events", "cache.folder")
"""So that a command in a folder below reads and keeps the same."""

_SECTIONS = {
    "study": "What is studied, by every command that takes the flag of the same name.",
    "cache": "What is kept between runs.",
    "prices": "Where prices and factors are fetched.",
    "program": "The program itself.",
}


def template() -> str:
    """Return the text of the file."""
    return "\n".join((_HEAD, *(_section(section) for section in SECTIONS)))


def _section(section: str) -> str:
    lines = [f"[{section}]  # {_SECTIONS[section]}"]
    lines += [_line(setting) for setting in SETTINGS if setting.section == section]
    return "\n".join(lines) + "\n"


def _line(setting: Setting) -> str:
    choices = f": {', '.join(setting.choices)}" if setting.choices else ""
    unset = f"  [default: {setting.unset}]" if setting.unset else ""
    mark = "" if setting.name in _SET else "# "
    return f"\n# {setting.about}{choices}{unset}\n{mark}{setting.key} = {setting.example}"
