"""The ledger of claims: what was said, what is true, on which basis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from backtest.notation import claimed
from backtest.report._console import write
from backtest.report._lines import Styled, hanging
from backtest.report._lookup import Lookup, Row, look_up
from backtest.valuation.currency import currency_unit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from backtest.results.result import StudyResult

VERDICTS = {
    "confirmed": ("✓ confirmed   ", "green"),
    "contradicted": ("✗ contradicted", "red"),
    "unverifiable": ("? unverifiable", "yellow"),
}


def claim_line(claim: Row, lookup: Lookup, *more: Styled) -> RenderableType:
    """Return one claim with its verdict and the measured figure; `more` stands below it."""
    said = f"{claim['ticker']} {claim['claim_id']}: {claim['reason']}"
    if claim["verdict"] == "unverifiable":
        figure = claimed(claim["quantity"], claim["claimed"], _currency(claim, lookup))
        said += f" (claimed {figure})"
    return hanging(VERDICTS[claim["verdict"]], (said, ""), *more)


def verdict_counts(result: StudyResult) -> str:
    """Return `40 confirmed, 12 contradicted`, or nothing where there are no claims."""
    counts = Counter(result.claims["verdict"].to_list())
    return ", ".join(f"{counts[name]} {name}" for name in VERDICTS if counts[name])


def show_ledger(result: StudyResult, stream: TextIO) -> None:
    """Print every claim with its verdict, the measured figure and the source."""
    write(_ledger(result), stream)


def _ledger(result: StudyResult) -> Iterator[RenderableType]:
    from rich.text import Text

    events = result.claims["event_id"].unique(maintain_order=True).to_list()
    lookup = look_up(result, events)
    for event in events:
        yield Text(event, style="bold")
        for claim in lookup.claims[event]:
            yield claim_line(claim, lookup, (claim["source"], "dim"))
        yield Text()
    yield Text(f"Claims: {verdict_counts(result) or 'none'}")


def _currency(claim: Row, lookup: Lookup) -> str | None:
    parties = lookup.parties.get(claim["event_id"], [])
    quoted = (one["currency"] for one in parties if one["ticker"] == claim["ticker"])
    return next((currency_unit(one)[0] for one in quoted), None)
