"""Flags that can also be set by a variable or in `backtest.toml`, and where each value came from.

A flag comes before the variable, this before the file, the file before the default. The file is
read when the first such flag of a command is looked at, so help and plain lists never read one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from click.core import ParameterSource

from backtest.config.find import VARIABLE, find
from backtest.config.settings import BY_OPTION, Setting
from backtest.errors import BacktestError, Problem

if TYPE_CHECKING:
    from backtest.config.load import Entry, Loaded

Command = TypeVar("Command", bound=Callable[..., Any])
Source = Literal["flag", "variable", "file", "default"]

_FIELDS = {"models": "model"}
_CODES = {"unknown-model": "model", "unknown-test": "tests", "unknown-engine": "engine"}
"""Settings whose problems are told under another name, or under none."""


@dataclass
class Session:
    """The settings of one command line.

    Attributes:
        named: the file that a flag names.
        sources: where the value of each setting that the command has came from.
    """

    named: Path | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    _filled: list[str] = field(default_factory=list)

    @cached_property
    def file(self) -> Loaded | None:
        """The settings file, None where there is none; variables it stands in for are filled.

        Raises:
            BadInput: it cannot be used.
        """
        path = find(self.named)
        if path is None:
            return None
        from backtest.config.load import load

        loaded = load(path)
        for entry in loaded.entries.values():
            self._fill(entry)
        return loaded

    def entry(self, setting: Setting) -> Entry | None:
        """Return what the file says of a setting.

        Raises:
            BadInput: the file cannot be used.
        """
        return self.file.entries.get(setting.name) if self.file else None

    def source_of(self, setting: Setting) -> Source:
        """Return where a setting's value came from."""
        if setting.name in self.sources:
            return self.sources[setting.name]
        if os.environ.get(setting.variable) and setting.variable not in self._filled:
            return "variable"
        return "file" if self.entry(setting) else "default"

    def located(self, error: BacktestError) -> BacktestError:
        """Say of what is wrong with a setting in which line or variable it stands."""
        problems = [self._located(problem) for problem in error.problems]
        return type(error)(problems) if problems != list(error.problems) else error

    def close(self) -> None:
        """Take back the variables that were filled."""
        for name in self._filled:
            os.environ.pop(name, None)
        self._filled.clear()

    def _fill(self, entry: Entry) -> None:
        """Set what is read as a variable, deep inside, where it has no flag."""
        setting = entry.setting
        off = setting.kind == "switch" and entry.text == "false"
        if setting.option or off or os.environ.get(setting.variable):
            return
        os.environ[setting.variable] = entry.text
        self._filled.append(setting.variable)

    def _located(self, problem: Problem) -> Problem:
        key = problem.field or _CODES.get(problem.code)
        if problem.where or not key:
            return problem
        setting = BY_OPTION.get(f"--{_FIELDS.get(key, key)}")
        source = self.sources.get(setting.name) if setting else None
        if setting and source == "variable":
            return replace(problem, field=setting.variable)
        entry = self.entry(setting) if setting and source == "file" else None
        return replace(problem, where=entry.where) if entry else problem


def session() -> Session:
    """Return the settings of the command line that is being read."""
    found: Session = click.get_current_context().ensure_object(Session)
    return found


class SettingOption(click.Option):
    """A flag that is a setting; an empty value takes a setting without a default back."""

    def __init__(self, declared: Any = None, **attributes: Any) -> None:
        super().__init__(declared, **attributes)
        self.setting = next(BY_OPTION[name] for name in self.opts if name in BY_OPTION)
        self.envvar = self.setting.variable

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> Any:
        """Return the value and where click thinks it came from."""
        now = ctx.ensure_object(Session)
        entry = None if ctx.resilient_parsing else now.entry(self.setting)
        value, source = super().consume_value(ctx, opts)
        told: Source = _SOURCES.get(source, "default")
        if told == "default" and entry:
            value, source, told = entry.text, ParameterSource.DEFAULT_MAP, "file"
        elif told == "flag" and value == "" and self.setting.unset:
            value = None
        now.sources[self.setting.name] = told
        return value, source

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Name the flag, and the variable or the line of the file that holds its value."""
        hint = super().get_error_hint(ctx)
        if ctx is None:
            return hint
        now = ctx.ensure_object(Session)
        source = now.sources.get(self.setting.name)
        entry = now.entry(self.setting) if source == "file" else None
        place = self.setting.variable if source == "variable" else entry and entry.where
        return f"{hint} ({place})" if place else hint


_SOURCES: dict[ParameterSource, Source] = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.PROMPT: "flag",
    ParameterSource.ENVIRONMENT: "variable",
}


def setting_option(*declared: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return a decorator that adds a flag which can be set elsewhere too."""
    return click.option(*declared, cls=SettingOption, **attributes)


def typed(option: str) -> bool:
    """Whether a setting was given as a flag."""
    now = session()
    return now.sources.get(BY_OPTION[option].name) == "flag"


def _named(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    del param
    if value is not None:
        ctx.ensure_object(Session).named = value


class ConfigOption(click.Option):
    """The flag that names the settings file; it is read before the others."""

    def __init__(self, declared: Any = ("--config",), **attributes: Any) -> None:
        told: dict[str, Any] = {
            "type": click.Path(path_type=Path),
            "metavar": "FILE",
            "is_eager": True,
            "expose_value": False,
            "callback": _named,
            "help": f"Settings file.  [default: ${VARIABLE}, or the nearest backtest.toml]",
        }
        super().__init__(declared, **{**told, **attributes})


config_option = click.option("--config", cls=ConfigOption)
