"""A table of events as announcement files: one file an event, its rows become the parties.

Columns: `event_id` (or `id`), `ticker`, and `date` (the reaction session itself) or `announced` (a
time with zone, or a date with an optional `session`). Optional: `title`, `role`, `exchange`,
`tags` and `group` (both become tags), `value`, `currency`, `years`, `financing`, `announcer`,
`timing`, `notes`, `source`, `publisher`, `url`. Every other column is an attribute: of the event
where all rows of each event agree, else of the party.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backtest.errors import BadInput, Location, Problem, did_you_mean
from backtest.events.complaints import complaints
from backtest.events.compose import check_new, compose, write_checked
from backtest.events.faults import slug
from backtest.events.import_rows import Cell, Row, read_rows
from backtest.events.schema import Announcement
from backtest.events.yaml_scalars import resolve

_DEAL = ("value", "currency", "years", "financing")
_TEXT = ("title", "announcer", "timing", "notes", "session")
_SOURCE = {"source": "title", "publisher": "publisher", "url": "url"}
_EVENT = ("date", "announced", *_TEXT, *_DEAL, *_SOURCE)
_PARTY = ("ticker", "role", "exchange")
_TAGS = ("tags", "group")
_KNOWN = frozenset(("event_id", *_EVENT, *_PARTY, *_TAGS))


def import_table(
    table: Path, folder: Path, *, role: str = "issuer", zone: str | None = None
) -> list[Path]:
    """Write the events of a table as new YAML files into `folder`; all of them or none.

    Args:
        table: a `.csv` or `.parquet` file.
        folder: the calendar that gets the files.
        role: role of a party whose row names none.
        zone: IANA zone of times in `announced` that have none.

    Returns:
        The files written, in the table's order.

    Raises:
        BadInput: the table cannot be read, or rows are wrong; all of them at once.
        BadUsage: a file or an id exists already, or the folder cannot be written.
    """
    announcements = read_announcements(table, role=role, zone=zone)
    texts = {folder / f"{event.id}.yaml": compose(event) for event in announcements}
    check_new(texts, calendar=folder)
    written: list[Path] = []
    try:
        for path, text in texts.items():
            write_checked(path, text)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def read_announcements(
    table: Path, *, role: str = "issuer", zone: str | None = None
) -> list[Announcement]:
    """Read a table as announcements, as `import_table` would write them."""
    rows = read_rows(table)
    problems = list(_column_problems(rows, table))
    if problems:
        raise BadInput(problems)
    rows, problems = _with_keys(rows)
    shared = _shared_columns(rows)
    events = [_Event(key, found, shared, role, zone) for key, found in _grouped(rows).items()]
    announcements = [event.read(problems) for event in events]
    if problems:
        raise BadInput(sorted(problems, key=_row_number))
    return [event for event in announcements if event is not None]


@dataclass(slots=True)
class _Event:
    """The rows of one event on their way to an announcement."""

    key: str
    rows: list[Row]
    shared: frozenset[str]
    role: str
    zone: str | None

    def read(self, problems: list[Problem]) -> Announcement | None:
        before = len(problems)
        common = self._common(problems)
        plain = _without_empty(
            {
                "id": slug(self.key),
                "title": common.get("title") or self._title(common),
                "timing": _as_text(common.get("timing")),
                **self._moment(common),
                "announcer": _as_text(common.get("announcer")),
                "parties": [self._party(row) for row in self.rows],
                "deal": _without_empty({name: _number(common.get(name)) for name in _DEAL}),
                "attributes": self._attributes(self.rows[0], of_event=True),
                "tags": list(dict.fromkeys(tag for row in self.rows for tag in _tags(row))),
                "sources": [_source(common)] if _source(common) else [],
                "notes": _as_text(common.get("notes")),
            }
        )
        try:
            read = Announcement.model_validate_json(json.dumps(plain), strict=True)
        except ValidationError as error:
            problems.extend(self._problems(error, plain))
            return None
        return read if len(problems) == before else None

    def _common(self, problems: list[Problem]) -> dict[str, Cell]:
        """Return the event's own cells; rows that contradict each other are problems."""
        common: dict[str, Cell] = {}
        for row in self.rows:
            for name in _EVENT:
                value = row.cells.get(name)
                if value is not None and common.setdefault(name, value) != value:
                    told = f"`{value}`, but `{common[name]}` in an earlier row of {self.key}"
                    problems.append(row.problem("rows-disagree", told, name))
        return common

    def _title(self, common: Mapping[str, Cell]) -> str:
        tickers = ", ".join(str(row.cells.get("ticker", "?")) for row in self.rows)
        return f"{tickers} on {common.get('announced') or common.get('date')}"[:200]

    def _moment(self, common: Mapping[str, Cell]) -> dict[str, Any]:
        if "announced" in common:
            moment = str(common["announced"])
            naive = re.search(r"\d:\d", moment) and not re.search(r"(Z|[+-]\d\d:?\d\d|\])$", moment)
            place = f"[{self.zone}]" if naive and self.zone else ""
            return {"announced": f"{moment}{place}", "session": common.get("session")}
        day = str(common.get("date", ""))
        midnight = re.fullmatch(r"(.{10})[T ]00:00(:00)?(\.0+)?", day)
        timing = common.get("timing") or "the date is the reaction session, as imported"
        return {
            "announced": midnight[1] if midnight else day,
            "session": common.get("session", "intraday"),
            "timing": timing,
        }

    def _party(self, row: Row) -> dict[str, Any]:
        return _without_empty(
            {
                "ticker": _as_text(row.cells.get("ticker")),
                "role": slug(str(row.cells.get("role", self.role))),
                "exchange": _as_text(row.cells.get("exchange")),
                "attributes": self._attributes(row, of_event=False),
            }
        )

    def _attributes(self, row: Row, *, of_event: bool) -> dict[str, Any]:
        return {
            name: _number(value)
            for name, value in row.cells.items()
            if name not in _KNOWN and (name in self.shared) is of_event
        }

    def _problems(self, error: ValidationError, plain: object) -> Iterator[Problem]:
        for path, code, message, hint in complaints(error, plain):
            yield self._at(path).problem(code, message, _column(path), hint)

    def _at(self, path: Sequence[str | int]) -> Row:
        inside = len(path) > 1 and path[0] == "parties" and isinstance(path[1], int)
        return self.rows[int(path[1])] if inside else self.rows[0]


def _column_problems(rows: Iterable[Row], table: Path) -> Iterator[Problem]:
    there = list(dict.fromkeys(name for row in rows for name in row.cells))
    where = Location(table)
    for names in (("event_id", "id"), ("ticker",), ("date", "announced")):
        if not set(names) & set(there):
            wanted = " or ".join(f"`{name}`" for name in names)
            listed = ", ".join(there)
            hint = did_you_mean(names[0], there)
            yield Problem(
                "missing-column", f"no column {wanted}; there are: {listed}", where, hint=hint
            )
    if {"date", "announced"} <= set(there):
        yield Problem(
            "two-moments",
            "has both `date` and `announced`",
            where,
            hint="keep `date` if it is the reaction session itself, else `announced`",
        )


def _with_keys(rows: Iterable[Row]) -> tuple[list[Row], list[Problem]]:
    """Return rows that name their event under `event_id`, and the problems of the others."""
    kept: list[Row] = []
    problems: list[Problem] = []
    spelled: dict[str, str] = {}
    for row in rows:
        cells = dict(row.cells)
        key = str(cells.pop("event_id", None) or cells.pop("id", None) or "")
        cells.pop("id", None)
        if not slug(key):
            problems.append(row.problem("missing-cell", "names no event", "event_id"))
        elif spelled.setdefault(slug(key), key) != key:
            told = f"`{key}` and `{spelled[slug(key)]}` would both be called {slug(key)}"
            problems.append(row.problem("duplicate-id", told, "event_id"))
        else:
            kept.append(Row(row.path, row.number, row.line, {"event_id": key, **cells}))
    return kept, problems


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(str(row.cells["event_id"]), []).append(row)
    return out


def _shared_columns(rows: Sequence[Row]) -> frozenset[str]:
    """Return the columns whose cells agree within every event."""
    names = {name for row in rows for name in row.cells}
    groups = list(_grouped(rows).values())
    return frozenset(
        name
        for name in names
        if all(len({str(row.cells.get(name)) for row in group}) == 1 for group in groups)
    )


def _tags(row: Row) -> Iterator[str]:
    for name in _TAGS:
        value = row.cells.get(name, [])
        words = value if isinstance(value, list) else re.split(r"[;,|]", str(value))
        yield from (tag for word in words if (tag := slug(word)))


def _source(common: Mapping[str, Cell]) -> dict[str, str]:
    source = {ours: str(common[name]) for name, ours in _SOURCE.items() if name in common}
    return {"title": source.get("url", source.get("publisher", "")), **source} if source else {}


def _number(value: Cell | None) -> Cell | None:
    return resolve(value) if isinstance(value, str) else value


def _as_text(value: Cell | None) -> str | None:
    return None if value is None else str(value)


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {}, "")}


def _column(path: Sequence[str | int]) -> str:
    """Name the column a path of the schema came from."""
    names = [str(step) for step in path if isinstance(step, str) and step != "parties"]
    return names[-1] if names else "ticker" if path else "event_id"


def _row_number(problem: Problem) -> int:
    found = re.match(r"row (\d+)", problem.field or "")
    return int(found[1]) if found else 0
