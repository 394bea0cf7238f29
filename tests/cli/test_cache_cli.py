"""`backtest cache`: what is kept, whether it is sound, and away with it."""

from __future__ import annotations

from pathlib import Path

from support.bulk import made_events, made_prices, save
from support.cli import CALENDAR, Command

STUDY = ("run", "2025-10-06-*", "--events", CALENDAR, "--prices", "snapshot")


def flip(path: Path) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


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


def test_verify_checks_panels_and_sessions_too(cli: Command, cache: Path) -> None:
    table = save(made_prices(("AAA", "BBB", "CCC")), cache.parent / "prices.parquet")
    events = save(made_events(12, ("BBB", "CCC")), cache.parent / "events.csv")
    assert cli("run", "--events", events, "--prices", table, "--benchmark", "AAA").code == 0
    fine = cli("cache", "verify")
    assert (fine.code, fine.out) == (0, "")
    assert "; 1 panel checked, 0 damaged; 3 tables of sessions checked, 0 damaged" in fine.err
    (panel,) = (cache / "panels").iterdir()
    (sessions,) = (cache / "sessions").glob("XNYS-*")
    for path in (panel / "sessions", sessions):
        flip(path)
    ran = cli("cache", "verify")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"damaged: panels/{panel.name}: does not match its checksums",
        f"damaged: sessions/{sessions.name}: does not match its checksum",
    ]
    assert "; 1 panel checked, 1 damaged; 3 tables of sessions checked, 1 damaged" in ran.err
    (panel / "facts.json").unlink()
    assert f"panels/{panel.name}" in cli("cache", "verify").out


def test_clear_removes_panels_and_keeps_sessions(cli: Command, cache: Path) -> None:
    panel, left = cache / "panels" / "a", cache / "panels" / ".writing-b"
    for path in (panel / "facts.json", left / "close", cache / "sessions" / "x.0.parquet"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"some")
    assert cli("cache", "clear").err == f"removed 0 results and 1 panel from {cache}\n"
    assert not (cache / "panels").exists()
    assert (cache / "sessions" / "x.0.parquet").exists()
    cli("cache", "clear", "--all")
    assert not (cache / "sessions").exists()


def test_every_file_of_the_cache_is_in_some_room(cli: Command, cache: Path) -> None:
    cli(*STUDY)
    told = rooms(cli("cache", "status").out)
    assert sum(told.values()) == len([path for path in cache.rglob("*") if path.is_file()])
