"""Loading calendars: what is read, in which order, and every way a file can be wrong."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from support.announcement import GOOD

from backtest.errors import BadInput, Location
from backtest.events import yaml_marks
from backtest.events.load import load_announcements
from backtest.events.loaded import LoadedAnnouncement, announcements, calendar_digest
from backtest.events.schema import Announcement


def minimal(key: str) -> str:
    return (
        f"id: {key}\ntitle: Some deal\nannounced: 2025-10-06\n"
        "parties: [{ticker: AMD, role: issuer}]\n"
    )


def problems(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_announcements(path)
    assert caught.value.exit_code == 2
    return [
        str(problem).replace(f"{path}/", "").replace(str(path), "F")
        for problem in caught.value.problems
    ]


def complaints(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    return problems(path)


def test_a_file_becomes_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "amd.yaml"
    path.write_text(f"# a comment\n{GOOD}")
    (loaded,) = load_announcements(path)
    event = loaded.announcement
    assert loaded.location == Location(path, 2)
    assert event.announced == dt.datetime(2025, 10, 6, 11, 0, tzinfo=dt.UTC)
    assert [(party.ticker, party.name) for party in event.parties] == [
        ("AMD", None),
        (None, "OpenAI"),
    ]
    assert event.deal.value == 60_000_000_000
    assert event.deal.financing == "equity-warrant"
    assert event.attributes == {"gigawatts": 6, "firm": True, "share": 0.1, "note": "ON"}
    assert event.attributes["firm"] is True
    assert event.claims[0].source.date == dt.date(2025, 10, 13)
    assert event.claims[0].window == (0, 0)


def test_a_list_holds_several(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "- id: a\n  title: First\n  announced: 2025-10-06\n  parties: [{name: X, role: y}]\n"
        "- id: b\n  title: Second\n  announced: 2025-10-07\n  parties: [{name: X, role: y}]\n"
    )
    loaded = load_announcements(path)
    assert [(item.id, item.location.line) for item in loaded] == [("a", 1), ("b", 5)]


def test_folders_are_searched_in_order_and_hidden_files_skipped(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "sub/c.yaml", ".hidden.yaml", ".git/d.yaml", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(minimal(name.strip(".").replace("/", "-").replace(".", "-")))
    found = [item.location.path.relative_to(tmp_path) for item in load_announcements(tmp_path)]
    assert found == [Path("a.yml"), Path("b.yaml"), Path("sub/c.yaml")]


def test_tickers_that_yaml_1_1_takes_for_booleans(tmp_path: Path) -> None:
    path = tmp_path / "on.yaml"
    path.write_text(minimal("on").replace("AMD", "ON"))
    assert load_announcements(path)[0].announcement.parties[0].ticker == "ON"


def test_aliases_share_a_source(tmp_path: Path) -> None:
    path = tmp_path / "alias.yaml"
    text = GOOD.replace("source: {title", "source: &article {title") + "sources: [*article]\n"
    path.write_text(text)
    event = load_announcements(path)[0].announcement
    assert event.sources[0] == event.claims[0].source


def test_a_missing_path(tmp_path: Path) -> None:
    assert problems(tmp_path / "none")[0].startswith("F: there is no such file or folder")


def test_a_folder_without_yaml(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("x")
    assert problems(tmp_path)[0].startswith("F: the folder holds no .yaml or .yml file")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_table_is_no_yaml(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("event_id,ticker,date\n")
    assert "`backtest events import`" in problems(tmp_path / name)[0]


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]"])
def test_an_empty_file(tmp_path: Path, text: str) -> None:
    (told,) = complaints(tmp_path, text)
    assert told.startswith("F: no announcement in this file")


@pytest.mark.parametrize(
    ("text", "found"),
    [("just words", "`just words`"), ("42", "the number `42`"), ("- - x", "a list of 1")],
)
def test_something_that_is_no_announcement(tmp_path: Path, text: str, found: str) -> None:
    (told,) = complaints(tmp_path, text)
    assert told.startswith("F:1:")
    assert told.endswith(f"found {found}")


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("was read"))
    (told,) = problems(path)
    assert told.startswith("F: the file has 50,000,000 bytes, more than the 5,000,000")


def test_a_pipe_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    assert problems(path) == ["F: is not a regular file"]


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nothing")
    (tmp_path / "ok.yaml").write_text(minimal("ok"))
    (told,) = problems(tmp_path)
    assert told.startswith("gone.yaml: cannot be read")


def test_all_problems_of_all_files_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(minimal("a").replace("title: Some deal", "titel: Some deal"))
    (tmp_path / "b.yaml").write_text("id: b\n\ttitle: x\n")
    (tmp_path / "c.yaml").write_bytes(b"title: \xff")
    (tmp_path / "d.yaml").write_text("")
    (tmp_path / "e.yaml").write_text(minimal("e") + "id: e2\nsession: noon\n")
    told = problems(tmp_path)
    assert [line.split(": ")[0] for line in told] == [
        "a.yaml:1:1",
        "a.yaml:2:1",
        "b.yaml:2:1",
        "c.yaml:1:8",
        "d.yaml",
        "e.yaml:5:1",
        "e.yaml:6:10",
    ]


def test_several_inconsistencies_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("    ticker: AMD\n", "    ticker: NVDA\n").replace(
        "name: OpenAI", "ticker: AMD"
    )
    assert len(complaints(tmp_path, text + "session: pre\n")) == 3


def test_bad_items_do_not_make_a_list_too_short(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, minimal("a").replace("role: issuer", "role: 3"))
    assert "parties[0].role" in told


def test_half_a_character(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An escape that libyaml refuses and PyYAML's own parser lets through."""
    monkeypatch.setattr(yaml_marks, "_PARSERS", (yaml_marks.PurePython, yaml_marks.PurePython))
    (told,) = complaints(tmp_path, minimal("a").replace("Some deal", '"Some \\uD800 deal"'))
    assert told == "F:1:1: a text with half a character (\\uD800)"


def test_no_party_at_all(tmp_path: Path) -> None:
    text = minimal("a").replace("[{ticker: AMD, role: issuer}]", "[]")
    (told,) = complaints(tmp_path, text)
    assert told.startswith("F:4:10: parties: name at least one party")


def test_faults_in_a_list_name_the_item(tmp_path: Path) -> None:
    indented = minimal("b").replace("\n", "\n  ").replace("AMD", "amd")
    (told,) = complaints(
        tmp_path, f"- {minimal('a').replace(chr(10), chr(10) + '  ')}\n- {indented}"
    )
    assert "[1].parties[0].ticker: `amd`" in told


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-10-06T07:00[America/New_York]", "2025-10-06T11:00+00:00"),
        ("2025-10-06 07:00 America/New_York", "2025-10-06T11:00+00:00"),
        ("2025-12-01T16:05:30-05:00", "2025-12-01T21:05:30+00:00"),
        ("2025-10-06T11:00:00Z", "2025-10-06T11:00+00:00"),
    ],
)
def test_zones(tmp_path: Path, text: str, instant: str) -> None:
    path = tmp_path / "z.yaml"
    path.write_text(minimal("z").replace("2025-10-06", f"{text}", 1))
    assert load_announcements(path)[0].announcement.announced == dt.datetime.fromisoformat(instant)


@pytest.mark.parametrize("hour", ["2025-03-09T02:30", "2025-11-02T01:30"])
def test_hours_that_a_clock_change_skips_or_repeats(tmp_path: Path, hour: str) -> None:
    text = minimal("z").replace("2025-10-06", f"{hour}[America/New_York]", 1)
    (told,) = complaints(tmp_path, text)
    assert "skipped or repeated by the clock change" in told


def made(key: str) -> Announcement:
    return Announcement.model_validate(
        {
            "id": key,
            "title": "Some deal",
            "announced": "2025-10-06",
            "parties": [{"ticker": "AMD", "role": "issuer"}],
        }
    )


def test_a_loaded_announcement_is_immutable() -> None:
    item = LoadedAnnouncement(made("a"), Location(Path("x.yaml"), 3))
    with pytest.raises(AttributeError, match="immutable"):
        item.id = "b"
    assert item.location == Location(Path("x.yaml"), 3)


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(minimal("a"))
    first = calendar_digest(load_announcements(path))
    path.write_text("# a comment changes nothing\n" + minimal("a"))
    assert calendar_digest(load_announcements(path)) == first
    path.write_text(minimal("a").replace("Some deal", "Another deal"))
    assert calendar_digest(load_announcements(path)) != first


def test_many_are_read_in_order(tmp_path: Path) -> None:
    for key in ("c", "a", "b"):
        (tmp_path / f"{key}.yaml").write_text(minimal(key))
    assert [event.id for event in announcements(load_announcements(tmp_path))] == ["a", "b", "c"]
