"""The settings as rows, and how they are printed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click

from backtest.cli._settings import Session, SettingOption
from backtest.config.find import VARIABLE
from backtest.config.settings import SETTINGS, Setting
from backtest.contracts import SCHEMA_VERSION
from backtest.errors import did_you_mean
from backtest.masking import masked

_PREFIX = "BACKTEST_"
_WIDTH = 28
"""Of the values; longer ones push what follows to the right."""


@dataclass(frozen=True, slots=True)
class Row:
    """A setting: `value` is None where nothing is set and `unset` says what then holds.

    `file`, `line` and `column` are those of the file's entry, also where something comes before it.
    """

    section: str
    key: str
    value: str | int | float | bool | None
    source: str
    flag: str | None
    variable: str
    unset: str | None
    file: str | None
    line: int | None
    column: int | None


def rows(now: Session, params: Sequence[click.Parameter], values: Mapping[str, Any]) -> list[Row]:
    """Return every setting in the order of the file.

    Args:
        now: the settings of this command line.
        params: the command's parameters, among them the flags that are settings.
        values: of the parameters, by their names.
    """
    given = {
        param.setting.name: values[param.name]
        for param in params
        if isinstance(param, SettingOption) and param.name
    }
    return [_row(now, setting, given) for setting in SETTINGS]


def print_table(now: Session, found: Sequence[Row]) -> None:
    """Print a line a setting."""
    file = str(now.file.path) if now.file else "no backtest.toml here or in a folder above"
    click.echo(f"file  {file}")
    first = max(len(row.key) for row in found)
    section = ""
    for row in found:
        if row.section != section:
            section = row.section
            click.echo(f"\n[{section}]")
        click.echo(f"{row.key:<{first}}  {_told(row):<{_WIDTH}}  {_from(row)}")


def print_json(now: Session, found: Sequence[Row]) -> None:
    """Print one JSON document."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "spec": None,
        "tables": {"settings": [asdict(row) for row in found]},
        "warnings": list(notes(now)),
        "provenance": {"config": str(now.file.path) if now.file else None},
    }
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def notes(now: Session) -> Iterator[str]:
    """Say what the user should mend: secrets in the file, variables that nothing reads."""
    for entry in now.file.secrets() if now.file else ():
        yield (
            f"{entry.where}: {entry.setting.name}: this address holds a password or key in clear "
            "text; keep it in a variable of your own instead"
        )
    ours = (VARIABLE, *(setting.variable for setting in SETTINGS))
    known = [name.removeprefix(_PREFIX) for name in ours]
    for name in sorted(os.environ):
        word = name.removeprefix(_PREFIX)
        near = did_you_mean(word, known) if word != name and word not in known else None
        if near:
            yield f"the variable {name} is no setting ({near.replace('`', f'`{_PREFIX}', 1)})"


def _row(now: Session, setting: Setting, given: Mapping[str, Any]) -> Row:
    entry = now.entry(setting)
    where = entry.where if entry else None
    return Row(
        setting.section,
        setting.key,
        _plain(_value(now, setting, given)),
        now.source_of(setting),
        setting.option,
        setting.variable,
        setting.unset or None,
        str(where.path) if where else None,
        where.line if where else None,
        where.column if where else None,
    )


def _value(now: Session, setting: Setting, given: Mapping[str, Any]) -> object:
    if setting.name in given:
        return given[setting.name]
    entry = now.entry(setting)
    return os.environ.get(setting.variable) or (entry.text if entry else None)


def _plain(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))


def _told(row: Row) -> str:
    if row.value is None:
        return f"({row.unset})"
    return str(row.value).lower() if isinstance(row.value, bool) else str(row.value)


def _from(row: Row) -> str:
    line = f"{row.file}:{row.line}" if row.file else ""
    words = {"flag": row.flag or "", "variable": row.variable, "file": line, "default": "default"}
    over = [row.variable] if row.source == "flag" and os.environ.get(row.variable) else []
    if line and row.source in ("flag", "variable"):
        over.append(line)
    return f"{words[row.source]}, before {' and '.join(over)}" if over else words[row.source]
