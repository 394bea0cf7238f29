"""A folder nobody may write to: what is there is read, and one line says what was not kept."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import trees
from faults.scenes import KEPT, RECEIPT, Scene
from faults.tally import tallied
from faults.told import mended, outcome
from faults.warm import Warm

EVERY = pytest.mark.parametrize("scene", ["run", "pull", "add"], indirect=True)


def _folders(top: Path) -> list[Path]:
    return [top, *(path for path in top.rglob("*") if path.is_dir())]


@EVERY
def test_folders_without_permission(scene: Scene, forks: Warm, record_property: object) -> None:
    with tallied(f"{scene.name}, no permission (EACCES)", record_property) as tally:
        order = scene.restored(powerless=True)
        for folder in _folders(scene.kept):
            folder.chmod(0o555)
        try:
            ended = forks.run(order)
        finally:
            for folder in _folders(scene.kept):
                folder.chmod(0o755)
        wrong = outcome(scene, ended)
        if ended.code == 0 or not ended.lines("Permission denied"):
            wrong.append(f"nothing was refused: {ended.code} {ended.err!r}")
        tally.record(scene.name, [*wrong, *mended(scene, forks)])


@pytest.fixture
def frozen(scene: Scene, forks: Warm) -> Iterator[Scene]:
    """The scene with a folder that can be made read-only by a mount."""
    place = scene.folder / KEPT
    why = forks.mount(place, kilobytes=65_536)
    if why:
        pytest.skip(why)
    yield dataclasses.replace(scene, view=forks.seen(place))
    forks.unmount(place)


@EVERY
def test_a_file_system_without_writing(frozen: Scene, forks: Warm, record_property: object) -> None:
    place = frozen.folder / KEPT
    with tallied(f"{frozen.name}, read-only (EROFS)", record_property) as tally:
        order = frozen.restored()
        assert forks.mount(place, kilobytes=65_536, again=True, readonly=True) == ""
        ended = forks.run(order)
        wrong = outcome(frozen, ended)
        if ended.code == 0 or not ended.lines("Read-only file system"):
            wrong.append(f"nothing was refused: {ended.code} {ended.err!r}")
        assert forks.mount(place, kilobytes=65_536, again=True) == ""
        tally.record(frozen.name, [*wrong, *mended(frozen, forks)])


@pytest.mark.parametrize("scene", ["run"], indirect=True)
def test_a_cache_nobody_may_write_costs_no_result(
    scene: Scene, forks: Warm, record_property: object
) -> None:
    with tallied("run, cache not writable", record_property) as tally:
        order = scene.restored(powerless=True)
        folders = _folders(scene.kept / "cache")
        for folder in folders:
            folder.chmod(0o555)
        try:
            ended = forks.run(order)
        finally:
            for folder in folders:
                folder.chmod(0o755)
        wrong = outcome(scene, ended)
        notes = [line for line in ended.err.splitlines() if "not cached" in line]
        if (ended.code, len(notes)) != (0, 1):
            wrong.append(f"{ended.code}, {len(notes)} notes: {ended.err!r}")
        wrong += trees.unlike(written(trees.read(scene.kept)), written(scene.new))
        tally.record("cache", [*wrong, *mended(scene, forks)])


def written(tree: trees.Tree) -> trees.Tree:
    """Return the tables of a study, without the receipt, which tells of the cache."""
    return {name: tree[name] for name in tree if name.startswith("out/") and name != RECEIPT}


def test_this_machine_can_take_powers_away(forks: Warm, tmp_path: Path) -> None:
    """Else the tests above would pass as root without having tried anything."""
    if os.getuid():
        pytest.skip("permissions bind this user anyway")
    from faults.order import Order

    (tmp_path / "shut").mkdir(mode=0o555)
    order = Order(
        ("events", "add", "--events", "shut", "--announced", "2025-01-02", "--session", "pre",
         "--title", "One", "--party", "ORCL:issuer"), tmp_path, powerless=True
    )  # fmt: skip
    assert "Permission denied" in forks.run(order).err
