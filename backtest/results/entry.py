"""One cache entry: a folder of Parquet files with a manifest of their checksums.

An entry is written into a temporary folder and renamed into place. Whoever renames second finds it
there and drops its own copy, so two runs at once cannot corrupt each other.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.checksum import checksum
from backtest.leftovers import sweep

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "manifest.json"
UNFINISHED = ".writing-"
FORMAT = 2
"""Of the manifest; the first had no such number, and CRC-32 checksums."""


class Damaged(Exception):
    """An entry whose files do not match its manifest."""


class Outdated(Damaged):
    """An entry of an earlier version of the program; nothing is wrong with it."""


def read_entry(
    entry: Path, names: Collection[str] | None = None, later: Collection[str] = ()
) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Return the tables of an entry, all or those named, and its facts; all files are checked.

    Args:
        entry: the folder.
        names: the tables; None for all.
        later: those that the caller reads afterwards, and has checked then.

    Raises:
        FileNotFoundError: there is no such entry.
        Damaged: a file is missing or not what was written.
        OSError: it cannot be read.
    """
    files, facts = read_manifest(entry)
    stems = {Path(name).stem: name for name in files}
    if not set(names or ()) <= stems.keys():
        raise Damaged(
            f"{', '.join(sorted(set(names or ()) - stems.keys()))} is not in the manifest"
        )
    wanted = stems if names is None else names
    for stem in stems.keys() - {*wanted, *later}:
        _content(entry, stems[stem], files[stems[stem]])
    return {name: _table(entry, stems[name], files[stems[name]]) for name in wanted}, facts


def read_table(entry: Path, name: str) -> pl.DataFrame:
    """Return one table of an entry; raises as `read_entry` does."""
    files, _ = read_manifest(entry)
    if f"{name}.parquet" not in files:
        raise Damaged(f"{name} is not in the manifest")
    return _table(entry, f"{name}.parquet", files[f"{name}.parquet"])


def check_entry(entry: Path) -> None:
    """Raise as `read_entry` does where an entry is damaged."""
    files, _ = read_manifest(entry)
    for name, crc in files.items():
        _content(entry, name, crc)


def read_manifest(entry: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the checksums of an entry's files and its facts."""
    text = (entry / MANIFEST).read_text(encoding="utf-8", errors="replace")
    try:
        manifest = json.loads(text)
        if manifest.keys() == {"checksum", "files", "facts"}:
            raise Outdated(f"{MANIFEST} is of an earlier version")
        files, facts = manifest["files"], manifest["facts"]
        whole = manifest["checksum"] == _manifest_checksum(files, facts)
        sound = whole and manifest["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise Damaged(f"{MANIFEST} is not what was written")
    return files, facts


def write_entry(
    folder: Path,
    key: str,
    tables: Mapping[str, pl.DataFrame],
    facts: Mapping[str, Any],
    groups: Mapping[str, int] | None = None,
) -> None:
    """Write an entry unless it is there.

    Args:
        folder: of entries.
        key: the entry's name.
        tables: by name.
        facts: plain values.
        groups: rows in a row group, of tables that have a size of their own.

    Raises:
        OSError: it cannot be written; nothing half-written stays.
    """
    if (folder / key / MANIFEST).is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder, f"{UNFINISHED}*")
    temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
    try:
        files = {}
        for name, table in tables.items():
            buffer = io.BytesIO()
            size = (groups or {}).get(name)
            table.write_parquet(buffer, compression="lz4", row_group_size=size)
            content = buffer.getbuffer()
            (temporary / f"{name}.parquet").write_bytes(content)
            files[f"{name}.parquet"] = checksum(content)
        crc = _manifest_checksum(files, facts)
        manifest = {"format": FORMAT, "checksum": crc, "files": files, "facts": dict(facts)}
        (temporary / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        _rename(temporary, folder / key)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def take_away(entry: Path) -> None:
    """Remove an entry, all at once: who reads it meanwhile finds it whole or gone, never in part.

    What cannot be removed stays.
    """
    with suppress(OSError):
        away = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=entry.parent))
        try:
            entry = entry.replace(away)
        except OSError:
            away.rmdir()
    shutil.rmtree(entry, ignore_errors=True)


def _manifest_checksum(files: Any, facts: Any) -> str:
    return checksum(json.dumps([files, facts], sort_keys=True).encode())


def _content(entry: Path, name: str, crc: str) -> bytes:
    try:
        content = (entry / name).read_bytes()
    except FileNotFoundError:
        raise Damaged(f"{name} is missing") from None
    if checksum(content) != crc:
        raise Damaged(f"{name} does not match its checksum")
    return content


def _table(entry: Path, name: str, crc: str) -> pl.DataFrame:
    import polars as pl

    return pl.read_parquet(io.BytesIO(_content(entry, name, crc)))


def _rename(temporary: Path, entry: Path) -> None:
    try:
        temporary.replace(entry)
    except OSError:
        # Another run has written the same content meanwhile, or left a folder without manifest.
        if (entry / MANIFEST).is_file():
            return
        shutil.rmtree(entry, ignore_errors=True)
        temporary.replace(entry)
