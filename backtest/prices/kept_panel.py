"""Dense panels of whole price tables, kept on disk and mapped into memory on the next run.

Reading a large table and scattering it is most of a study's time when little else has changed. A
panel is named by its source's fingerprint, so a table that was touched gets a new one.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backtest.prices.digest import Words
from backtest.prices.panel import Panel

NEWEST = 3
"""Panels kept; older ones are removed when a new one is written."""

_FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class KeptPanel:
    """A panel, its prefix digests, and what was said when it was made."""

    panel: Panel
    prefix: Words
    facts: dict[str, Any]


def load_panel(folder: Path, key: str) -> KeptPanel | None:
    """Map a panel into memory; None where there is none or it cannot be read."""
    entry = folder / key
    try:
        facts = json.loads((entry / _FACTS).read_text(encoding="utf-8"))
        arrays = {
            name: np.load(entry / f"{name}.npy", mmap_mode="r")
            for name in {"sessions", "prefix", *facts["prices"].values()}
        }
    except (OSError, ValueError, KeyError):
        return None
    prices = {name: arrays[stored] for name, stored in facts["prices"].items()}
    sessions = arrays["sessions"].view("datetime64[D]")
    panel = Panel(sessions, tuple(facts["tickers"]), prices)
    return KeptPanel(panel, arrays["prefix"], facts["told"])


def keep_panel(folder: Path, key: str, kept: KeptPanel) -> None:
    """Write a panel beside its place and rename it there; what cannot be written is not kept."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        try:
            _write(temporary, kept)
            temporary.replace(folder / key)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _prune(folder)


def _write(folder: Path, kept: KeptPanel) -> None:
    panel = kept.panel
    names: dict[int, str] = {}
    stored = {name: names.setdefault(id(prices), name) for name, prices in panel.prices.items()}
    for name in set(stored.values()):
        np.save(folder / f"{name}.npy", panel.prices[name])
    np.save(folder / "prefix.npy", kept.prefix)
    np.save(folder / "sessions.npy", panel.sessions.astype("datetime64[D]").view(np.int64))
    facts = {"tickers": panel.tickers, "prices": stored, "told": kept.facts}
    (folder / _FACTS).write_text(json.dumps(facts), encoding="utf-8")


def _prune(folder: Path) -> None:
    entries = [entry for entry in folder.iterdir() if (entry / _FACTS).is_file()]
    for entry in sorted(entries, key=lambda entry: -entry.stat().st_mtime_ns)[NEWEST:]:
        shutil.rmtree(entry, ignore_errors=True)
