"""Entries of the results cache that are damaged, left behind or removed, and `backtest cache`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli import Command
from support.lab import Lab, counts, entries, same

from backtest.results.cache import MANIFEST, SEGMENTS, STUDIES, UNFINISHED


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("kind", [SEGMENTS, STUDIES])
@pytest.mark.parametrize("harm", [flip, truncate, empty, Path.unlink])
def test_a_damaged_file_is_computed_anew_and_said(
    lab: Lab, kind: str, harm: Callable[[Path], None]
) -> None:
    fresh = lab.run(cache=False)
    lab.run()
    names = {path.name for path in entries(lab) if path.parent.parent.name == kind}
    for name in sorted(names):
        shutil.rmtree(lab.cache / "results")
        lab.run()
        (path,) = (p for p in entries(lab) if p.parent.parent.name == kind and p.name == name)
        harm(path)
        result = lab.run()
        same(result, fresh)
        said = [note for note in result.warnings if "damaged" in note]
        if name != MANIFEST or harm is not Path.unlink:
            assert len(said) == 1, (name, result.warnings)
        assert lab.kept.verify() == []
        again = lab.run()
        assert counts(again) == (0, 24)
        assert again.warnings == ()


def test_an_entry_of_an_earlier_version_is_replaced_without_a_word(lab: Lab) -> None:
    lab.run()
    for entry in lab.kept.entries():
        manifest = json.loads((entry / MANIFEST).read_text())
        del manifest["format"]
        (entry / MANIFEST).write_text(json.dumps(manifest))
    assert lab.kept.verify() == []
    result = lab.run()
    assert result.warnings == ()
    assert counts(result) == (24, 0)
    assert counts(lab.run()) == (0, 24)


@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"files": {}}', '{"files": 3}'])
@pytest.mark.parametrize("kind", [SEGMENTS, STUDIES])
def test_a_manifest_that_says_nonsense_is_damage_too(lab: Lab, kind: str, content: str) -> None:
    fresh = lab.run()
    (entry,) = (lab.cache / "results" / kind).iterdir()
    (entry / MANIFEST).write_text(content)
    assert len(lab.kept.verify()) == 1
    result = lab.run()
    same(result, fresh)
    assert any("damaged" in note for note in result.warnings)


def test_any_byte_of_a_manifest_may_be_wrong(lab: Lab) -> None:
    fresh = lab.run()
    for kind in (SEGMENTS, STUDIES):
        (entry,) = (lab.cache / "results" / kind).iterdir()
        sound = shutil.copytree(entry, entry.parent.parent / f"sound-{kind}")
        content = (sound / MANIFEST).read_bytes()
        for place in range(0, len(content), 23):
            shutil.rmtree(entry, ignore_errors=True)
            shutil.copytree(sound, entry)
            wrong = bytearray(content)
            wrong[place] ^= 0x01
            (entry / MANIFEST).write_bytes(wrong)
            same(lab.run(), fresh)


def test_verify_names_the_damage_and_exits_1(lab: Lab, cli: Command) -> None:
    lab.run()
    fine = cli("cache", "verify")
    assert (fine.code, fine.out) == (0, "")
    assert "2 entries checked, 0 damaged" in fine.err
    (entry,) = (lab.cache / "results" / SEGMENTS).iterdir()
    flip(entry / "cars.parquet")
    ran = cli("cache", "verify")
    assert ran.code == 1
    (line,) = ran.out.splitlines()
    assert line == (f"damaged: {SEGMENTS}/{entry.name}: cars.parquet does not match its checksum")
    assert "2 entries checked, 1 damaged" in ran.err


def test_what_a_killed_run_left_behind_is_no_entry(lab: Lab, cli: Command) -> None:
    fresh = lab.run()
    left = lab.cache / "results" / SEGMENTS / ".writing-abc123"
    left.mkdir()
    (left / "cars.parquet").write_bytes(b"half")
    assert cli("cache", "verify").code == 0
    same(lab.run(), fresh)
    cli("cache", "clear")
    assert not left.exists()


def test_clear_removes_results_and_keeps_prices(lab: Lab, cli: Command) -> None:
    lab.run()
    pulled = lab.cache / "prices" / "AAA.parquet"
    pulled.parent.mkdir()
    pulled.write_bytes(b"bars")
    ran = cli("cache", "clear")
    assert ran.code == 0
    assert "removed 2 results" in ran.err
    assert entries(lab) == []
    assert pulled.read_bytes() == b"bars"
    cli("cache", "clear", "--all")
    assert pulled.exists()
    assert not (lab.cache / "sessions").exists()
    assert counts(lab.run()) == (24, 0)


def test_removing_the_results_by_hand_is_safe(lab: Lab) -> None:
    fresh = lab.run()
    for kind in (SEGMENTS, STUDIES):
        shutil.rmtree(lab.cache / "results" / kind)
        same(lab.run(), fresh)
    shutil.rmtree(lab.cache / "results")
    same(lab.run(), fresh)


def test_entries_are_what_the_manifest_says(lab: Lab) -> None:
    lab.run()
    (segment,) = (lab.cache / "results" / SEGMENTS).iterdir()
    manifest = json.loads((segment / MANIFEST).read_text())
    assert set(manifest["files"]) == {path.name for path in segment.iterdir()} - {MANIFEST}
    assert {"cars.parquet", "fits.parquet", "abnormal_returns.parquet"} <= set(manifest["files"])


def test_what_a_killed_writer_left_is_not_read(lab: Lab) -> None:
    """A writer killed before its last step leaves a whole entry under a name of no entry."""
    first = lab.run()
    (segment,) = (lab.kept.folder / SEGMENTS).iterdir()  # type: ignore[operator]
    segment.rename(segment.parent / f"{UNFINISHED}left")
    shutil.rmtree(lab.kept.folder / STUDIES)  # type: ignore[operator]
    again = lab.run()
    assert counts(again) == (24, 0)
    same(again, first)
    assert segment.is_dir()
