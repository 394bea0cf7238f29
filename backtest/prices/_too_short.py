"""Stored prices that do not reach as far as is asked, where the shipped ones do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from backtest.prices._record import IMPORTED, Record

STAND_IN = "the shipped prices are used"
_NAMED = 4


def too_short(records: Sequence[Record], start: dt.date | None, end: dt.date | None) -> list[str]:
    """Say in a sentence which stored prices are left for the shipped ones, and how to mend it.

    Args:
        records: of the securities, in order.
        start, end: the days that were asked for, None for as far as there are.
    """
    if not records:
        return []
    spans = [f"{one.ticker} {one.first} to {one.last}" for one in records[:_NAMED]]
    more = f" and {len(records) - _NAMED} more" if len(records) > _NAMED else ""
    needed = f" ({start} to {end} is asked for)" if start and end else ""
    what = f"{', '.join(spans)}{more}{needed}"
    return [f"{STAND_IN} in place of stored ones that are too short: {what}; {_mend(records)}"]


def _mend(records: Sequence[Record]) -> str:
    imported = "`backtest prices import TABLE --replace` takes a longer table"
    pulled = "`backtest prices pull` brings them up to date"
    kinds = {one.provider == IMPORTED for one in records}
    return "; ".join(text for kind, text in ((True, imported), (False, pulled)) if kind in kinds)
