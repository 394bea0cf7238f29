"""`backtest cache`: what is kept, whether it is sound, and away with it."""

from __future__ import annotations

from pathlib import Path

from support.cli import CALENDAR, Command

STUDY = ("run", "2025-10-06-*", "--events", CALENDAR, "--prices", "snapshot")


def rooms(out: str) -> dict[str, int]:
    """Return the files of each room of the cache."""
    return {line.split()[0]: int(line.split()[1].replace(",", "")) for line in out.splitlines()[1:]}


def test_status_counts_the_files_of_every_room(cli: Command, cache: Path) -> None:
    cli(*STUDY)
    ran = cli("cache", "status")
    assert ran.out.splitlines()[0] == str(cache)
    there = {
        room: len([path for path in (cache / room).rglob("*") if path.is_file()])
        for room in ("results", "prices", "panels", "sessions", "announcements", "runs")
    }
    assert rooms(ran.out).items() >= there.items()
    assert there["results"] > 5
    assert there["sessions"] == 3


def test_a_cache_that_is_not_there_is_empty(cli: Command, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert set(rooms(cli("cache", "status", "--cache", nowhere).out).values()) == {0}
    verified = cli("cache", "verify", "--cache", nowhere)
    assert (verified.code, verified.err) == (0, "0 entries checked, 0 damaged\n")
    assert "removed 0 results" in cli("cache", "clear", "--cache", nowhere).err
    assert not nowhere.exists()


def test_every_file_of_the_cache_is_in_some_room(cli: Command, cache: Path) -> None:
    cli(*STUDY)
    told = rooms(cli("cache", "status").out)
    assert sum(told.values()) == len([path for path in cache.rglob("*") if path.is_file()])
