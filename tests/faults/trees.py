"""A folder's files as they are, put back as they were, and compared with two states of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

Tree = dict[str, bytes]
"""Content by path relative to the folder."""

PARTS = (".part", ".tmp")
"""How names end that no reader looks at; others are hidden."""
LOCK = ".lock"
DAYS = 2 * 86_400


def read(folder: Path) -> Tree:
    """Return every file that has its name for good."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not unfinished(name)]
        for name in files:
            if not unfinished(name):
                path = Path(place, name)
                found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def leftovers(folder: Path) -> list[str]:
    """Return what writers that died have left, folders with all in them as one."""
    found = []
    for place, folders, files in os.walk(folder):
        names = [
            name for name in (*folders, *files) if unfinished(name) and not name.startswith(LOCK)
        ]
        found += [str(Path(place, name).relative_to(folder)) for name in names]
        folders[:] = [name for name in folders if not unfinished(name)]
    return sorted(found)


def age(folder: Path) -> None:
    """Let what is left behind be two days old: nobody can be writing it any more."""
    for name in leftovers(folder):
        then = (folder / name).stat().st_mtime - DAYS
        os.utime(folder / name, (then, then))


def unfinished(name: str) -> bool:
    """Whether a name says that its file is not finished, or is a lock."""
    return name.startswith(".") or name.endswith(PARTS)


def write(folder: Path, tree: Tree) -> None:
    """Make a folder hold these files and nothing else."""
    if folder.exists():
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name, content in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def neither(tree: Tree, old: Tree, new: Tree) -> list[str]:
    """Return what is wrong with a tree that should hold every file as old or as new.

    A file of both states must be there; one of only one of them may be.
    """
    wrong = []
    for name, content in tree.items():
        if content not in (old.get(name), new.get(name)):
            wrong.append(f"{name}: neither old nor new")
    wrong += [f"{name}: gone" for name in old.keys() & new.keys() - tree.keys()]
    return wrong


def unlike(tree: Tree, other: Tree) -> list[str]:
    """Return the names of files that differ."""
    names = tree.keys() | other.keys()
    return sorted(name for name in names if tree.get(name) != other.get(name))
