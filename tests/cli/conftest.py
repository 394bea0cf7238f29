"""What the tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with no settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("BACKTEST_CACHE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
