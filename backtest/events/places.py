"""Where a part of a loaded announcement stands; the file is parsed again only for those asked."""

from __future__ import annotations

from pathlib import Path

from backtest.errors import BadInput, Location
from backtest.events.faults import Steps
from backtest.events.loaded import LoadedAnnouncement
from backtest.events.yaml_marks import YamlDocument, parse_yaml
from backtest.events.yaml_text import read_bytes


class Places:
    """Finds lines and columns; a file changed since it was loaded gives the announcement's line."""

    def __init__(self) -> None:
        self._documents: dict[Path, YamlDocument | None] = {}

    def of(self, item: LoadedAnnouncement, path: Steps = ()) -> Location:
        """Return the place of the value at `path` of the announcement."""
        document = self._document(item.location.path)
        prefix = _prefix(document, item.id) if document else None
        if document is None or prefix is None:
            return item.location
        return document.where((*prefix, *path))

    def _document(self, path: Path) -> YamlDocument | None:
        if path not in self._documents:
            try:
                self._documents[path] = parse_yaml(read_bytes(path), path)
            except BadInput:
                self._documents[path] = None
        return self._documents[path]


def _prefix(document: YamlDocument, key: str) -> Steps | None:
    value = document.value
    if isinstance(value, dict) and value.get("id") == key:
        return ()
    if isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict) and item.get("id") == key:
                return (place,)
    return None
