"""New announcement files: an announcement as YAML, and its safe way to the disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.errors import BadInput, BadUsage, Location, Problem
from backtest.events.json_schema import SCHEMA_FILE, SCHEMA_LINE, json_schema_text
from backtest.events.load import load_announcements, parse_announcements
from backtest.events.schema import Announcement, Claim, Confounder, Deal, Party, Source
from backtest.events.yaml_emit import emit, emit_list
from backtest.leftovers import sweep

if TYPE_CHECKING:
    from pydantic import BaseModel

_PART = ".part"
"""What the name of a file ends with until it is whole."""

_SPOKEN: dict[type[BaseModel], tuple[str, ...]] = {
    Claim: ("basis", "window"),
    Deal: ("currency",),
    Announcement: (),
    Party: (),
    Source: (),
    Confounder: (),
}
"""Fields that are written although they have their default: a reader should not have to guess."""


def compose(announcement: Announcement) -> str:
    """Return the announcement as a YAML file that loads as an equal one.

    Fields come in the schema's order; what is empty, null or the default is left out.
    """
    return f"{SCHEMA_LINE}\n{emit(plain(announcement))}"


def compose_all(announcements: Sequence[Announcement]) -> str:
    """Return announcements as one YAML file: a single one as `compose`, several as a list."""
    if len(announcements) == 1:
        return compose(announcements[0])
    return f"{SCHEMA_LINE}\n{emit_list([plain(event) for event in announcements])}"


def plain(model: BaseModel) -> dict[str, Any]:
    """Return an announcement, or a part of one, as plain values without empty and default ones."""
    spoken = _SPOKEN[type(model)]
    out: dict[str, Any] = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        default = info.get_default(call_default_factory=True)
        if name in spoken or info.is_required() or value != default:
            out[name] = _value(value)
    return out


def write_new(path: Path, text: str, *, calendar: Path | None = None) -> None:
    """Write a new announcement file, all of it or nothing, and never over another.

    The text is loaded first as `path` would be. The JSON Schema that its first line names is put
    beside it where there is none.

    Raises:
        BadInput: the text is no valid announcement.
        BadUsage: the file exists, or `calendar` already has an announcement of the same id.
    """
    check_new({path: text}, calendar=calendar)
    write_checked(path, text)


def check_new(texts: Mapping[Path, str], *, calendar: Path | None = None) -> None:
    """Raise what `write_new` would for any of the files, all problems at once."""
    known = _known_ids(calendar)
    bad: list[Problem] = []
    taken: list[Problem] = []
    for path, text in texts.items():
        parsed = parse_announcements(text.encode(), path)
        bad.extend(parsed.problems)
        taken.extend(_taken(path, [item.id for item in parsed.loaded], known))
    if bad:
        raise BadInput([*bad, *taken])
    if taken:
        raise BadUsage(taken)


def write_checked(path: Path, text: str) -> None:
    """Write without checking the text again.

    Raises:
        BadUsage: the file exists, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, f".*{_PART}")
        _add_schema(path.with_name(SCHEMA_FILE))
        _create(path, text.encode())
    except FileExistsError:
        raise BadUsage(_exists(path)) from None
    except OSError as error:
        raise BadUsage.because(
            "cannot-write", f"cannot be written: {error.strerror}", where=Location(path)
        ) from None


def _add_schema(path: Path) -> None:
    """Put the JSON Schema there, unless one is, or another process is just quicker."""
    if not path.exists():
        with suppress(FileExistsError):
            _create(path, json_schema_text().encode())


def _create(path: Path, data: bytes) -> None:
    """Let the finished file appear under its name, which fails where the name is taken."""
    part = path.with_name(f".{secrets.token_hex(8)}{_PART}")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        _take(source, target)


def _take(source: Path, target: Path) -> None:
    """Stand in for a link where the file system has none: take the name, then move there."""
    target.open("xb").close()
    try:
        source.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _value(value: Any) -> Any:
    if type(value) in _SPOKEN:
        return plain(value)
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return value


def _known_ids(calendar: Path | None) -> dict[str, Location]:
    if calendar is None or not calendar.exists():
        return {}
    try:
        return {item.id: item.location for item in load_announcements(calendar)}
    except BadInput as error:
        if [problem.code for problem in error.problems] == ["no-yaml"]:
            return {}
        raise


def _taken(path: Path, ids: Collection[str], known: Mapping[str, Location]) -> list[Problem]:
    problems = [_exists(path)] if path.exists() else []
    problems.extend(
        Problem("duplicate-id", f"`{key}` is the id of {known[key]}", hint="give another")
        for key in ids
        if key in known and known[key].path != path  # which is said already
    )
    return problems


def _exists(path: Path) -> Problem:
    return Problem(
        "file-exists",
        "the file exists; announcements are never written over others",
        Location(path),
        hint="give another --id, or edit the file",
    )
