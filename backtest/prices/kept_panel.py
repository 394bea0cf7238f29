"""Dense panels of whole price tables, kept on disk and mapped into memory on the next run.

Reading a large table and scattering it is most of a study's time when little else has changed. A
panel is named by its source's fingerprint, so a table that was touched gets a new one.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.checksum import checksum
from backtest.leftovers import sweep
from backtest.prices.digest import Words
from backtest.prices.panel import Panel

NEWEST = 3
"""Panels kept; older ones are removed when a new one is written."""

_FACTS = "facts.json"
_PREFIX, _SESSIONS = "prefix", "sessions"
_UNFINISHED = ".writing-"


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
        sum_, _, text = (entry / _FACTS).read_bytes().partition(b"\n")
        if sum_.decode() != checksum(text):
            return None
        facts = json.loads(text)
        arrays = {name: _mapped(entry / name, form) for name, form in facts["arrays"].items()}
        sound = {name: _checksum(array) for name, array in arrays.items()} == facts["checksums"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not sound:
        return None
    prices = {name: arrays[stored] for name, stored in facts["prices"].items()}
    sessions = arrays[_SESSIONS].view("datetime64[D]")
    panel = Panel(sessions, tuple(facts["tickers"]), prices)
    return KeptPanel(panel, arrays[_PREFIX], facts["told"])


def panels_in(folder: Path) -> list[Path]:
    """Return the folders of all panels, also of damaged ones."""
    if not folder.is_dir():
        return []
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith(_UNFINISHED))
    return sorted(entry for entry in entries if entry.is_dir())


def damaged_panels(folder: Path) -> list[str]:
    """Check every panel against its checksums and return those that differ, one line each."""
    wrong = (one.name for one in panels_in(folder) if load_panel(folder, one.name) is None)
    return [f"{folder.name}/{name}: does not match its checksums" for name in wrong]


def keep_panel(folder: Path, key: str, kept: KeptPanel) -> None:
    """Write a panel beside its place and rename it there; what cannot be written is not kept."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder, f"{_UNFINISHED}*")
        temporary = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
        try:
            _write(temporary, kept)
            _rename(temporary, folder, key)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _prune(folder)


def _rename(temporary: Path, folder: Path, key: str) -> None:
    """Put a panel in its place, unless another run has meanwhile put a sound one there."""
    try:
        temporary.replace(folder / key)
    except OSError:
        if load_panel(folder, key) is not None:
            return
        shutil.rmtree(folder / key, ignore_errors=True)
        temporary.replace(folder / key)


def _write(folder: Path, kept: KeptPanel) -> None:
    """Write arrays as nothing but their bytes; what these mean stands in one checked file."""
    panel = kept.panel
    names: dict[int, str] = {}
    stored = {name: names.setdefault(id(prices), name) for name, prices in panel.prices.items()}
    arrays = {
        **{name: panel.prices[name] for name in sorted(set(stored.values()))},
        _SESSIONS: panel.sessions.astype("datetime64[D]").view(np.int64),
        _PREFIX: kept.prefix,
    }
    for name, array in arrays.items():
        (folder / name).write_bytes(_bytes(array))
    facts = {
        "tickers": panel.tickers,
        "prices": stored,
        "arrays": {name: (array.dtype.str, array.shape) for name, array in arrays.items()},
        "checksums": {name: _checksum(array) for name, array in arrays.items()},
        "told": kept.facts,
    }
    text = json.dumps(facts).encode()
    (folder / _FACTS).write_bytes(f"{checksum(text)}\n".encode() + text)


def _mapped(path: Path, form: tuple[str, list[int]]) -> NDArray[Any]:
    """Map a file that holds exactly an array of this type and shape.

    Raises:
        OSError, ValueError: there is none, or one of another size.
    """
    dtype, shape = np.dtype(form[0]), tuple(form[1])
    if path.stat().st_size != dtype.itemsize * math.prod(shape):
        raise ValueError("of another size")
    return np.memmap(path, dtype, mode="r", shape=shape)


def _checksum(array: NDArray[Any]) -> str:
    """Hash the content: damage would otherwise pass for prices."""
    return checksum(_bytes(array))


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).view(np.uint8).reshape(-1).data


def _prune(folder: Path) -> None:
    entries = [entry for entry in folder.iterdir() if (entry / _FACTS).is_file()]
    for entry in sorted(entries, key=lambda entry: -entry.stat().st_mtime_ns)[NEWEST:]:
        shutil.rmtree(entry, ignore_errors=True)
