"""Generated pages tell all there is, and each word of them comes from the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from sitebuild.announcement_page import announcement_page
from sitebuild.command_page import command_page, commands_by_name
from sitebuild.exit_page import ENVIRONMENT, exit_page
from sitebuild.meanings import MEANINGS, meaning
from sitebuild.plugin_page import plugin_page
from sitebuild.python_page import python_page
from sitebuild.strategy_page import strategy_page
from sitebuild.table_page import groups, table_page

import backtest
from backtest.config.settings import SETTINGS
from backtest.contracts import TABLES, Frame
from backtest.errors import BadInput, BadUsage, DataUnavailable, RateLimited
from backtest.events.schema import Announcement, Claim, Confounder, Deal, Party, Source
from backtest.inference import every_test
from backtest.models import models
from backtest.strategy.schema import Capital, Charges, Entry, Exit, Hedge, Size, Strategy

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", commands_by_name())
def test_every_command_has_all_its_options(name: str) -> None:
    page = command_page()
    assert f"# backtest {name}\n" in page
    for option in commands_by_name()[name].params:
        if isinstance(option, click.Option):
            assert f"`{option.opts[0]}`" in page


@pytest.mark.parametrize("name", commands_by_name())
def test_the_example_of_a_command_is_one_it_understands(name: str) -> None:
    command = commands_by_name()[name]
    text = " ".join((command.epilog or "").replace("\b", "").split())
    for call in text.split("backtest ")[1:]:
        words = shlex.split(re.split(r" [|>] ", call)[0])
        path = next(p for p in sorted(commands_by_name(), reverse=True) if _begins(words, p))
        rest = words[len(path.split()) :]
        commands_by_name()[path].make_context(path, rest)


def _begins(words: list[str], path: str) -> bool:
    return words[: len(path.split())] == path.split()


def test_an_option_of_every_study_is_told_once() -> None:
    assert command_page().count("`--factor-data` `PATH`") == 1


def test_every_public_name_is_documented() -> None:
    page = python_page()
    for name in backtest.__all__:
        if name.startswith("_"):
            continue
        home = "backtest.errors" if name.endswith("Error") else "backtest"
        assert f"{{#{home}.{name}}}" in page


def test_parameters_are_those_of_the_docstring() -> None:
    page = python_page()
    start = page.index("{#backtest.run}")
    section = page[start : page.index("\n## ", start)]
    assert "`min_obs`\n:   fewest valid estimation days." in section
    assert "`DataUnavailable`: prices that could not be had" in section
    assert "\nReturns\n:   The tables of the study." in section


def test_names_that_share_a_line_of_a_docstring_are_all_told() -> None:
    page = python_page()
    assert "`n`, `statistic`, `p`\n:   " in page
    assert ", ``" not in page


FRAMES = [frame for _, frames in groups() for frame in frames]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_every_column_of_every_table_has_its_type_and_meaning(frame: Frame) -> None:
    page = table_page()
    start = page.index(f"### {frame.name}\n")
    section = page[start : page.find("\n### ", start + 1) % (len(page) + 1)]
    for column in frame.columns:
        assert f"| `{column.name}` | {column.dtype} | {column.unit} | " in section
        assert meaning(frame.name, column.name) in section


def test_the_tables_of_a_study_are_all_there() -> None:
    assert set(TABLES) <= set(FRAMES)


def test_no_meaning_is_of_a_column_that_is_gone() -> None:
    columns = {(frame.name, column.name) for frame in FRAMES for column in frame.columns}
    known = {column for _, column in columns} | {f"{table}.{name}" for table, name in columns}
    assert set(MEANINGS) <= known


def test_a_new_column_is_asked_about() -> None:
    with pytest.raises(KeyError, match=r"does not say what cars\.brand_new holds"):
        meaning("cars", "brand_new")


def test_every_field_of_an_announcement_is_told() -> None:
    page = announcement_page()
    for model in (Announcement, Party, Deal, Claim, Confounder, Source):
        start = page.index(f"## {model.__name__}\n")
        section = page[start : page.find("\n## ", start + 1) % (len(page) + 1)]
        for name, field in model.model_fields.items():
            assert f"**`{name}`**" in section if field.is_required() else f"`{name}`" in section


def test_every_field_of_a_strategy_is_told() -> None:
    page = strategy_page()
    for model in (Strategy, Entry, Exit, Size, Hedge, Capital, Charges):
        start = page.index(f"## {model.__name__}\n")
        section = page[start : page.find("\n## ", start + 1) % (len(page) + 1)]
        for name, field in model.model_fields.items():
            assert f"**`{name}`**" in section if field.is_required() else f"`{name}`" in section


def test_all_models_and_tests_are_listed() -> None:
    page = plugin_page()
    for key in (*models.keys(), *every_test()):
        assert f"[`{key}`](../methods.md#{key})" in page


def test_exit_codes_are_those_of_the_errors() -> None:
    page = exit_page()
    for error in (BadUsage, BadInput, DataUnavailable, RateLimited):
        assert re.search(rf"^\| {error.exit_code} \|.*`{error.__name__}` \|$", page, re.MULTILINE)


def test_every_environment_variable_is_told() -> None:
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "backtest").rglob("*.py")]
    assert set(re.findall(r"BACKTEST_[A-Z_]+", "".join(code))) <= set(ENVIRONMENT)
    page = exit_page()
    assert "| `BACKTEST_CONFIG` |  | the settings file" in page
    for setting in SETTINGS:
        assert f"| `{setting.variable}` | `[{setting.section}] {setting.key}` | " in page
