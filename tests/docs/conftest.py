"""The site, built once for the tests that look at it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sitebuild.build import build, stage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from this checkout in a folder of its own."""
    root = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "zensical.toml", root)
    stage(ROOT / "docs", root / "build" / "docs")
    assert build(root) == []
    return root / "build" / "site"
