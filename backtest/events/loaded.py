"""An announcement as loaded, with its place; one from the cache is read when first looked at."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backtest.errors import Location
from backtest.events.schema import Announcement


class LoadedAnnouncement:
    """One announcement and the place it was read from; immutable.

    Attributes:
        id: the announcement's id, known without reading the rest.
    """

    __slots__ = ("_announcement", "_digest", "_line", "_path", "_text", "id")

    id: str
    _announcement: Announcement | None
    _text: bytes | None
    _digest: str | None
    _path: Path | str
    _line: int

    def __init__(self, announcement: Announcement, location: Location) -> None:
        put = object.__setattr__
        put(self, "id", announcement.id)
        put(self, "_announcement", announcement)
        put(self, "_text", None)
        put(self, "_digest", None)
        put(self, "_path", location.path)
        put(self, "_line", location.line)

    @classmethod
    def from_text(
        cls,
        key: str,
        text: bytes,
        path: Path | str,
        line: int,
        announcement: Announcement | None = None,
        digest: str | None = None,
    ) -> LoadedAnnouncement:
        """Make one from its JSON text, which has been validated before."""
        self = cls.__new__(cls)
        put = object.__setattr__
        put(self, "id", key)
        put(self, "_announcement", announcement)
        put(self, "_text", text)
        put(self, "_digest", digest)
        put(self, "_path", path)
        put(self, "_line", line)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a loaded announcement is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LoadedAnnouncement)
            and self.location == other.location
            and self.announcement == other.announcement
        )

    def __hash__(self) -> int:
        return hash((self.id, self.location))

    def __repr__(self) -> str:
        return f"LoadedAnnouncement({self.id!r}, {str(self.location)!r})"

    @property
    def location(self) -> Location:
        """File and line where the announcement starts."""
        return Location(Path(self._path), self._line)

    @property
    def announcement(self) -> Announcement:
        """The announcement itself."""
        if self._announcement is None:
            assert self._text is not None
            read = Announcement.model_validate_json(self._text, strict=True)
            object.__setattr__(self, "_announcement", read)
            return read
        return self._announcement

    @property
    def text(self) -> bytes:
        """The content as one line of JSON."""
        if self._text is None:
            plain = self.announcement.model_dump(mode="json", exclude_defaults=True)
            object.__setattr__(self, "_text", json.dumps(plain).encode())
        assert self._text is not None
        return self._text

    @property
    def digest(self) -> str:
        """Hash of the content; equal digests mean equal announcements."""
        if self._digest is None:
            made = hashlib.blake2b(self.text, digest_size=16).hexdigest()
            object.__setattr__(self, "_digest", made)
            return made
        return self._digest


def announcements(loaded: Iterable[LoadedAnnouncement]) -> list[Announcement]:
    """Return the announcements of many, reading those that were not looked at yet."""
    with without_gc():
        return [item.announcement for item in loaded]


def calendar_digest(loaded: Iterable[LoadedAnnouncement]) -> str:
    """Hash the content of a calendar in its order; equal digests mean equal announcements."""
    every = "".join([item.digest for item in loaded])
    return hashlib.blake2b(every.encode(), digest_size=16).hexdigest()


@contextmanager
def without_gc() -> Iterator[None]:
    """Pause the cyclic collector while many long-lived objects are made; they form no cycles.

    Building 10,000 announcements triggers it so often that it more than doubles the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
