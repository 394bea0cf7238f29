"""Ids given twice: every place but the first is told, in broken announcements, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.errors import BadInput, Location
from backtest.events.duplicates import duplicates
from backtest.events.load import load_announcements
from backtest.events.loaded import LoadedAnnouncement


def minimal(key: str) -> str:
    return (
        f"id: {key}\ntitle: Some deal\nannounced: 2025-10-06\n"
        "parties: [{ticker: AMD, role: issuer}]\n"
    )


def problems(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_announcements(path)
    return [str(problem).replace(f"{path}/", "") for problem in caught.value.problems]


def test_duplicate_ids_name_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(minimal("same"))
    (tmp_path / "b.yaml").write_text("# x\n" + minimal("same"))
    (told,) = problems(tmp_path)
    assert told == (
        "b.yaml:2:5: id: `same` is also the id of the announcement at a.yaml:1:5 "
        "(ids are unique in a calendar)"
    )


def test_duplicate_ids_of_one_file_have_a_place_each(tmp_path: Path) -> None:
    party = "title: Some deal, announced: 2025-10-06, parties: [{ticker: AMD, role: issuer}]"
    one = f"{{id: x, {party}}}"
    (tmp_path / "a.yaml").write_text(f"[{one}, {one},\n {one}]")
    told = problems(tmp_path)
    assert [line.split(": ")[0] for line in told] == [f"a.yaml:1:{len(party) + 18}", "a.yaml:2:7"]


def test_the_id_of_a_broken_announcement_counts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(minimal("same").replace("title", "titel"))
    (tmp_path / "b.yaml").write_text(minimal("same"))
    (tmp_path / "c.yaml").write_text(minimal("same").replace("2025-10-06", "soon"))
    assert [line.split(": ")[0] for line in problems(tmp_path)] == [
        "a.yaml:1:1",
        "a.yaml:2:1",
        "c.yaml:3:12",
        "b.yaml:1:5",
        "c.yaml:1:5",
    ]


def test_a_file_changed_meanwhile_still_has_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(minimal("same"))
    (first,) = load_announcements(path)
    second = LoadedAnnouncement(first.announcement, Location(tmp_path / "gone.yaml", 7))
    (told,) = duplicates([first, second], [])
    assert told.where == Location(tmp_path / "gone.yaml", 7)
