"""A new announcement from flags."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, get_args

from pydantic import ValidationError

from backtest.errors import BadUsage, Problem, did_you_mean
from backtest.events.complaints import complaints
from backtest.events.faults import dotted, slug
from backtest.events.schema import Announcement, Basis, Comparison, Quantity

_TICKER = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}")
_WINDOW = re.compile(r"([+-]?\d+):([+-]?\d+)")
_CLAIM_FORM = "TICKER QUANTITY VALUE [BASIS] [START:END]: what was said"
_FLAGS = {
    "deal.value": "--value",
    "deal.currency": "--currency",
    "deal.years": "--years",
    "deal.financing": "--financing",
    "parties": "--party",
    "claims": "--claim",
    "tags": "--tag",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the flags say; None and empty is what they do not say."""

    id: str | None = None
    title: str | None = None
    announced: str | None = None
    session: str | None = None
    announcer: str | None = None
    parties: tuple[str, ...] = ()
    value: float | None = None
    currency: str | None = None
    years: float | None = None
    financing: str | None = None
    tags: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    source_title: str | None = None
    source_publisher: str | None = None
    source_date: str | None = None
    source_url: str | None = None
    notes: str | None = None

    def announcement(self) -> Announcement:
        """Validate.

        Raises:
            BadUsage: flags that are missing or wrong, all of them at once.
        """
        problems: list[Problem] = [*self._missing(), *self._no_text()]
        parties = [_party(text, problems) for text in self.parties]
        claims = _claims(self.claims, self._source(), problems)
        try:
            if problems:
                raise BadUsage(problems)
            plain = self._plain(parties, claims)
            return Announcement.model_validate_json(json.dumps(plain), strict=True)
        except ValidationError as error:
            raise BadUsage(
                Problem(code, message, field=_flag(path), hint=hint)
                for path, code, message, hint in complaints(error, plain)
            ) from None

    def default_id(self) -> str:
        """Return the id by habit: the date and the first parties."""
        names = [slug(text.partition(":")[0]) for text in self.parties[:2]]
        return "-".join([(self.announced or "")[:10], *filter(None, names)])

    def _missing(self) -> list[Problem]:
        needed = {"--title": self.title, "--announced": self.announced, "--party": self.parties}
        missing = [flag for flag, value in needed.items() if not value]
        if not missing:
            return []
        return [
            Problem(
                "missing-flag",
                f"missing: {', '.join(missing)}",
                hint="on a terminal these are asked for; see `backtest events add --help`",
            )
        ]

    def _no_text(self) -> Iterator[Problem]:
        """Yield a problem for each flag with bytes that are no text; Python passes them on."""
        for one in fields(self):
            value = getattr(self, one.name)
            said = value if isinstance(value, tuple) else (value,)
            if any(isinstance(text, str) and not _encodable(text) for text in said):
                flag = _FLAGS.get(one.name)
                yield Problem(
                    "not-text",
                    "holds bytes that are not UTF-8 text",
                    field=flag or f"--{one.name.replace('_', '-')}",
                    hint="type it again, in a terminal whose locale is UTF-8",
                )

    def _plain(self, parties: Sequence[object], claims: Sequence[object]) -> dict[str, Any]:
        source = self._source()
        deal = {name: getattr(self, name) for name in ("value", "currency", "years", "financing")}
        return _without_none(
            {
                "id": self.id or self.default_id(),
                "title": self.title,
                "announced": self.announced,
                "session": self.session,
                "announcer": self.announcer,
                "parties": parties,
                "deal": _without_none(deal),
                "claims": claims,
                "tags": self.tags,
                "sources": [source] if source else [],
                "notes": self.notes,
            }
        )

    def _source(self) -> dict[str, Any]:
        source = _without_none(
            {
                "title": self.source_title,
                "publisher": self.source_publisher,
                "date": self.source_date,
                "url": self.source_url,
            }
        )
        stands_in = source.get("publisher") or source.get("url")
        return {"title": stands_in, **source} if source else {}


def _party(text: str, problems: list[Problem]) -> dict[str, str]:
    """Read `ORCL:issuer`, or `OpenAI:customer` for a party that is not listed."""
    name, colon, role = (part.strip() for part in text.rpartition(":"))
    if not colon or not name or not role:
        problems.append(
            Problem(
                "bad-party",
                f"`{text}` is not TICKER:role",
                field="--party",
                hint="for example ORCL:issuer, or OpenAI:customer for one that is not listed",
            )
        )
    kind = "ticker" if _TICKER.fullmatch(name) else "name"
    return {kind: name, "role": role}


def _claims(
    texts: Sequence[str], source: dict[str, Any], problems: list[Problem]
) -> list[dict[str, Any]]:
    if texts and not source:
        problems.append(
            Problem(
                "missing-flag", "a claim needs its source: missing --source-title", field="--claim"
            )
        )
    claims: list[dict[str, Any]] = []
    for text in texts:
        claim = _claim(text, problems)
        key = slug(f"{claim.get('ticker', '')}-{claim.get('quantity', '')}".replace("_", "-"))
        same = sum(other["id"].startswith(key) for other in claims)
        claims.append({"id": f"{key}-{same + 1}" if same else key, **claim, "source": source})
    return claims


def _claim(text: str, problems: list[Problem]) -> dict[str, Any]:
    """Read `AMD market_cap_change 70e9 close 0:0: rose by nearly $70 billion`."""
    head, colon, says = text.partition(": ")
    ticker, *words = head.split() or [""]
    claim: dict[str, Any] = {"says": says.strip(), "ticker": ticker}
    for word in words:
        name, value = _claim_word(word)
        if name is None or name in claim:
            known = [*get_args(Quantity), *get_args(Basis), *get_args(Comparison)]
            hint = did_you_mean(word, known) or f"the form is: {_CLAIM_FORM}"
            message = f"`{word}` in `{head}` is not understood"
            problems.append(Problem("bad-claim", message, field="--claim", hint=hint))
        else:
            claim[name] = value
    if not colon or not claim["says"] or not {"quantity", "value"} <= claim.keys():
        message = f"`{text}` is not {_CLAIM_FORM}"
        hint = "for example AMD market_cap_change 70e9: rose by nearly $70 billion in one day"
        problems.append(Problem("bad-claim", message, field="--claim", hint=hint))
    return claim


def _claim_word(word: str) -> tuple[str | None, object]:
    kinds: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("quantity", lambda text: text if text in get_args(Quantity) else None),
        ("basis", lambda text: text if text in get_args(Basis) else None),
        ("comparison", lambda text: text if text in get_args(Comparison) else None),
        ("window", _window),
        ("value", _number),
    )
    for name, read in kinds:
        value = read(word)
        if value is not None:
            return name, value
    return None, None


def _window(text: str) -> list[int] | None:
    match = _WINDOW.fullmatch(text)
    return [int(match[1]), int(match[2])] if match else None


def _number(text: str) -> float | None:
    """Read `0.36`, `36%`, `70e9`."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flag(path: tuple[str | int, ...]) -> str:
    if path[0] == "sources":
        return f"--source-{path[-1]}"
    named = _FLAGS.get(dotted(path[:2])) or _FLAGS.get(str(path[0]))
    return named or f"--{str(path[0]).replace('_', '-')}"


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], (), {}, "")}
