"""Dense panels of whole price tables, kept on disk and mapped into memory on the next run.

Reading a large table and scattering it is most of a study's time when little else has changed. A
panel is named by its source's fingerprint, so a table that was touched gets a new one.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    """Map a panel into memory; None where there is none, or it is not what was written."""
    entry = folder / key
    try:
        crc, _, text = (entry / _FACTS).read_text(encoding="utf-8").partition("\n")
        if int(crc) != zlib.crc32(text.encode()):
            return None
        facts = json.loads(text)
        arrays = {
            name: np.load(entry / f"{name}.npy", mmap_mode="r") for name in facts["checksums"]
        }
        sound = all(_checksum(array) == facts["checksums"][name] for name, array in arrays.items())
        # Digests need no checksum: a wrong one only names a result that nobody has.
        prefix = np.load(entry / "prefix.npy", mmap_mode="r")
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None
    if not sound:
        return None
    prices = {name: arrays[stored] for name, stored in facts["prices"].items()}
    sessions = arrays["sessions"].view("datetime64[D]")
    panel = Panel(sessions, tuple(facts["tickers"]), prices)
    return KeptPanel(panel, prefix, facts["told"])


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
    arrays = {
        **{name: panel.prices[name] for name in set(stored.values())},
        "sessions": panel.sessions.astype("datetime64[D]").view(np.int64),
    }
    checksums = {}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        checksums[name] = _checksum(array)
    np.save(folder / "prefix.npy", kept.prefix)
    facts = {
        "tickers": panel.tickers,
        "prices": stored,
        "checksums": checksums,
        "told": kept.facts,
    }
    text = json.dumps(facts)
    (folder / _FACTS).write_text(f"{zlib.crc32(text.encode())}\n{text}", encoding="utf-8")


def _checksum(array: NDArray[Any]) -> int:
    """CRC-32 of the content: damage would otherwise pass for prices."""
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)


def _prune(folder: Path) -> None:
    entries = [entry for entry in folder.iterdir() if (entry / _FACTS).is_file()]
    for entry in sorted(entries, key=lambda entry: -entry.stat().st_mtime_ns)[NEWEST:]:
        shutil.rmtree(entry, ignore_errors=True)
