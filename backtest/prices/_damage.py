"""A stored security that cannot be read: which file, what stands in, and how to mend it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from backtest.prices._record import IMPORTED


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with one stored security.

    Attributes:
        ticker: the security.
        why: which file, and what of it.
        provider: where its prices came from, None where that cannot be read either.
    """

    ticker: str
    why: str
    provider: str | None

    def reason(self) -> str:
        """Return why it has no prices."""
        return f"its stored file is damaged ({self.why})"

    def told(self, instead: str = "") -> str:
        """Return why, and how to mend it; `instead` says what is used in its place."""
        mend = how_to_mend({self.provider}, "it", self.ticker)
        parts = (self.reason(), instead, mend)
        return "; ".join(part for part in parts if part)

    def note(self, instead: str = "") -> str:
        """Return a sentence for the user."""
        return f"{self.ticker}: {self.told(instead)}"


def how_to_mend(providers: Collection[str | None], what: str, ticker: str = "TICKER") -> str:
    """Say how damaged securities come back.

    Args:
        providers: where they came from, None where that is not known.
        what: the word for them.
        ticker: the one to pull.
    """
    pulled = f"`backtest prices pull {ticker}`"
    imported = "`backtest prices import TABLE --replace`"
    if set(providers) == {IMPORTED}:
        return f"{imported} puts {what} right"
    if IMPORTED in providers or None in providers:
        return f"{pulled} fetches {what} anew; what was imported, {imported} puts right"
    return f"{pulled} fetches {what} anew"
