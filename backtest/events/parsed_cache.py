"""Announcements as parsed and validated before, so that an unchanged calendar is not parsed again.

One file per calendar: a line with the checksum of the rest, a line that lists the calendar's files,
then one line of JSON per announcement. A file counts as unchanged when its stamp is the same and is
clearly older than the cache; otherwise the hash of its content decides. A cache that is damaged, or
was written by other code, is ignored and rebuilt; one that cannot be written is done without.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from backtest.events.files import CalendarFile, Stamp
from backtest.events.loaded import LoadedAnnouncement

_CODE = (
    *("schema", "consistency", "moment", "yaml_marks", "yaml_scalars"),
    *("load", "loaded", "parsed_cache"),
)
_TICK_NS = 2_000_000_000
"""Coarsest time stamp of a file system; a younger change may hide behind an equal stamp."""


def worth_rewriting(changed: int, total: int) -> bool:
    """Whether a file that keeps `total` announcements is to be written anew.

    It is written whole, which costs more than reading the few that changed again next time.
    """
    return changed * 200 > total


def content_digest(data: bytes) -> str:
    """Hash the content of a file."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class ParsedFile(NamedTuple):
    """What the cache knows of one file; `entries` are line, id, digest and JSON text of each."""

    stamp: Stamp
    digest: str
    entries: tuple[tuple[int, str, str, bytes], ...]

    def announcements(self, path: str) -> list[LoadedAnnouncement]:
        """Return the file's announcements without reading them yet."""
        make = LoadedAnnouncement.from_text
        return [
            make(key, text, path, line, digest=digest) for line, key, digest, text in self.entries
        ]

    @classmethod
    def of(cls, stamp: Stamp, digest: str, loaded: Iterable[LoadedAnnouncement]) -> ParsedFile:
        """Make one of a file just parsed."""
        return cls(stamp, digest, tuple((a.location.line, a.id, a.digest, a.text) for a in loaded))


class ParsedCache:
    """The cache of one calendar below `cache_dir`, as it was when opened."""

    def __init__(self, cache_dir: Path, calendar: Path) -> None:
        name = content_digest(str(calendar.absolute()).encode())
        self._path = cache_dir / "announcements" / f"{name}.jsonl"
        self._written_ns = 0
        self._files = self._read()

    def trusted(self, file: CalendarFile) -> ParsedFile | None:
        """Return what is known of a file that was clearly not touched since."""
        known = self._files.get(file.name)
        if known is None or known.stamp != file.stamp:
            return None
        changed = max(file.stamp.mtime_ns, file.stamp.ctime_ns)
        return known if changed < self._written_ns - _TICK_NS else None

    def same_content(self, file: CalendarFile, digest: str) -> ParsedFile | None:
        """Return what is known of a file whose content still has this digest."""
        known = self._files.get(file.name)
        return known if known is not None and known.digest == digest else None

    def differs(self, names: Iterable[str]) -> int:
        """Return how many files the cache knows too many or too few."""
        return len(self._files.keys() ^ set(names))

    def write(self, files: Mapping[str, ParsedFile]) -> None:
        """Replace the cache at once; silently nothing where the folder cannot be written."""
        index = [
            [name, *file.stamp, file.digest, [entry[:3] for entry in file.entries]]
            for name, file in files.items()
        ]
        texts = [entry[3] for file in files.values() for entry in file.entries]
        rest = b"\n".join([json.dumps(index).encode(), *texts])
        with suppress(OSError):
            self._replace(f"{code_fingerprint(_CODE)} {zlib.crc32(rest)}\n".encode() + rest)

    def _replace(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f"{self._path.stem}.{secrets.token_hex(4)}.part")
        try:
            part.write_bytes(data)
            part.replace(self._path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _read(self) -> dict[str, ParsedFile]:
        try:
            self._written_ns = self._path.stat().st_mtime_ns
            head, _, rest = self._path.read_bytes().partition(b"\n")
            if head.decode() != f"{code_fingerprint(_CODE)} {zlib.crc32(rest)}":
                return {}
            index, *texts = rest.split(b"\n")
            return dict(_files(json.loads(index), texts))
        except (OSError, ValueError):
            return {}


def _files(index: list[list[object]], texts: list[bytes]) -> Iterator[tuple[str, ParsedFile]]:
    start = 0
    for name, size, mtime, ctime, digest, marks in index:
        stop = start + len(marks)  # type: ignore[arg-type]
        lines = zip(marks, texts[start:stop], strict=True)  # type: ignore[call-overload]
        entries = tuple((*mark, text) for mark, text in lines)
        yield name, ParsedFile(Stamp(size, mtime, ctime), digest, entries)  # type: ignore[misc, arg-type]
        start = stop


@cache
def code_fingerprint(modules: tuple[str, ...]) -> str:
    """Hash the code of these modules of the folder, so that editing it empties what it made."""
    digest = hashlib.blake2b(digest_size=16)
    for name in modules:
        with suppress(OSError):
            digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()
