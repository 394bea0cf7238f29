"""What to look at before believing a number made from prices, one check a file.

Nothing is changed: an odd print stays as published, and a finding points at it. Every check is a
pass over long frames, so that thousands of securities take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from backtest.errors import BadUsage, did_you_mean
from backtest.prices.checks._prices import FINDINGS, Prices, Setting, prepared

if TYPE_CHECKING:
    import polars as pl

DAMAGED = "damaged"
"""The check of files, which is the price store's own."""

MEANINGS = {
    DAMAGED: "a stored file is not what was written",
    "duplicate": "a session is there more than once",
    "not-positive": "a price is zero, negative or no number",
    "order": "a high below, or a low above, the bar's own open or close",
    "gap": "sessions of the exchange without a close, or a price on none of them",
    "stale": "prices end before those of the others do, or lie in the future or long after them",
    "constant": "a close that stays the same for two weeks",
    "zero-volume": "sessions on which no share was traded",
    "spike": "a price far from the sessions before and after it, which agree",
    "split": "a level that changes by a split's ratio and stays there",
    "adjusted": "close and adjusted close that cannot both be right",
    "currency": "a currency other than the exchange's, or a level that jumps a hundredfold",
}
"""The checks in their order, and what each finds."""

_ROWS = 4_000_000
"""Looked at together; whole securities, so that memory stays bounded."""


def check_names(text: str | None) -> list[str]:
    """Return the checks that a comma-separated text names; all for None.

    Raises:
        BadUsage: a name that is none.
    """
    if text is None:
        return list(MEANINGS)
    named = [word.strip() for word in text.split(",") if word.strip()]
    for word in named:
        if word not in MEANINGS:
            raise BadUsage.because(
                "no-check",
                f"`{word}` is no check; there are: {', '.join(MEANINGS)}",
                field="check",
                hint=did_you_mean(word, MEANINGS),
            )
    return named or list(MEANINGS)


def check_prices(
    bars: pl.DataFrame, setting: Setting, names: Collection[str] = tuple(MEANINGS)
) -> pl.DataFrame:
    """Look at prices with some checks, all by default.

    Args:
        bars: `BARS` rows of any securities in any order, duplicates included.
        setting: what is known besides: calendars, actions, currencies, where prices should end.
        names: of `MEANINGS`.

    Returns:
        `FINDINGS`, by check, ticker and date.
    """
    found, checks = [FINDINGS.empty()], _checks()
    for prices in prepared(bars, setting, _ROWS):
        found += [checks[name](prices) for name in names if name in checks]
    return in_order(found)


def in_order(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return `FINDINGS` together, by check, ticker and date; at least one frame of them."""
    import polars as pl

    order = pl.Enum(list(MEANINGS))
    return FINDINGS.check(pl.concat(found)).sort(
        pl.col("check").cast(order), "ticker", "date", "column"
    )


def _checks() -> dict[str, Callable[[Prices], pl.DataFrame]]:
    from backtest.prices.checks import (
        adjusted,
        bars,
        constant,
        currency,
        duplicate,
        gap,
        spike,
        split,
        stale,
        volume,
    )

    return {
        "duplicate": duplicate.find,
        "not-positive": bars.not_positive,
        "order": bars.order,
        "gap": gap.find,
        "stale": stale.find,
        "constant": constant.find,
        "zero-volume": volume.find,
        "spike": spike.find,
        "split": split.find,
        "adjusted": adjusted.find,
        "currency": currency.find,
    }
