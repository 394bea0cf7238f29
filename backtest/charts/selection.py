"""What a chart is asked for, found in a result; an unknown name is an error with those known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from backtest.errors import BadUsage, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

ALL = "all"
SHOWN = 6
"""Names listed in an error at most."""


def model_of(result: StudyResult, model: str | None) -> str:
    """Return the model asked for, the study's first for None.

    Raises:
        BadUsage: the study has no such model.
    """
    return _known("model", model or result.spec.models[0], result.spec.models)


def members_of(result: StudyResult, group: str) -> pl.DataFrame:
    """Return `event_id, ticker` of a group's observations.

    Raises:
        BadUsage: there is no such group.
    """
    import polars as pl

    studied = result.fits.filter(~pl.col("alternative")).select("event_id", "ticker")
    everything = studied.unique(maintain_order=True)
    if group == ALL:
        return everything
    groups = result.memberships["group"].unique(maintain_order=True).to_list()
    own = result.memberships.filter(pl.col("group") == _known("group", group, [ALL, *groups]))
    return everything.join(own, on=["event_id", "ticker"], how="semi", maintain_order="left")


def event_of(result: StudyResult, event_id: str) -> str:
    """Return the title of an event.

    Raises:
        BadUsage: it is none of the study's.
    """
    import polars as pl

    _known("event", event_id, result.headlines["event_id"].to_list())
    title: str = result.headlines.filter(pl.col("event_id") == event_id)["title"][0]
    return title


def parties_of(
    result: StudyResult, event_id: str, model: str, *, alternative: bool = False
) -> list[str]:
    """Return the securities of an event that have abnormal returns, in the calendar's order.

    Raises:
        BadUsage: it is none of the study's events, or nothing of it could be studied.
    """
    import polars as pl

    event_of(result, event_id)
    own = result.abnormal_returns.filter(
        pl.col("event_id") == event_id,
        pl.col("model") == model,
        pl.col("alternative") == alternative,
    )
    found: list[str] = own["ticker"].unique(maintain_order=True).to_list()
    if not found:
        reasons = result.excluded.filter(pl.col("event_id") == event_id)["reason"]
        raise BadUsage.because(
            "nothing-studied",
            f"no security of `{event_id}` was studied under the model {model}"
            + (" at a second candidate session" if alternative else ""),
            field="event",
            hint=f"the first reason: {reasons[0]}" if len(reasons) else None,
        )
    return found


def main_party(parties: list[str], ticker: str | None) -> str:
    """Return the security asked for, the event's first for None.

    Raises:
        BadUsage: it was not studied for this event.
    """
    return _known("ticker", ticker or parties[0], parties)


def _known(noun: str, wanted: str, known: Iterable[str]) -> str:
    names = list(known)
    if wanted in names:
        return wanted
    listed = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    raise BadUsage.because(
        f"no-such-{noun}",
        f"the study has no {noun} `{wanted}`",
        field=noun,
        hint=did_you_mean(wanted, names) or f"it has: {listed}",
    )
