"""Four commands at the same time in one folder: each ends as if it were alone."""

from __future__ import annotations

import pytest
from faults import trees
from faults.scenes import Scene
from faults.tally import tallied
from faults.warm import Warm

AT_ONCE, ROUNDS = 4, 4


@pytest.mark.parametrize("scene", ["run", "crowded", "pull"], indirect=True)
def test_four_at_once(
    request: pytest.FixtureRequest, scene: Scene, forks: Warm, record_property: object
) -> None:
    crowded = request.node.callspec.params["scene"] == "crowded"
    name = f"{scene.name}, four at once{', segments merged' if crowded else ''}"
    with tallied(name, record_property) as tally:
        for number in range(ROUNDS):
            scene.restored()
            every = forks.at_once([scene.order] * AT_ONCE)
            after = [*scene.sound(scene.kept), *map(str, trees.leftovers(scene.kept))]
            if not crowded:  # whose segments depend on who was first to merge them
                after += scene.unlike()
            last = forks.run(scene.order)
            if last.code or (last.out != scene.ended.out and not scene.resumes):
                after.append(f"the next ended with {last.code}: {last.err!r}")
            for ended in every:
                wrong = [] if ended.clean and not ended.code else [f"{ended.code}: {ended.err!r}"]
                if ended.lines("damaged") or ended.lines("not cached"):
                    wrong.append(f"said {ended.err!r}")
                if ended.out != scene.ended.out and not scene.resumes:
                    wrong.append("printed something else")
                tally.record(f"round {number}", [*wrong, *after])


@pytest.mark.parametrize("scene", ["add"], indirect=True)
def test_of_four_that_add_the_same_one_wins(
    scene: Scene, forks: Warm, record_property: object
) -> None:
    with tallied("events add, four at once", record_property) as tally:
        for number in range(ROUNDS):
            scene.restored()
            every = forks.at_once([scene.order] * AT_ONCE)
            after = [*scene.sound(scene.kept), *scene.unlike(), *trees.leftovers(scene.kept)]
            if sorted(ended.code for ended in every) != [0, 2, 2, 2]:
                after.append(f"ended with {[ended.code for ended in every]}")
            for ended in every:
                said = len(ended.lines("error:"))
                wrong = [] if ended.clean and said == (ended.code != 0) else [ended.err]
                tally.record(f"round {number}", [*wrong, *after])
