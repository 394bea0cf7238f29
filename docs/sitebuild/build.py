"""The steps of a build: pages side by side with generated ones, zensical, a look at the outcome.

Generated pages are made at build time and kept out of the repository: they are never stale, a
new command or plug-in appears by itself, and no merge has to settle two versions of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sitebuild.announcement_page import announcement_page
from sitebuild.check import faults
from sitebuild.command_page import command_page
from sitebuild.exit_page import exit_page
from sitebuild.plugin_page import plugin_page
from sitebuild.python_page import python_page
from sitebuild.strategy_page import strategy_page
from sitebuild.table_page import table_page

GENERATED: dict[str, Callable[[], str]] = {
    "reference/commands.md": command_page,
    "reference/python.md": python_page,
    "reference/tables.md": table_page,
    "reference/announcements.md": announcement_page,
    "reference/strategies.md": strategy_page,
    "reference/plugins.md": plugin_page,
    "reference/exit-codes.md": exit_page,
}
"""Pages that come from the code."""

_WORKER = "https://unpkg.com/iframe-worker/shim"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def stage(source: Path, target: Path) -> None:
    """Copy what people wrote and write what is generated, in place of what was there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("sitebuild", "__*", ".*"))
    for name, make in GENERATED.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")


def build(root: Path) -> list[str]:
    """Build the staged pages below `root` by its `zensical.toml`; return what is wrong."""
    site = root / "build" / "site"
    shutil.rmtree(site, ignore_errors=True)
    package = str(Path(__file__).parents[1])
    paths = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        return [f"zensical: {_COLOURS.sub('', ran.stdout + ran.stderr).strip()}"]
    _own_worker(site)
    return faults(site)


def _own_worker(site: Path) -> None:
    """Let pages take the script by which search works from a disk from this site, not a stranger's.

    zensical names its address on every page and has no setting for it.
    """
    own = site / "assets" / "iframe-worker.js"
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        near = Path(os.path.relpath(own, path.parent)).as_posix()
        path.write_text(text.replace(_WORKER, near), encoding="utf-8")
