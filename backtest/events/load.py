"""Announcement files → validated announcements, or every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from backtest.errors import BadInput, Location, Problem
from backtest.events import complaints
from backtest.events.duplicates import BrokenAnnouncement, duplicates
from backtest.events.files import CalendarFile, calendar_files
from backtest.events.known_files import ParsedFile
from backtest.events.loaded import LoadedAnnouncement, without_gc
from backtest.events.parsed_cache import ParsedCache, content_digest, worth_rewriting
from backtest.events.schema import Announcement
from backtest.events.yaml_marks import MAX_PROBLEMS, YamlDocument, parse_yaml
from backtest.events.yaml_text import read_bytes
from backtest.stages import count, stage

__all__ = ["LoadedAnnouncement", "load_announcements", "parse_announcements"]


@stage("load")
def load_announcements(path: Path, *, cache_dir: Path | None = None) -> list[LoadedAnnouncement]:
    """Load a YAML file (one announcement, or a list of them), or all those of a folder.

    Args:
        path: a file, or a folder searched for `*.yaml` and `*.yml` (hidden ones are skipped).
        cache_dir: where parsed announcements are kept; None parses anew.

    Returns:
        The announcements, by file name and then by place in the file.

    Raises:
        BadInput: with every problem of every file: no such path, no YAML, syntax, schema,
            duplicate ids.
    """
    with without_gc():
        loading = _Loading(ParsedCache(cache_dir, path) if cache_dir else None)
        files = calendar_files(path)
        for file in files:
            loading.take(file)
        loading.save()
    count("load", len(files), len(files) - loading.parsed_anew)
    problems = [*loading.problems, *duplicates(loading.loaded, loading.broken)]
    if problems:
        raise BadInput(problems)
    return loading.loaded


class Parsed(NamedTuple):
    """One file: what is valid in it, what is wrong, and the ids of announcements left out."""

    loaded: list[LoadedAnnouncement]
    problems: list[Problem]
    broken: list[BrokenAnnouncement]


def parse_announcements(data: bytes, path: Path) -> Parsed:
    """Parse the content of one file."""
    try:
        document = parse_yaml(data, path)
    except BadInput as error:
        return Parsed([], list(error.problems), [])
    loaded: list[LoadedAnnouncement] = []
    broken: list[BrokenAnnouncement] = []
    problems = list(document.problems)
    for prefix, value in _items(document.value):
        where = document.where(prefix)
        if len(problems) > MAX_PROBLEMS:
            hint = "mend these first"
            problems.append(Problem("too-many", "the rest is left unread", where, hint=hint))
            break
        if not isinstance(value, dict):
            problems.append(complaints.misplaced(value, where))
            continue
        try:
            text = to_json(value)
            read = Announcement.model_validate_json(text, strict=True)
        except ValidationError as error:
            problems.extend(complaints.problems(error, value, document, prefix))
            key = value.get("id")
            broken.append(BrokenAnnouncement(key if isinstance(key, str) else "", path))
        except PydanticSerializationError:
            problems.append(Problem("bad-text", "a text with half a character (\\uD800)", where))
        else:
            loaded.append(LoadedAnnouncement.from_text(read.id, text, path, where.line, read))
    problems.extend(_emptiness(document))
    return Parsed(loaded, sorted(problems, key=_place), broken)


class _Loading:
    """One pass over the files: what was loaded, what was wrong, what the cache should hold next."""

    def __init__(self, cache: ParsedCache | None) -> None:
        self.loaded: list[LoadedAnnouncement] = []
        self.problems: list[Problem] = []
        self.broken: list[BrokenAnnouncement] = []
        self._cache = cache
        self._parsed: dict[str, ParsedFile | None] = {}
        self._read_anew = 0
        self.parsed_anew = 0

    def take(self, file: CalendarFile) -> None:
        known = self._cache.trusted(file) if self._cache else None
        if known is not None:
            self.loaded += known
            self._parsed[file.name] = None
            return
        parsed = self._read(file, Path(file.path))
        if parsed is not None:
            self._parsed[file.name] = parsed

    def save(self) -> None:
        if self._cache is None:
            return
        changed = self._read_anew + self._cache.differs(self._parsed)
        if worth_rewriting(changed, len(self._parsed)):
            self._cache.write(self._parsed)

    def _read(self, file: CalendarFile, path: Path) -> ParsedFile | None:
        try:
            data = read_bytes(path)
        except BadInput as error:
            self.problems.extend(error.problems)
            return None
        digest = content_digest(data) if self._cache else ""
        known = self._cache.same_content(file, digest) if self._cache else None
        self._read_anew += 1
        if known is not None:
            self.loaded.extend(known.announcements(file.path))
            return known._replace(stamp=file.stamp)
        parsed = parse_announcements(data, path)
        self.parsed_anew += 1
        self.loaded.extend(parsed.loaded)
        self.problems.extend(parsed.problems)
        self.broken.extend(parsed.broken)
        usable = self._cache is not None and not parsed.problems
        return ParsedFile.of(file.stamp, digest, parsed.loaded) if usable else None


def _items(value: object) -> Iterator[tuple[tuple[int, ...], object]]:
    if isinstance(value, list):
        yield from (((place,), item) for place, item in enumerate(value))
    elif value is not None:
        yield (), value


def _emptiness(document: YamlDocument) -> Iterator[Problem]:
    if document.value is None or document.value == []:
        yield Problem(
            "empty-file",
            "no announcement in this file",
            Location(document.path),
            hint="write one (`id: …`, `title: …`) or remove the file",
        )


def _place(problem: Problem) -> tuple[int, int]:
    return attrgetter("line", "column")(problem.where) if problem.where else (0, 0)
