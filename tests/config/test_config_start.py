"""A folder to begin with: nothing in it is ever written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.config.start import EXAMPLE, start
from backtest.config.template import template
from backtest.errors import BadUsage
from backtest.events.load import load_announcements

ROOT = Path(__file__).parents[2]


def test_everything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "study"
    started = start(folder)
    assert started.kept == ()
    assert {str(path.relative_to(folder)) for path in started.written} == {
        *("backtest.toml", "cache/README.md", "cache/.gitignore"),
        *("events/announcement.schema.json", f"events/{EXAMPLE}"),
    }
    assert (folder / "backtest.toml").read_text(encoding="utf-8") == template()
    (item,) = load_announcements(folder / "events")
    assert f"{item.id}.yaml" == EXAMPLE


def test_the_cache_is_described_as_the_projects_own(tmp_path: Path) -> None:
    start(tmp_path)
    own = (ROOT / "cache" / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "cache" / "README.md").read_text(encoding="utf-8") == own


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    for name in ("backtest.toml", "cache", "events/mine.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / "backtest.toml").write_text("# mine\n")
    (tmp_path / "events" / "mine.yaml").write_text("# mine too\n")
    started = start(tmp_path)
    assert started.kept == (tmp_path / "backtest.toml",)
    assert (tmp_path / "backtest.toml").read_text() == "# mine\n"
    assert [path.name for path in (tmp_path / "events").iterdir()] == ["mine.yaml"]
    again = start(tmp_path)
    assert again.written == ()
    assert len(again.kept) == 3


@pytest.mark.parametrize("name", ["cache", "."])
def test_a_file_in_the_way(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "study"
    place = folder / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file")
    with pytest.raises(BadUsage, match="cannot be written"):
        start(folder)
    assert place.read_text() == "a file"
