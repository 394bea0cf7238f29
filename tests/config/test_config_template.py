"""The settings file that a user begins with."""

from __future__ import annotations

import re
from pathlib import Path

from backtest.config.load import load
from backtest.config.settings import SETTINGS
from backtest.config.template import template


def test_as_written_it_sets_only_where_things_are() -> None:
    Path("backtest.toml").write_text(template(), encoding="utf-8")
    entries = load(Path("backtest.toml")).entries
    assert {name: entry.text for name, entry in entries.items()} == {
        "study.events": "events",
        "cache.folder": "cache",
    }


def test_every_setting_stands_in_it_and_can_be_taken_as_it_is() -> None:
    text, count = re.subn(r"^# ([\w-]+ = )", r"\1", template(), flags=re.MULTILINE)
    Path("backtest.toml").write_text(text, encoding="utf-8")
    assert list(load(Path("backtest.toml")).entries) == [setting.name for setting in SETTINGS]
    assert count == len(SETTINGS) - 2
