"""The ledger of headline numbers: claimed, measured, verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.exports._journal import Cell, Journal, Panel
from backtest.notation import claimed
from backtest.valuation.currency import currency_unit

if TYPE_CHECKING:
    from backtest.results.result import StudyResult


def claims(result: StudyResult) -> Journal:
    """Return every claim, a panel an event."""
    quoted = {
        (event, ticker): currency_unit(currency)[0]
        for event, ticker, currency in result.observations["event_id", "ticker", "currency"].rows()
    }
    titles = dict(result.headlines["event_id", "title"].rows())
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for one in result.claims.iter_rows(named=True):
        event, ticker, quantity = one["event_id"], one["ticker"], one["quantity"]
        currency = quoted.get((event, ticker))
        rows.setdefault(event, []).append(
            (
                Cell(ticker),
                Cell(_words(quantity)),
                Cell(_words(one["basis"])),
                Cell(one["verdict"]),
                Cell(claimed(quantity, one["claimed"], currency)),
                Cell(claimed(quantity, one["measured"], currency)),
                Cell(_words(one["best_basis"] or "") or "–"),
            )
        )
    panels = (Panel(titles.get(event, event), tuple(own)) for event, own in rows.items())
    return Journal(
        "claims",
        "Headline numbers held against the prices",
        ("Security", "Claim about", "Measured at", "Verdict", "Claimed", "Measured", "Would fit"),
        4,
        tuple(panels),
        (
            "Claims stand as they were made; would fit names another price at which a contradicted "
            "claim holds",
            f"Sources of the claims are in the table claims, N = {result.claims.height:,}",
        ),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
