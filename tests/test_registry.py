"""Plug-ins: found by file name, imported on use, joined by entry points of other packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backtest.errors import BadUsage
from backtest.executors import executors
from backtest.inference import tests
from backtest.models import models
from backtest.prices.provider import providers
from backtest.registry import Registry


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[str]:
    """Make a package with two plug-ins, and a distribution that adds two by entry points."""
    package = tmp_path / "plugin_room"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "alpha.py").write_text("THING = 'our alpha'\n")
    (package / "broken.py").write_text("raise RuntimeError('imported')\n")
    (package / "_private.py").write_text("THING = 'hidden'\n")
    (tmp_path / "elsewhere.py").write_text("other = 'their other'\nalpha = 'their alpha'\n")
    dist = tmp_path / "somebody-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text(
        "[plugin_room]\nother = elsewhere:other\nalpha = elsewhere:alpha\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return Registry("plugin_room", "THING", "odd thing")


def test_keys_are_file_names_and_entry_points(plugins: Registry[str]) -> None:
    assert plugins.keys() == ("alpha", "broken", "other")


def test_nothing_is_imported_until_it_is_asked_for(plugins: Registry[str]) -> None:
    plugins.keys()
    assert plugins.get("alpha") == "our alpha"
    assert "plugin_room.broken" not in sys.modules
    assert "elsewhere" not in sys.modules


def test_an_entry_point_adds_one_and_cannot_replace_ours(plugins: Registry[str]) -> None:
    assert plugins.get("other") == "their other"
    assert plugins.get("alpha") == "our alpha"


@pytest.mark.parametrize(
    ("key", "hint"), [("alhpa", " (did you mean `alpha`?)"), ("zzz", ""), ("_private", "")]
)
def test_an_unknown_key_lists_what_there_is(plugins: Registry[str], key: str, hint: str) -> None:
    with pytest.raises(BadUsage) as caught:
        plugins.get(key)
    assert str(caught.value) == (
        f"unknown odd thing `{key}`; there are: alpha, broken, other{hint}"
    )
    assert caught.value.problems[0].code == "unknown-odd-thing"


@pytest.mark.parametrize(
    ("registry", "key"),
    [(models, "market"), (tests, "bmp"), (providers, "snapshot"), (executors, "local")],
    ids=lambda one: getattr(one, "noun", one),
)
def test_the_rooms_of_this_package(registry: Registry[object], key: str) -> None:
    names = registry.keys()
    assert key in names
    assert not any(name.startswith("_") for name in names)
    assert [getattr(registry.get(name), "key", None) for name in names] == list(names)
