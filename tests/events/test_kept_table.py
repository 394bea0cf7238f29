"""A kept event table equals the one that would be made anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backtest.errors import Location
from backtest.events import kept_table
from backtest.events.kept_table import tabulate_kept
from backtest.events.loaded import LoadedAnnouncement, announcements
from backtest.events.schema import Announcement
from backtest.events.table import EventTable
from backtest.events.tabulate import tabulate
from backtest.inputs import Clocks

CLOCKS = Clocks(None)
FRAMES = ("observations", "memberships", "statements", "headlines", "excluded")


def _one(number: int, **changes: object) -> LoadedAnnouncement:
    plain = {
        "id": f"event-{number:03d}",
        "title": f"Simulated announcement {number}",
        "announced": f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "parties": [
            {"ticker": "ORCL", "role": "counterparty"},
            {"ticker": "NO.SUCH", "role": "peer"},
            {"name": "Somebody", "role": "customer"},
        ],
        "claims": [
            {
                "id": "moved",
                "says": "it moved",
                "ticker": "ORCL",
                "quantity": "return",
                "value": 0.01 * number,
                "source": {"title": "simulated"},
            }
        ],
        "tags": ["simulated", f"tag-{number % 3}"],
        **changes,
    }
    text = json.dumps(plain).encode()
    read = Announcement.model_validate_json(text)
    return LoadedAnnouncement.from_text(read.id, text, Location(Path("x.yaml")), read)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_table, "WORTHWHILE", 1)


def _same(table: EventTable, loaded: list[LoadedAnnouncement]) -> None:
    fresh = tabulate(announcements(loaded), CLOCKS)
    for name in FRAMES:
        assert getattr(table, name).equals(getattr(fresh, name)), name


def _made(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record which announcements are tabulated."""
    asked: list[list[str]] = []

    def spy(events: list[Announcement], clocks: Clocks) -> EventTable:
        asked.append([event.id for event in events])
        return tabulate(events, clocks)

    monkeypatch.setattr(kept_table, "tabulate", spy)
    return asked


def test_changed_added_removed_and_reordered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _made(monkeypatch)
    calendar = [_one(number) for number in range(12)]
    _same(tabulate_kept(calendar, CLOCKS, tmp_path, "it"), calendar)
    calendar[5] = _one(5, announced="2025-03-03")
    calendar[7] = _one(7, title="Only the title")
    calendar = [_one(99), *reversed(calendar[1:])]
    _same(tabulate_kept(calendar, CLOCKS, tmp_path, "it"), calendar)
    assert asked[1] == ["event-099", "event-007", "event-005"]
    _same(tabulate_kept(calendar, CLOCKS, tmp_path, "it"), calendar)
    assert len(asked) == 2
    fewer = calendar[3:6]
    _same(tabulate_kept(fewer, CLOCKS, tmp_path, "it"), fewer)
    assert len(asked) == 2


@pytest.mark.parametrize("place", [3, 60, -40])
def test_a_damaged_table_is_made_anew(tmp_path: Path, place: int) -> None:
    calendar = [_one(number) for number in range(4)]
    tabulate_kept(calendar, CLOCKS, tmp_path, "it")
    path = tmp_path / "it.table"
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    _same(tabulate_kept(calendar, CLOCKS, tmp_path, "it"), calendar)


def test_other_code_makes_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = [_one(number) for number in range(4)]
    tabulate_kept(calendar, CLOCKS, tmp_path, "it")
    asked = _made(monkeypatch)
    monkeypatch.setattr(kept_table, "_stamp", lambda: "other code")
    tabulate_kept(calendar, CLOCKS, tmp_path, "it")
    assert len(asked[0]) == 4


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    calendar = [_one(1)]
    _same(tabulate_kept(calendar, CLOCKS, tmp_path / "file", "it"), calendar)


def test_no_wrong_bit_is_taken(tmp_path: Path) -> None:
    loaded = [_one(number) for number in range(3)]
    tabulate_kept(loaded, CLOCKS, tmp_path, "calendar")
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    head = whole.index(b"\n")
    for place in (*range(head + 1), *range(head + 1, len(whole), len(whole) // 50)):
        for bit in (0, 2, 6):
            content = bytearray(whole)
            content[place] ^= 1 << bit
            file.write_bytes(content)
            _same(tabulate_kept(loaded, CLOCKS, tmp_path, "calendar"), loaded)
