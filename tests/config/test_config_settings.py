"""What can be set is what the flags are, and every flag of a study can be set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from backtest.cli._app import COMMAND
from backtest.cli._settings import SettingOption
from backtest.config.load import load
from backtest.config.settings import BY_OPTION, SETTINGS, Setting

ROOT = Path(__file__).parents[2]

STUDIES = ("run", "reprocess", "claims", "regress", "report", "show", "query", "export")


def command(name: str) -> click.Command:
    found = COMMAND.get_command(None, name)  # type: ignore[arg-type]
    assert found is not None
    return found


def every_command(group: click.Command = COMMAND) -> Iterator[click.Command]:
    if isinstance(group, click.Group):
        for name in group.list_commands(None):  # type: ignore[arg-type]
            yield from every_command(group.get_command(None, name))  # type: ignore[arg-type]
    else:
        yield group


@pytest.mark.parametrize("name", STUDIES)
def test_every_flag_of_a_study_can_be_set(name: str) -> None:
    options = {param.name for param in command(name).params if isinstance(param, SettingOption)}
    study = {one.key.replace("-", "_") for one in SETTINGS if one.section == "study"}
    assert options == {*study, "cache"}


def test_commands_with_settings_take_a_settings_file() -> None:
    for one in every_command():
        if any(isinstance(param, SettingOption) for param in one.params):
            assert [param.name for param in one.params].count("config") == 1, one.name


@pytest.mark.parametrize("setting", BY_OPTION.values(), ids=lambda one: one.name)
def test_the_example_is_the_default_where_there_is_one(setting: Setting) -> None:
    (option,) = (
        param
        for param in command("config").commands["show"].params  # type: ignore[attr-defined]
        if isinstance(param, SettingOption) and param.setting == setting
    )
    default = option.get_default(click.Context(COMMAND))
    assert bool(setting.unset) == (not isinstance(default, str | int | float)), setting
    if not setting.unset:
        Path("backtest.toml").write_text(f"{setting.name} = {setting.example}\n")
        text = load(Path("backtest.toml")).entries[setting.name].text
        assert option.type.convert(text, option, None) == default
    if setting.choices:
        assert isinstance(option.type, click.Choice)
        assert tuple(option.type.choices) == setting.choices


def test_every_variable_the_program_reads_can_be_set() -> None:
    """But for the one that names the file."""
    read = {
        name
        for file in (ROOT / "backtest").rglob("*.py")
        for name in re.findall(r"[\"$`](BACKTEST_[A-Z_]+)[\"`=\]]", file.read_text("utf-8"))
    }
    known = {setting.variable for setting in SETTINGS}
    assert read - known <= {"BACKTEST_CONFIG"}
    assert len(known) == len(SETTINGS)
