"""The schema of a strategy file: what a person writes, with what each field means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$", max_length=60)]
Ticker = Annotated[str, Field(pattern=r"^[A-Z0-9^][A-Z0-9.^=-]{0,19}$")]
Side = Literal["long", "short"]
Direction = Literal["long", "short", "with_reaction", "against_reaction"]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Sessions = Annotated[int, Field(ge=0, le=2000)]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class Entry(_Model):
    """Where a trade is entered, in the event's own clock.

    The clock starts at the first auction that can act on the announcement. A rule that reads the
    reaction (ar, ret, sar, or a direction by its sign) is entered at the next open at the earliest.
    """

    at: Literal["auction", "open", "close", "next_open"] = "auction"
    """auction: the first; open, close: the first of these; next_open: that of the next session."""
    after: Sessions = 0
    """Sessions later than that."""


class Exit(_Model):
    """Where a trade is left; the earliest of what is given."""

    after: Sessions | None = None
    """Sessions after that of the entry."""
    at: Literal["open", "close"] = "close"
    """Which auction of that session."""
    until: str | None = None
    """Id of a later announcement: left in the first auction after it."""
    stop: Positive | None = None
    """Loss, a decimal of the entry price; judged at daily closes, filled at the next open."""
    target: Positive | None = None
    """Gain, likewise."""

    @model_validator(mode="after")
    def _ends(self) -> Exit:
        if self.after is None and self.until is None:
            raise ValueError("say when to leave: `after` (sessions) or `until` (an announcement)")
        return self


class Size(_Model):
    """How much money a trade gets, before its hedge."""

    rule: Literal["equal", "percent", "inverse_volatility"] = "percent"
    """equal: `value` in money; percent: `value` of the capital; inverse_volatility: so much that
    one standard deviation of a day moves `value` of the capital."""
    value: Positive = 0.10
    """Money, or a decimal of the capital."""
    per: Literal["trade", "side"] = "trade"
    """side: shared among the trades of one announcement on the same side."""
    most: Share | None = None
    """Most that one trade gets, a decimal of the capital."""
    adv_cap: Share | None = None
    """Most that one trade gets, a decimal of the average daily money traded before."""


class Hedge(_Model):
    """What is held against a trade, entered and left in the same auctions."""

    by: Literal["none", "market", "sector", "beta", "matched"] = "none"
    """market: as much of the benchmark; sector: as much of its fund; beta: the estimated β times as
    much of the benchmark; matched: as much of the security most like it in β and trading volume."""
    funds: dict[str, Ticker] = Field(default_factory=dict)
    """For sector: from a ticker, or a sector of --sectors, to a fund."""
    otherwise: Ticker | None = None
    """For sector: the fund of who has none."""

    @model_validator(mode="after")
    def _named(self) -> Hedge:
        if self.by == "sector" and not self.funds and self.otherwise is None:
            raise ValueError("name the funds: `funds: {ORCL: IGV}` or `otherwise: QQQ`")
        if self.by != "sector" and (self.funds or self.otherwise):
            raise ValueError(f"`funds` and `otherwise` are for by: sector, not {self.by}")
        return self


class Capital(_Model):
    """How much of the capital may be at work at once."""

    max_gross: Positive = 1.0
    """Most that all positions with their hedges come to when entered, as a multiple of capital."""
    overlap: Literal["skip", "allow"] = "skip"
    """Whether a security that is held may be entered again before it was left."""
    max_positions: int | None = Field(default=None, ge=1)
    """Most trades at once."""


class Charges(_Model):
    """What trading costs; basis points are hundredths of a per cent of the value traded."""

    commission_bps: float = Field(default=0.5, ge=0, lt=1000)
    """Each way."""
    half_spread_bps: float = Field(default=2.0, ge=0, lt=1000)
    """Each way; where spreads are estimated, of those securities and sessions that have none."""
    spread: Literal["fixed", "corwin_schultz", "abdi_ranaldo"] = "fixed"
    """Whether the spread is the one above or estimated from the ranges of the month before."""
    impact: float = Field(default=1.0, ge=0, le=10)
    """Y of the impact Y · σ · √(value ÷ ADV) of the value traded, each way."""
    borrow_bps: float = Field(default=50.0, ge=0, lt=100_000)
    """A year, of a short position's value."""


class Strategy(_Model):
    """A rule that turns announcements into trades."""

    id: Slug
    """Name of the strategy."""
    title: str = Field(min_length=3, max_length=160)
    """One line that says what it does."""
    why: str | None = None
    """Why it might earn anything; shown with the results."""
    where: str | None = Field(default=None, max_length=2000)
    """Which event × ticker are traded: a condition such as role = 'counterparty' AND ar > 0.05."""
    direction: Direction | dict[str, Side] = "long"
    """long, short, by the sign of the reaction (with_reaction, against_reaction), or a side for
    each role: {counterparty: long, competitor: short}."""
    both_sides: bool = False
    """Leave announcements out of which only one side can be traded."""
    entry: Entry = Entry()
    """Where it is entered."""
    exit: Exit
    """Where it is left."""
    size: Size = Size()
    """How much money a trade gets."""
    hedge: Hedge = Hedge()
    """What is held against it."""
    capital: Capital = Capital()
    """How much may be at work at once."""
    costs: Charges = Charges()
    """What trading costs."""
    latency_minutes: float = Field(default=10.0, ge=0, le=1440)
    """Time between an announcement and the auction it can reach at the earliest."""

    @model_validator(mode="after")
    def _consistent(self) -> Strategy:
        if self.both_sides and not isinstance(self.direction, dict):
            raise ValueError("`both_sides` needs a direction by role: {counterparty: long, …}")
        return self

    @property
    def at_once(self) -> bool:
        """Whether it is entered in the session of the announcement's first auction."""
        return self.entry.after == 0 and self.entry.at != "next_open"

    @property
    def reads_sign(self) -> bool:
        """Whether the direction follows from the reaction."""
        return self.direction in ("with_reaction", "against_reaction")
