"""The schema of an announcement file: what a person writes, with what each field means.

The models are frozen and refuse unknown fields; `backtest events schema` prints their JSON Schema.
Places in the file are not known here: `events.complaints` joins pydantic's paths with the YAML
marks.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from backtest.events.consistency import UNNAMED, Facts, findings
from backtest.events.moment import parse_moment

Session = Literal["pre", "intraday", "post", "unknown"]
Quantity = Literal["return", "market_cap_change", "market_cap"]
Basis = Literal["close", "open", "intraday_high", "intraday_low"]
Comparison = Literal["about", "at_least", "at_most"]
Scalar = bool | int | float | str | None

_SLUG = r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$"
_TICKER = re.compile(r"[A-Z0-9^][A-Z0-9.^=-]{0,19}")


def _ticker(value: object) -> object:
    """Accept what Yahoo would; a lower-case ticker is a slip that the message mends."""
    if isinstance(value, str) and not _TICKER.fullmatch(value):
        better = value.strip().upper()
        mend = f"; write {better}" if _TICKER.fullmatch(better) else ""
        raise ValueError(
            f"`{value}` is not a ticker as Yahoo writes it (ORCL, 9984.T, ^GSPC){mend}"
        )
    return value


def _kebab(value: object) -> object:
    return value.replace("_", "-") if isinstance(value, str) else value


Slug = Annotated[str, Field(pattern=_SLUG, max_length=120)]
Kebab = Annotated[str, BeforeValidator(_kebab), Field(pattern=_SLUG, max_length=60)]
Ticker = Annotated[str, BeforeValidator(_ticker)]
Moment = Annotated[
    dt.date | dt.datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time"},
                {
                    "type": "string",
                    "pattern": r"^\d{4}-\d{2}-\d{2}[T ][\d:.]+ ?\[?[A-Z][\w/+-]+\]?$",
                },
            ]
        }
    ),
]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Source(_Model):
    """Where a fact or a claim was read."""

    title: str
    """Headline of the page, or what it was seen to say."""
    publisher: str | None = None
    """Who published it."""
    date: dt.date | None = None
    """Day of publication."""
    url: str | None = None
    """Address, or null where none is known."""
    grade: Literal["A", "A-", "B", "B-", "C"] | None = None
    """A company or filing text, A- digest of a filing, B wire or major outlet, C aggregator."""


class Party(_Model):
    """Somebody the announcement touches; only parties with a ticker are studied."""

    ticker: Ticker | None = None
    """Ticker as Yahoo writes it, with the exchange suffix outside the US (9984.T)."""
    name: str | None = None
    """Name; needed for a party that is not listed."""
    role: Kebab
    """Part in the announcement: counterparty (who is paid), issuer, competitor, supplier, …"""
    exchange: str | None = Field(default=None, pattern=r"^[A-Z0-9]{4}$")
    """ISO 10383 exchange code; overrides what the ticker's suffix says (XNYS, XTKS, XLON)."""
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    """Covariates of this party at the time, for example capex_to_ebitda: 0.62."""
    note: str | None = None
    """Anything a reader should know about the part."""

    @model_validator(mode="after")
    def _named(self) -> Party:
        if not self.ticker and not self.name:
            raise ValueError(UNNAMED)
        return self


class Deal(_Model):
    """The deal's own figures, as announced."""

    value: float | None = Field(default=None, ge=0)
    """Announced value in units of `currency` (300.0e9), or null where none was given."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code."""
    years: float | None = Field(default=None, gt=0)
    """Term in years."""
    financing: Kebab | None = None
    """Class: cash-flow, debt, equity, equity-warrant, spv-lease, vendor-equity, …"""
    binding: Kebab | None = None
    """How firm it was on the day: definitive, letter-of-intent, term-sheet, reported, …"""
    note: str | None = None
    """What the value covers and what it does not."""


class Claim(_Model):
    """A headline number as a statement that the data can confirm or contradict (METHODS §9)."""

    id: Slug
    """Short name, unique within the announcement."""
    says: str
    """The claim as it was made."""
    ticker: Ticker
    """The party it is about."""
    quantity: Quantity
    """return (decimal), market_cap_change or market_cap (currency units)."""
    basis: Basis = "close"
    """Price the claim is measured at; the reference is always the close before the window."""
    window: tuple[int, int] = (0, 0)
    """First and last session of the claim, relative to the reaction session."""
    value: float
    """The claimed number."""
    tolerance: float = Field(default=0.05, ge=0, lt=1)
    """Relative deviation still called true, for `about`."""
    comparison: Comparison = "about"
    """`at_least` and `at_most` for claims such as "topped" or "under", which allow no deviation."""
    source: Source
    """Who claimed it."""

    @field_validator("window")
    @classmethod
    def _ordered(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] > value[1]:
            raise ValueError(f"window {list(value)} ends before it starts")
        return value


class Confounder(_Model):
    """Other news near the reaction that could have moved the same securities."""

    date: dt.date
    """Day it became known."""
    what: str
    """What happened."""
    tickers: tuple[Ticker, ...] = ()
    """Securities it touches; empty for the whole market."""


class Announcement(_Model):
    """One announcement."""

    id: Slug
    """Unique slug; by habit the date and the parties: 2025-10-06-amd-openai."""
    title: str = Field(min_length=3, max_length=200)
    """One line that says what was announced."""
    announced: Moment
    """Time with offset (2025-10-06T07:00:00-04:00), or a bare date with `session`."""
    session: Session | None = None
    """For a bare date: pre, intraday, post, or unknown (the default: both sessions are studied)."""
    probable_session: Literal["pre", "intraday", "post"] | None = None
    """For an unknown hour: which candidate is the main one (default: the date's own session)."""
    exchange: str | None = Field(default=None, pattern=r"^[A-Z0-9]{4}$")
    """Whose day a bare date and `session` are told in (default: the first listed party's)."""
    timing: str | None = None
    """How well the hour is known, and from what."""
    announcer: str | None = None
    """Who said it, and where."""
    parties: tuple[Party, ...] = Field(min_length=1)
    """Everybody it touches, with roles."""
    deal: Deal = Deal()
    """The deal's figures."""
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    """Covariates of the announcement."""
    claims: tuple[Claim, ...] = ()
    """Headline numbers to check."""
    tags: tuple[Kebab, ...] = ()
    """Groups for the sample tests."""
    confounders: tuple[Confounder, ...] = ()
    """Other news in the window."""
    sources: tuple[Source, ...] = ()
    """Where the facts come from."""
    notes: str | None = None
    """What a reader should know before believing the numbers."""

    @model_validator(mode="after")
    def _consistent(self) -> Announcement:
        found = findings(
            Facts(
                self.announced,
                self.session,
                self.probable_session,
                [party.ticker for party in self.parties],
                [(claim.id, claim.ticker) for claim in self.claims],
            )
        )
        if found:
            text = "; ".join(message for _, message in found)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text})
        return self

    @property
    def hour_known(self) -> bool:
        """Whether one reaction session follows from what is known."""
        return isinstance(self.announced, dt.datetime) or self.session not in (None, "unknown")
