"""Announcements as parsed and validated before, so that an unchanged calendar is not parsed again.

One file per calendar: a line with the checksum of the rest, a line that lists the calendar's files
and their announcements, then one line of JSON per announcement. A file counts as unchanged when its
stamp is the same and is clearly older than the cache; otherwise the hash of its content decides. A
cache that is damaged, or was written by other code, is ignored and rebuilt; one that cannot be
written is done without.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from backtest.checksum import checksum
from backtest.events.files import CalendarFile
from backtest.events.known_files import Known, ParsedFile
from backtest.events.loaded import LoadedAnnouncement
from backtest.leftovers import sweep

_CODE = (
    *("schema", "consistency", "moment", "yaml_marks", "yaml_scalars"),
    *("load", "loaded", "known_files", "parsed_cache"),
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


class ParsedCache:
    """The cache of one calendar below `cache_dir`, as it was when opened."""

    def __init__(self, cache_dir: Path, calendar: Path) -> None:
        name = content_digest(str(calendar.absolute()).encode())
        self._path = cache_dir / "announcements" / f"{name}.jsonl"
        self._written_ns = 0
        self._known = self._read()

    def trusted(self, file: CalendarFile) -> list[LoadedAnnouncement] | None:
        """Return the announcements of a file that was clearly not touched since, else None."""
        at = self._known.place.get(file.name)
        if at is None or self._known.stamps[at] != file.stamp:
            return None
        changed = max(file.stamp.mtime_ns, file.stamp.ctime_ns)
        if changed >= self._written_ns - _TICK_NS:
            return None
        return self._known.announcements(at, file.path)

    def same_content(self, file: CalendarFile, digest: str) -> ParsedFile | None:
        """Return what is known of a file whose content still has this digest."""
        at = self._known.place.get(file.name)
        known = None if at is None else self._known.file(at)
        return known if known is not None and known.digest == digest else None

    def differs(self, names: Iterable[str]) -> int:
        """Return how many files the cache knows too many or too few."""
        return len(self._known.place.keys() ^ set(names))

    def write(self, files: Mapping[str, ParsedFile | None]) -> None:
        """Replace the cache at once; silently nothing where the folder cannot be written.

        Args:
            files: by name; None is one that is known, as it is known.
        """
        place = self._known.place
        every = {
            name: self._known.file(place[name]) if file is None else file
            for name, file in files.items()
        }
        rest = b"\n".join(Known.of(every).lines())
        with suppress(OSError):
            self._replace(f"{code_fingerprint(_CODE)} {checksum(rest)}\n".encode() + rest)

    def _replace(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        sweep(self._path.parent, "*.part")
        part = self._path.with_name(f"{self._path.stem}.{secrets.token_hex(4)}.part")
        try:
            part.write_bytes(data)
            part.replace(self._path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _read(self) -> Known:
        try:
            self._written_ns = self._path.stat().st_mtime_ns
            head, _, rest = self._path.read_bytes().partition(b"\n")
            if head.decode() != f"{code_fingerprint(_CODE)} {checksum(rest)}":
                return Known()
            index, *texts = rest.split(b"\n")
            return Known.read(index, texts)
        except (OSError, ValueError, KeyError, TypeError):
            return Known()


@cache
def code_fingerprint(modules: tuple[str, ...]) -> str:
    """Hash the code of these modules of the folder, so that editing it empties what it made."""
    digest = hashlib.blake2b(digest_size=16)
    for name in modules:
        with suppress(OSError):
            digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()
