"""A command killed at any moment leaves files as old or as new, and the next one ends alike."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from faults import trees
from faults.harm import KILLS
from faults.order import Ended
from faults.scenes import Scene
from faults.tally import Tally, tallied
from faults.warm import Warm

SHARES = {"run": 0.4, "pull": 0.35, "add": 0.25}
"""Of all kills, and of each a third for each way of killing."""


@pytest.mark.parametrize("scene", SHARES, indirect=True)
@pytest.mark.parametrize("way", ["at a write", "in the middle of a write", "at any time"])
def test_a_killed_command_loses_nothing(
    request: pytest.FixtureRequest, scene: Scene, forks: Warm, way: str, record_property: object
) -> None:
    share = SHARES[request.node.callspec.params["scene"]]
    wanted = round(KILLS * share / 3)
    with tallied(f"{scene.name} killed {way}", record_property) as tally:
        for fault in _faults(scene, way, random.Random(f"{scene.name} {way}")):
            kill(scene, forks, fault, tally)
            if tally.tried >= wanted:
                return
        pytest.fail("it was hardly ever killed")


def _faults(scene: Scene, way: str, chance: random.Random) -> Iterator[dict[str, object]]:
    """Yield moments to die at, many more than are wanted."""
    count, seconds = scene.ended.writes, scene.ended.seconds
    sizes = [len(content) for content in scene.new.values()]
    order = chance.sample(range(1, count + 1), count)
    for number in range(KILLS * 10):
        if way == "at a write":
            yield {"die_at": order[number % count]}
        elif way == "at any time":
            yield {"die_after": seconds * chance.uniform(0.02, 0.98)}
        else:
            limit = chance.randrange(1, chance.choice(sizes) + 1)
            yield {"file_limit": limit, "torn": True}


def kill(scene: Scene, forks: Warm, fault: dict[str, object], tally: Tally) -> None:
    """Kill a command, look at what it left, and run it once more."""
    died = forks.run(scene.restored(**fault))
    if not died.killed:
        assert died.code == 0, died.err  # it was done before its time had come
        return
    left = trees.read(scene.kept)
    wrong = [*scene.neither(), *scene.sound(scene.kept)]
    if not died.clean:
        wrong.append(f"said {died.err!r}")
    trees.age(scene.kept)
    wrong += once_more(scene, forks.run(scene.order), scene.done(left))
    tally.record(str(fault), wrong)


def once_more(scene: Scene, ended: Ended, done: bool) -> list[str]:
    """Return what is wrong with the state after a second, undisturbed command.

    A pull finds some securities pulled just now, so it tells another story; a table that the first
    had replaced may stay until the security is written again.
    """
    wrong = []
    if done:
        if ended.code != 2 or len(ended.lines("error:")) != 1:
            wrong.append(f"what is there already was not refused: {ended.code} {ended.err!r}")
    elif ended.code != 0 or (ended.out != scene.ended.out and not scene.resumes):
        wrong.append(f"the next ended with {ended.code} {ended.err!r}")
    if ended.lines("damaged") or not ended.clean:
        wrong.append(f"the next said {ended.err!r}")
    wrong += scene.unlike()
    if not done:
        wrong += [f"{name} is left behind" for name in trees.leftovers(scene.kept)]
    return wrong
