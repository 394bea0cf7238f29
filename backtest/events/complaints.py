"""Schema errors as short sentences with their place: pydantic's paths joined with YAML marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from backtest.errors import Location, Problem
from backtest.events.consistency import UNNAMED, Steps, findings_beside
from backtest.events.faults import Fault, dotted, found, sentence
from backtest.events.yaml_marks import MAX_PROBLEMS, YamlDocument


class Complaint(NamedTuple):
    """A fault in words: where in the announcement, a stable code, the sentence and its mend."""

    path: Steps
    code: str
    message: str
    hint: str | None


def complaints(
    error: ValidationError,
    value: object,
    written: Callable[[Steps], str | None] = lambda _: None,
) -> Iterator[Complaint]:
    """Yield every fault of an announcement.

    Args:
        error: what pydantic found.
        value: the announcement it was found in, as plain values.
        written: gives a scalar as it stands in the file.
    """
    seen: set[Steps] = set()
    details = error.errors(include_url=False)
    for detail in islice(details, MAX_PROBLEMS):
        path = _without_union(detail["loc"])
        follows = detail["type"] == "inconsistent" or _follows_from_items(detail, details)
        if path in seen or follows:
            continue
        seen.add(path)
        context = detail.get("ctx", {})
        fault = Fault(detail["type"], path, detail["input"], context, written(path))
        yield Complaint(path, *sentence(fault))
    # The schema compares fields only once all of them are valid; here the valid ones are.
    for path, message in findings_beside(value, {item["loc"]: item["type"] for item in details}):
        if path not in seen:
            code = "bad-value" if message == UNNAMED else "inconsistent"
            yield Complaint(path, code, message, None)


def problems(
    error: ValidationError, value: object, document: YamlDocument, prefix: Steps = ()
) -> Iterator[Problem]:
    """Yield every fault of the announcement `value` at `prefix` in `document`, with its place."""
    for told in complaints(error, value, lambda path: document.written((*prefix, *path))):
        full = (*prefix, *told.path)
        where = document.where(full, key=told.code == "unknown-field")
        yield Problem(told.code, told.message, where, dotted(full) or None, told.hint)


def misplaced(value: object, where: Location) -> Problem:
    """Return the problem of something that is no announcement at all."""
    return Problem(
        "not-an-announcement",
        f"expected an announcement (`id: …`, `title: …`), found {found(value)}",
        where,
    )


def _without_union(path: Steps) -> Steps:
    """Drop the branch of `bool | int | float | str` that pydantic adds to an attribute's path."""
    in_attributes = len(path) > 2 and path[-3] == "attributes"
    return path[:-1] if in_attributes else path


def _follows_from_items(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list counts as too short only because its items are wrong themselves."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and other is not detail for other in details
    )
