"""What the price store knows about one security: a small JSON file that points at its tables.

The tables are named by their content, so replacing this one file replaces all of them at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from backtest.prices._manifest import from_manifest, manifest, written_by
from backtest.prices.closes import Closes

FORMAT = 2
"""Of the record; the first had no checksum, library versions or earlier versions."""
IMPORTED = "import"
"""Provider of what came from the user's own table, which no other provider may overwrite."""
TABLES = ("bars", "actions", "shares")

_PLAIN = re.compile(r"[A-Z0-9.-]")
_RESERVED = re.compile(r"^(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)")
_LONGEST = 80


class Damaged(Exception):
    """A stored file is not what it was when it was written; the text says how."""


def safe_name(ticker: str) -> str:
    """Return a file name for any text, one to one, on any file system.

    Capital letters, digits, dots and hyphens stay; everything else becomes `_` and its bytes in
    hex (`^GSPC` → `_5EGSPC`), so names differ even where case does not count.
    """
    name = "".join(c if _PLAIN.match(c) else _escaped(c) for c in ticker)
    if name.startswith(".") or _RESERVED.match(name):
        name = _escaped(ticker[0]) + name[1:]
    if name.endswith("."):
        name = name[:-1] + _escaped(".")
    if len(name) > _LONGEST:
        digest = hashlib.blake2b(ticker.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        name = f"{name[:_LONGEST]}_{digest.upper()}"
    return name or "_"


def _escaped(character: str) -> str:
    return "".join(f"_{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version of a security's history that was revised; its tables are still there.

    `why` says what the next version contradicted first, `replaced_at` when that one came.
    """

    provider: str
    retrieved_at: dt.datetime
    replaced_at: dt.datetime
    first: dt.date
    last: dt.date
    rows: int
    why: str
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"version of {self.retrieved_at:%Y-%m-%d %H:%M}"

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Earlier:
        """Read what a record says of an earlier version."""
        return cls(**{item.name: _read(item.name, plain[item.name]) for item in fields(cls)})


@dataclass(frozen=True, slots=True)
class Record:
    """One security in the store.

    `asked_from` is the earliest day that was ever asked for, None for "as far as there is".
    `complete_to` is the last day that need not be asked for again. `shares_at` is when share
    counts were last asked for. `closes` is what its close is. `digests` name the content of each
    table that is there. `libraries` are the versions that wrote them. `earlier` are the versions
    that were revised since, the newest first.
    """

    ticker: str
    provider: str
    retrieved_at: dt.datetime
    first: dt.date
    last: dt.date
    rows: int
    complete_to: dt.date
    asked_from: dt.date | None = None
    shares_at: dt.datetime | None = None
    currency: str | None = None
    closes: Closes = Closes.BOTH
    digests: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=written_by, compare=False)
    earlier: tuple[Earlier, ...] = ()

    def file_of(self, table: str, earlier: Earlier | None = None) -> str | None:
        """Return the file name of a table, of this or an earlier version; None for no table."""
        digest = (earlier or self).digests.get(table)
        return f"{safe_name(self.ticker)}.{table}.{digest}.parquet" if digest else None

    def files(self) -> set[str]:
        """Return the names of all tables, earlier versions included."""
        versions = (None, *self.earlier)
        names = {self.file_of(table, version) for table in TABLES for version in versions}
        return {name for name in names if name}

    def reaches_back_to(self, start: dt.date | None) -> bool:
        """Whether everything from `start` on was asked for."""
        return self.asked_from is None or (start is not None and start >= self.asked_from)

    def to_json(self) -> bytes:
        """Return the file's content; dates are ISO."""
        return manifest({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_json(cls, content: bytes) -> Record:
        """Read the file's content.

        Raises:
            Damaged: it is not a record of this format.
        """
        try:
            plain = from_manifest(content)
            if plain.pop("format") in (1, FORMAT):
                return cls(
                    **{item.name: _read(item.name, _of(plain, item.name)) for item in fields(cls)}
                )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"not a record of the price store ({error})") from error
        raise Damaged("a record of another version")


def _of(plain: dict[str, Any], name: str) -> Any:
    """Return a value; records did not always say by what, and what their closes are."""
    if name == "closes" and name not in plain:
        return Closes.UNKNOWN if plain["provider"] == IMPORTED else Closes.BOTH
    if name == "libraries":
        return plain.get(name, {})
    if name == "earlier":
        return plain.get(name, ())
    return plain[name]


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "closes":
        return Closes(value)
    if name == "earlier":
        return tuple(Earlier.from_plain(one) for one in value)
    if name in ("retrieved_at", "replaced_at", "shares_at"):
        return dt.datetime.fromisoformat(value)
    if name in ("first", "last", "complete_to", "asked_from"):
        return dt.date.fromisoformat(value)
    return value
