"""The coverage receipt: what was asked, what was studied, what was left out and why."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.results.event_frames import OK
from backtest.results.survivors import survivorship

if TYPE_CHECKING:
    from backtest.results.result import StudyResult

STAGES = {
    "sessions": "no session of its exchange could react",
    "prices": "no price on the reacting session",
    "estimation": "the model could not be estimated",
    "valuation": "studied, but without a market value",
}


@dataclass(frozen=True, slots=True)
class Security:
    """One security of the study: events it is studied in, and the last day with a price."""

    ticker: str
    events: int
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One reason, and how many event × ticker it cost, with some of them."""

    stage: str
    reason: str
    pairs: list[str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Totals that add up: `asked_pairs` = `studied_pairs` + `lost_pairs`."""

    asked_events: int
    studied_events: int
    asked_pairs: int
    studied_pairs: int
    securities: list[Security]
    left_out: list[LeftOut]
    unstudied: dict[str, str]
    survivors: str | None

    @property
    def lost_pairs(self) -> int:
        """Event × ticker that are not studied."""
        return self.asked_pairs - self.studied_pairs


def receipt(
    result: StudyResult, provider: str, last: Mapping[str, dt.date], prices_end: dt.date | None
) -> Receipt:
    """Count what a study covers.

    Args:
        result: the study.
        provider: key of the price source.
        last: last day with a price by ticker.
        prices_end: last day of the price source.
    """
    import polars as pl

    pair = ["event_id", "ticker"]
    used = result.fits.filter(
        ~pl.col("alternative"),
        pl.col("status") == OK,
        pl.col("model") == result.spec.models[0],
    ).select(pair)
    studied = set(used.rows())
    lost = result.excluded.filter(pl.col("stage") != "valuation").select(pair).rows()
    asked = {*result.observations.select(pair).unique().rows(), *studied, *lost}
    counts = Counter(used["ticker"].to_list())
    events = result.headlines["event_id"].to_list()
    with_result = {event for event, _ in studied}
    return Receipt(
        asked_events=len(events) or len({event for event, _ in asked}),
        studied_events=len(with_result),
        asked_pairs=len(asked),
        studied_pairs=len(studied),
        securities=[
            Security(ticker, count, last.get(ticker)) for ticker, count in counts.most_common()
        ],
        left_out=_left_out(result, studied),
        unstudied=_unstudied(result, events, with_result),
        survivors=survivorship(
            provider, [day for ticker, day in last.items() if ticker in counts], prices_end
        ),
    )


def _left_out(result: StudyResult, studied: set[tuple[str, str]]) -> list[LeftOut]:
    """Group the reasons; what only lacks a market value counts where it is studied."""
    found: dict[tuple[str, str], list[str]] = {}
    for event, ticker, stage, reason in result.excluded.rows():
        if stage == "valuation" and (event, ticker) not in studied:
            continue
        found.setdefault((stage, reason), []).append(f"{ticker} ({event})")
    order = list(STAGES)
    rows = [LeftOut(stage, reason, pairs) for (stage, reason), pairs in found.items()]
    return sorted(rows, key=lambda one: (order.index(one.stage), -len(one.pairs)))


def _unstudied(result: StudyResult, events: list[str], with_result: set[str]) -> dict[str, str]:
    """Return why events have no result at all, by event."""
    why: dict[str, str] = {}
    for event, _, _, reason in result.excluded.rows():
        why.setdefault(event, reason)
    return {
        event: why.get(event, "no listed party") for event in events if event not in with_result
    }
