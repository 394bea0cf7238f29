"""The cache of parsed announcements: quick, never stale, never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backtest.errors import BadInput
from backtest.events import load
from backtest.events.files import CalendarFile, Stamp
from backtest.events.known_files import ParsedFile
from backtest.events.load import load_announcements
from backtest.events.loaded import calendar_digest
from backtest.events.parsed_cache import ParsedCache


def write(folder: Path, key: str, title: str = "Some deal") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{key}.yaml"
    path.write_text(
        f"id: {key}\ntitle: {title}\nannounced: 2025-10-06T07:00[America/New_York]\n"
        "parties: [{ticker: AMD, role: issuer}]\n"
    )
    return path


@pytest.fixture
def calendar(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    for key in ("a", "b", "c"):
        write(folder, key)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were parsed."""
    names: list[str] = []
    real = load.parse_announcements

    def spy(data: bytes, path: Path) -> object:
        names.append(path.name)
        return real(data, path)

    monkeypatch.setattr(load, "parse_announcements", spy)
    return names


def titles(calendar: Path, cache: Path) -> dict[str, str]:
    loaded = load_announcements(calendar, cache_dir=cache)
    return {item.id: item.announcement.title for item in loaded}


def test_the_second_load_parses_nothing_and_is_equal(
    calendar: Path, cache: Path, parsed: list[str]
) -> None:
    first = load_announcements(calendar, cache_dir=cache)
    second = load_announcements(calendar, cache_dir=cache)
    third = load_announcements(calendar, cache_dir=cache)
    assert sorted(parsed) == ["a.yaml", "b.yaml", "c.yaml"]
    assert first == second == third == load_announcements(calendar)
    assert calendar_digest(first) == calendar_digest(third)


def test_only_what_changed_is_parsed(calendar: Path, cache: Path, parsed: list[str]) -> None:
    titles(calendar, cache)
    parsed.clear()
    write(calendar, "b", "Another deal")
    write(calendar, "d")
    (calendar / "a.yaml").unlink()
    assert titles(calendar, cache) == {"b": "Another deal", "c": "Some deal", "d": "Some deal"}
    assert sorted(parsed) == ["b.yaml", "d.yaml"]


def test_a_removed_file_leaves_the_cache(calendar: Path, cache: Path) -> None:
    titles(calendar, cache)
    before = sum(path.stat().st_size for path in cache.rglob("*.jsonl"))
    (calendar / "a.yaml").unlink()
    titles(calendar, cache)
    assert sum(path.stat().st_size for path in cache.rglob("*.jsonl")) < before


def test_equal_size_and_time_do_not_deceive(calendar: Path, cache: Path) -> None:
    """An editor that restores the time stamp, or a change within one tick of the clock."""
    titles(calendar, cache)
    path = calendar / "b.yaml"
    about = path.stat()
    write(calendar, "b", "Same deal")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert path.stat().st_size == about.st_size
    assert titles(calendar, cache)["b"] == "Same deal"


def test_a_touched_file_is_not_parsed(calendar: Path, cache: Path, parsed: list[str]) -> None:
    titles(calendar, cache)
    parsed.clear()
    os.utime(calendar / "b.yaml")
    assert titles(calendar, cache)["b"] == "Some deal"
    assert parsed == []


def test_a_stamp_is_trusted_only_when_older_than_the_cache(tmp_path: Path) -> None:
    kept = ParsedCache(tmp_path, Path("events"))
    now = time.time_ns()
    minute = 60_000_000_000
    old, young = Stamp(5, now - minute, now - minute), Stamp(5, now - minute, now)
    kept.write({"old": ParsedFile(old, "x", ()), "young": ParsedFile(young, "x", ())})
    again = ParsedCache(tmp_path, Path("events"))
    assert again.trusted(CalendarFile("old", "", old)) is not None
    assert again.trusted(CalendarFile("young", "", young)) is None
    assert again.same_content(CalendarFile("young", "", young), "x") is not None
    assert again.trusted(CalendarFile("old", "", Stamp(6, *old[1:]))) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: data + b"x",
        lambda data: b"\xff\xfe\n" + data,
        lambda data: os.urandom(200),
    ],
    ids=["empty", "cut", "one bit", "longer", "not text", "noise"],
)
def test_a_damaged_cache_is_rebuilt(calendar: Path, cache: Path, parsed: list[str], damage) -> None:  # type: ignore[no-untyped-def]
    expected = titles(calendar, cache)
    (file,) = cache.rglob("*.jsonl")
    file.write_bytes(damage(file.read_bytes()))
    parsed.clear()
    assert titles(calendar, cache) == expected
    assert len(parsed) == 3
    parsed.clear()
    titles(calendar, cache)
    assert parsed == []


def test_other_code_does_not_read_it(
    calendar: Path, cache: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    titles(calendar, cache)
    parsed.clear()
    monkeypatch.setattr("backtest.events.parsed_cache.code_fingerprint", lambda _: "another")
    titles(calendar, cache)
    assert len(parsed) == 3


def test_a_cache_that_cannot_be_written_is_done_without(calendar: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    assert len(titles(calendar, blocked)) == 3


def test_a_full_disk_leaves_the_old_cache(
    calendar: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles(calendar, cache)
    (file,) = cache.rglob("*.jsonl")
    before = file.read_bytes()
    write(calendar, "d")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert len(titles(calendar, cache)) == 4
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_bytes() == before


def test_good_files_are_kept_although_others_are_wrong(
    calendar: Path, cache: Path, parsed: list[str]
) -> None:
    write(calendar, "bad", "x")
    with pytest.raises(BadInput):
        titles(calendar, cache)
    parsed.clear()
    with pytest.raises(BadInput):
        titles(calendar, cache)
    assert parsed == ["bad.yaml"]


def test_duplicate_ids_are_found_through_the_cache(calendar: Path, cache: Path) -> None:
    titles(calendar, cache)
    (calendar / "z.yaml").write_text((calendar / "a.yaml").read_text())
    for _ in range(2):
        with pytest.raises(BadInput, match="also the id of the announcement at"):
            titles(calendar, cache)


def test_two_calendars_share_a_folder(tmp_path: Path, cache: Path, parsed: list[str]) -> None:
    write(tmp_path / "one", "a", "First")
    write(tmp_path / "two", "a", "Second")
    for _ in range(2):
        assert titles(tmp_path / "one", cache) == {"a": "First"}
        assert titles(tmp_path / "two", cache) == {"a": "Second"}
    assert len(parsed) == 2


def test_loading_stays_light(calendar: Path, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from backtest.events.load import load_announcements;"
        f"load_announcements(Path({str(calendar)!r}), cache_dir=Path({str(cache)!r}));"
        "print([m for m in ('polars', 'numpy', 'pandas', 'pyarrow', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
