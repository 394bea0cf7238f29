"""The footnote of CARs that were summed over fewer days than their window has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from backtest.notation import span
from backtest.report._cells import PARTIAL
from backtest.report._lines import hanging
from backtest.report._lookup import Lookup, Row
from backtest.spec import Window

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST = 20
"""Observations named in a footnote."""


def partial_cars(
    studied: Iterable[Row], lookup: Lookup, *, named: bool
) -> Iterator[RenderableType]:
    """Yield the footnote of some observations, nothing where every day had a return.

    Args:
        studied: the observations shown.
        lookup: their CARs.
        named: whether the event has to be named as well.
    """
    told = []
    for one in studied:
        parts = [
            f"{span(Window(car['start'], car['end']))} {car['n_days']} of "
            f"{car['end'] - car['start'] + 1}"
            for car in lookup.partial(one)
        ]
        if parts:
            second = " (2nd candidate)" if one["alternative"] else ""
            event = f"{one['event_id']} " if named else ""
            told.append(f"{event}{one['ticker']}{second} {', '.join(parts)}")
    if told:
        more = f"; and {len(told) - MOST:,} more" if len(told) > MOST else ""
        yield hanging((PARTIAL, ""), (f"days with a return: {'; '.join(told[:MOST])}{more}", ""))
