"""The ledger of claims: what was said, what the prices say, and the basis that fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.report.html.links import safe_url
from backtest.valuation.currency import currency_unit

if TYPE_CHECKING:
    from backtest.events.schema import Announcement, Claim
    from backtest.results.result import StudyResult

BASES = {
    "close": "close",
    "open": "open",
    "intraday_high": "intraday high",
    "intraday_low": "intraday low",
}
QUANTITIES = {
    "return": "return",
    "market_cap_change": "change of market value",
    "market_cap": "market value",
}
VERDICTS = ("confirmed", "contradicted", "unverifiable")


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim; figures are decimals or money in `currency`."""

    event: str
    ticker: str
    claim: str
    says: str | None
    quantity: str
    basis: str
    start: int
    end: int
    claimed: float
    measured: float | None
    verdict: str
    fits: str | None
    reason: str
    source: str
    url: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """All claims in the order of the calendar."""

    entries: list[Entry]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict, of `VERDICTS` in order."""
        found = Counter(entry.verdict for entry in self.entries)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    def of(self, event: str) -> list[Entry]:
        """Return the claims of one event."""
        return [entry for entry in self.entries if entry.event == event]


def ledger(result: StudyResult, announcements: Sequence[Announcement]) -> Ledger:
    """Join the verdicts with what was said, where the announcements are known."""
    said = {(event.id, claim.id): claim for event in announcements for claim in event.claims}
    quoted = {
        (event, ticker): currency
        for event, ticker, currency in result.observations.select(
            "event_id", "ticker", "currency"
        ).iter_rows()
    }
    return Ledger([_entry(row, said, quoted) for row in result.claims.iter_rows(named=True)])


def _entry(
    row: Mapping[str, object],
    said: Mapping[tuple[str, str], Claim],
    quoted: Mapping[tuple[str, str], str],
) -> Entry:
    event, name, ticker = str(row["event_id"]), str(row["claim_id"]), str(row["ticker"])
    claim = said.get((event, name))
    best = row["best_basis"]
    own = {key: row[key] for key in ("quantity", "start", "end", "claimed", "measured", "verdict")}
    return Entry(
        event=event,
        ticker=ticker,
        claim=name,
        says=claim.says if claim else None,
        basis=BASES[str(row["basis"])],
        fits=BASES[str(best)] if best else None,
        reason=str(row["reason"]),
        source=_named(str(row["source"]), claim),
        url=safe_url(claim.source.url) if claim else None,
        currency=currency_unit(quoted.get((event, ticker), ""))[0],
        **own,  # type: ignore[arg-type]
    )


def _named(source: str, claim: Claim | None) -> str:
    """Return a source without its address, which is not to be read."""
    url = claim.source.url if claim else None
    return source.removesuffix(f", {url}") if url and safe_url(url) else source
