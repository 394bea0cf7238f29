"""What is known of a calendar's files and their announcements, column by column.

A list of plain values for all files is read and compared many times faster than an object for each:
of ten thousand files nearly all are as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from backtest.events.files import Stamp
from backtest.events.loaded import LoadedAnnouncement

_BY_FILE = ("names", "sizes", "mtimes", "ctimes", "digests", "counts")
_BY_ANNOUNCEMENT = ("lines", "ids", "keys")


class ParsedFile(NamedTuple):
    """One file; `entries` are line, id, digest and JSON text of each announcement."""

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


@dataclass(frozen=True, slots=True)
class Known:
    """All files of a calendar.

    Attributes:
        place: number of each file by its name.
        stamps: (files,) size, change times, equal to a `Stamp`.
        digests: (files,) hash of the content.
        first: (files + 1,) where the announcements of each begin.
        entries: (announcements,) line, id, digest and JSON text of each.
    """

    place: dict[str, int] = field(default_factory=dict)
    stamps: Sequence[tuple[int, ...]] = ()
    digests: Sequence[str] = ()
    first: Sequence[int] = (0,)
    entries: Sequence[tuple[int, str, str, bytes]] = ()

    @classmethod
    def of(cls, files: Mapping[str, ParsedFile]) -> Known:
        """Take files by name."""
        known = files.values()
        return cls(
            {name: at for at, name in enumerate(files)},
            [tuple(file.stamp) for file in known],
            [file.digest for file in known],
            [0, *accumulate(len(file.entries) for file in known)],
            [entry for file in known for entry in file.entries],
        )

    @classmethod
    def read(cls, index: bytes, texts: Sequence[bytes]) -> Known:
        """Read what `lines` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        columns = json.loads(index)
        names, sizes, mtimes, ctimes, digests, counts = (columns[name] for name in _BY_FILE)
        entries = (columns[name] for name in _BY_ANNOUNCEMENT)
        return cls(
            dict(zip(names, range(len(names)), strict=True)),
            list(zip(sizes, mtimes, ctimes, strict=True)),
            digests,
            [0, *accumulate(counts)],
            list(zip(*entries, texts, strict=True)),
        )

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that keep all of it: an index, and the text of each announcement."""
        sizes, mtimes, ctimes = zip(*self.stamps, strict=True) if self.stamps else ((), (), ())
        counts = [end - start for start, end in zip(self.first, self.first[1:], strict=False)]
        files = (list(self.place), sizes, mtimes, ctimes, self.digests, counts)
        marks = list(zip(*(entry[:3] for entry in self.entries), strict=True)) or ((), (), ())
        columns = dict(zip((*_BY_FILE, *_BY_ANNOUNCEMENT), (*files, *marks), strict=True))
        yield json.dumps(columns).encode()
        yield from (entry[3] for entry in self.entries)

    def file(self, at: int) -> ParsedFile:
        """Return one file by its number."""
        entries = tuple(self.entries[self.first[at] : self.first[at + 1]])
        return ParsedFile(Stamp(*self.stamps[at]), self.digests[at], entries)

    def announcements(self, at: int, path: str) -> list[LoadedAnnouncement]:
        """Return the announcements of one file, without reading them yet."""
        make = LoadedAnnouncement.from_text
        return [
            make(key, text, path, line, None, digest)
            for line, key, digest, text in self.entries[self.first[at] : self.first[at + 1]]
        ]
