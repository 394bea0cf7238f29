"""The event table: every announcement or bulk row as observations a study can index.

An observation is one event × ticker × candidate session. What cannot become one (a private party
has no price; a date beyond the exchange's calendar has no session) never vanishes: listed parties
without a session stand in `excluded` with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.contracts import EXCLUDED, Frame, frame_columns

if TYPE_CHECKING:
    import polars as pl

OBSERVATIONS = Frame(
    "observations",
    "event × ticker × candidate session",
    ("event_id", "ticker", "alternative"),
    frame_columns(
        "event_id:String ticker:String alternative:Boolean session:Date exchange:String "
        "currency:String role:String deal_value::currency"
    ),
)
MEMBERSHIPS = Frame(
    "memberships",
    "event × ticker × group",
    ("event_id", "ticker", "group"),
    frame_columns("event_id:String ticker:String group:String"),
)
STATEMENTS = Frame(
    "statements",
    "claim as made",
    ("event_id", "claim_id"),
    frame_columns(
        "event_id:String claim_id:String ticker:String quantity:String basis:String "
        "start:Int32:sessions end:Int32:sessions value tolerance comparison:String says:String "
        "source:String"
    ),
)
HEADLINES = Frame(
    "headlines",
    "event",
    ("event_id",),
    frame_columns("event_id:String title:String announced:String reaction:String"),
)


@dataclass(frozen=True, slots=True)
class EventTable:
    """Events ready for a study.

    Attributes:
        observations: `OBSERVATIONS`, in the order of the calendar.
        memberships: `MEMBERSHIPS`; the group `all` is implied.
        statements: `STATEMENTS`.
        headlines: `HEADLINES`, what a report calls the events; no number depends on it.
        excluded: `EXCLUDED`, stage `sessions`.
        notes: sentences for the user.
    """

    observations: pl.DataFrame
    memberships: pl.DataFrame
    statements: pl.DataFrame
    headlines: pl.DataFrame
    excluded: pl.DataFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        observations: pl.DataFrame,
        memberships: pl.DataFrame | None = None,
        statements: pl.DataFrame | None = None,
        headlines: pl.DataFrame | None = None,
        excluded: pl.DataFrame | None = None,
        notes: tuple[str, ...] = (),
    ) -> EventTable:
        """Check every frame against its contract; what is not given is empty."""
        return cls(
            OBSERVATIONS.check(observations),
            MEMBERSHIPS.empty() if memberships is None else MEMBERSHIPS.check(memberships),
            STATEMENTS.empty() if statements is None else STATEMENTS.check(statements),
            HEADLINES.empty() if headlines is None else HEADLINES.check(headlines),
            EXCLUDED.empty() if excluded is None else EXCLUDED.check(excluded),
            notes,
        )
