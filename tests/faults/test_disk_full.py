"""A disk that is full, or a file that may not grow: what was there stays, and one line says so."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import pytest
from faults import trees
from faults.scenes import KEPT, Scene
from faults.tally import tallied
from faults.told import mended, outcome
from faults.warm import Warm

TRIES = 6
ROOM = 65_536
"""Kilobytes that are more than enough."""

SCENES = pytest.mark.parametrize("scene", ["run", "pull", "add"], indirect=True)


def spread(first: int, last: int) -> list[int]:
    """Return numbers between two, the first among them."""
    return sorted({first + (last - first) * place // TRIES for place in range(TRIES)})


@SCENES
def test_a_file_that_may_not_grow(scene: Scene, forks: Warm, record_property: object) -> None:
    largest = max(len(scene.new[name]) for name in scene.new if name not in scene.old)
    with tallied(f"{scene.name}, files refused (EFBIG)", record_property) as tally:
        for limit in spread(1, largest):
            ended = forks.run(scene.restored(file_limit=limit))
            wrong = outcome(scene, ended)
            if not (ended.code or ended.lines("File too large")):
                wrong.append("the kernel refused nothing")
            tally.record(f"{limit} bytes", [*wrong, *mended(scene, forks)])


@pytest.fixture
def small(scene: Scene, forks: Warm) -> Iterator[Scene]:
    """The scene with its folder on a disk of its own."""
    why = forks.mount(scene.folder / KEPT, kilobytes=ROOM)
    if why:
        pytest.skip(why)
    yield dataclasses.replace(scene, view=forks.seen(scene.folder / KEPT))
    forks.unmount(scene.folder / KEPT)


@SCENES
def test_a_full_disk(small: Scene, forks: Warm, record_property: object) -> None:
    place = small.folder / KEPT

    def used() -> int:
        disk = os.statvfs(small.kept)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize // 1024

    with tallied(f"{small.name}, disk full (ENOSPC)", record_property) as tally:
        trees.write(small.kept, small.new)
        needed = used()
        trees.write(small.kept, small.old)
        for room in spread(used(), needed):
            order = small.restored()
            assert forks.mount(place, kilobytes=room, again=True) == ""
            ended = forks.run(order)
            wrong = outcome(small, ended)
            if not (ended.code or ended.lines("No space left")):
                wrong.append("the disk was not full")
            assert forks.mount(place, kilobytes=ROOM, again=True) == ""
            tally.record(f"{room} kB", [*wrong, *mended(small, forks)])
