"""Whether prices are of survivors only, which makes averages look better than investors fared."""

from __future__ import annotations

import datetime as dt

_SURVIVORS = ("auto", "snapshot", "yahoo")
_SETTLED = 10
"""Days after which a security without prices has ended, and is not only late."""
_ENOUGH = 20
"""Securities from which on it is remarkable that none of them ended."""


def survivorship(provider: str, last: list[dt.date], prices_end: dt.date | None) -> str | None:
    """Return the warning about survivors, or None where the prices have companies that ended.

    Args:
        provider: key of the price source.
        last: last day with a price of each security studied.
        prices_end: last day of the price source.
    """
    if provider in _SURVIVORS:
        return (
            "The price source lists companies that are still traded. Whoever was taken over, "
            "delisted or renamed is missing, so averages may look better than investors fared."
        )
    if prices_end is None or len(last) < _ENOUGH:
        return None
    if any(day < prices_end - dt.timedelta(days=_SETTLED) for day in last):
        return None
    return (
        f"All {len(last):,} securities studied have prices to the very end of the table "
        f"({prices_end}). A table without a single company that ended lists survivors only; "
        "averages may look better than investors fared."
    )
