"""How a command that met a fault may end: as always, or with one clear line."""

from __future__ import annotations

from faults import trees
from faults.order import Ended
from faults.scenes import Scene
from faults.warm import Warm


def outcome(scene: Scene, ended: Ended, *, between: bool = False) -> list[str]:
    """Return what is wrong with how a command ended, and with what it left.

    It ends with 0 and prints what it always does, or says in one line why it could not (2, 3).
    A file may be between old and new only where parts of an answer are kept, which is `between`.
    """
    errors, notes = ended.lines("error:"), ended.lines("note:")
    wrong = [] if ended.clean else [f"said {ended.err!r}"]
    if ended.code not in (0, 2, 3):
        wrong.append(f"ended with {ended.code}: {ended.err!r}")
    if ended.code == 0 and (errors or (ended.out != scene.ended.out and not scene.resumes)):
        wrong.append(f"ended well, but said {ended.err!r} and {ended.out[:80]!r}")
    if ended.code and len(errors) != 1:
        wrong.append(f"{len(errors)} lines of error: {ended.err!r}")
    if len(set(notes)) != len(notes):
        wrong.append(f"says things twice: {notes}")
    left = [] if between else scene.neither()
    return [*wrong, *left, *scene.sound(scene.kept)]


def mended(scene: Scene, forks: Warm) -> list[str]:
    """Run the command once more without the fault; return what is then still wrong."""
    done = scene.done(trees.read(scene.kept))
    trees.age(scene.kept)
    ended = forks.run(scene.order)
    wrong = []
    if ended.code != (2 if done else 0) or not ended.clean:
        wrong.append(f"the next ended with {ended.code}: {ended.err!r}")
    return [*wrong, *scene.unlike()]
