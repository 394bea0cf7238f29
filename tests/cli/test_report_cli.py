"""`backtest report`: the file, what is said, and errors of one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.cli import CALENDAR, Command

AMD = ("2025-10-06*", "--events", CALENDAR, "--prices", "snapshot")


def test_it_writes_one_file(cli: Command, tmp_path: Path) -> None:
    out = tmp_path / "amd.html"
    out.write_text("old")
    ran = cli("report", *AMD, "--out", out)
    assert ran.code == 0, ran.err
    assert ran.out == f"{out}\n"
    assert "wrote 0." in ran.err
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "AMD supplies OpenAI with 6 GW" in text
    assert [path.name for path in tmp_path.iterdir() if ".new-" in path.name] == []


def test_a_place_that_cannot_be_written_is_told_first(cli: Command, tmp_path: Path) -> None:
    assert "its folder does not exist" in cli(
        "report", *AMD, "--out", tmp_path / "no" / "r.html"
    ).refused(2)
    assert "it is a folder" in cli("report", *AMD, "--out", tmp_path).refused(2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(cli: Command, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert "read-only" in cli("report", *AMD, "--out", locked / "r.html").refused(2)


def test_what_fails_while_writing_leaves_the_old_file(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backtest.report.html import file

    out = tmp_path / "r.html"
    out.write_text("old")

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file, "write_bytes", full)
    assert "No space left on device" in cli("report", *AMD, "--out", out).refused(2)
    assert out.read_text() == "old"


def test_a_missing_library_names_the_extra(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in ("altair", "vl_convert", "jinja2"):
        monkeypatch.setitem(sys.modules, name, None)
    line = cli("report", *AMD, "--out", tmp_path / "r.html").refused(2)
    assert "backtest[report]" in line


def test_a_page_that_says_why_nothing_could_be_studied(cli: Command, tmp_path: Path) -> None:
    events = tmp_path / "x.yaml"
    events.write_text(
        "id: x-test\ntitle: A test\nannounced: 2025-10-06\nsession: pre\n"
        "parties:\n  - {ticker: ZZZZ, role: issuer}\n"
    )
    out = tmp_path / "x.html"
    ran = cli("report", "--events", events, "--prices", "snapshot", "--out", out)
    assert ran.code == 3
    assert "nothing could be studied: x-test ZZZZ: not among the 12 securities" in ran.err
    assert "not among the 12 securities" in out.read_text(encoding="utf-8")
