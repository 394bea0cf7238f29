"""Where a part of a loaded announcement stands; the file is parsed again only for those asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from backtest.errors import BadInput, Location
from backtest.events.consistency import Steps
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.yaml_marks import YamlDocument, parse_yaml
from backtest.events.yaml_text import read_bytes


class _Indexed(NamedTuple):
    """A parsed file, and where its announcements of each id are in it."""

    document: YamlDocument
    prefixes: dict[str, list[Steps]]


class Places:
    """Finds lines and columns; a file changed since it was loaded gives the announcement's line."""

    def __init__(self) -> None:
        self._files: dict[Path, _Indexed | None] = {}

    def of(self, item: LoadedAnnouncement, path: Steps = ()) -> Location:
        """Return the place of the value at `path` of the announcement."""
        file = self._file(item.location.path)
        if file is None or item.id not in file.prefixes:
            return item.location
        return file.document.where((*file.prefixes[item.id][0], *path))

    def of_id(self, path: Path, key: str) -> list[Location]:
        """Return the place of every `id` of a file that is `key`."""
        file = self._file(path)
        if file is None:
            return []
        return [file.document.where((*prefix, "id")) for prefix in file.prefixes.get(key, [])]

    def _file(self, path: Path) -> _Indexed | None:
        if path not in self._files:
            try:
                document = parse_yaml(read_bytes(path), path)
            except BadInput:
                self._files[path] = None
            else:
                self._files[path] = _Indexed(document, _prefixes(document))
        return self._files[path]


def _prefixes(document: YamlDocument) -> dict[str, list[Steps]]:
    out: dict[str, list[Steps]] = {}
    for prefix, value in _items(document.value):
        if isinstance(value, dict) and isinstance(key := value.get("id"), str):
            out.setdefault(key, []).append(prefix)
    return out


def _items(value: object) -> Iterator[tuple[Steps, object]]:
    if isinstance(value, list):
        yield from (((place,), item) for place, item in enumerate(value))
    else:
        yield (), value
