"""Which inputs of a study are not what its receipt says, and what is not their fault.

Prices are compared on the sessions that the study read then. Where its windows are elsewhere now,
because its events or its specification are others, that is said once, and no price is blamed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from backtest.results.coverage import CONTROL, Key
from backtest.results.receipt import Days, Origin

Row = Mapping[str, Any]


def other_inputs(receipt: Mapping[str, Any], now: Origin) -> Iterator[str]:
    """Name every input that is not what it was.

    Args:
        receipt: as it was read.
        now: of the study that was computed from it.
    """
    said = receipt["inputs"]
    for name in ("events", "factors", "sectors"):
        before = said.get(name) or {}
        if before.get("digest") != getattr(now, name):
            yield f"{name} are not what they were: {before.get('source', 'none were needed')}"
    found = {_key(row): row for row in now.coverage().iter_rows(named=True)}
    pairs = [
        (row, found.get(_key(row)) or found.get((None, row["ticker"])))
        for row in receipt["securities"]
    ]
    moved = {_key(row): windows_of(row) for row, after in pairs if after and _moved(row, after)}
    yield from _moves([(row, after) for row, after in pairs if after and _key(row) in moved])
    windows = {key: days for key, days in moved.items() if days}
    then = now.within(windows) if now.within and windows else {}
    for before, after in pairs:
        key = _key(before)
        if key in moved and after and after["digest"]:
            digest, counts = then.get(key, (None, None))
            yield from _differing(before, {**after, "digest": digest, "counts": counts}, key[1])
        else:
            yield from _differing(before, after, key[1])


def windows_of(row: Row) -> Days | None:
    """Return the days from and to which a security of a receipt was read, None where unknown."""
    days = row.get("reads_from"), row.get("reads_to")
    if not all(days):
        return None
    begin, end = (dt.date.fromisoformat(str(day)) for day in days)
    return begin, end


def _key(row: Row) -> Key:
    return row.get("exchange"), row["ticker"]


def _moved(before: Row, after: Row) -> bool:
    days = windows_of(before)
    return days is not None and windows_of(after) not in (None, days)


def _moves(pairs: list[tuple[Row, Row]]) -> Iterator[str]:
    """Say once for each exchange that other sessions are read now."""
    told = {}
    for before, after in pairs:
        spans = (f"{row['reads_from']} to {row['reads_to']}" for row in (before, after))
        told[before.get("exchange")] = tuple(spans)
    for exchange, (then, now) in told.items():
        yield (
            "windows are not where they were, as events or the specification are others: sessions "
            f"of {exchange} from {then} then, from {now} now"
        )


def _differing(before: Row, after: Row | None, ticker: str) -> Iterator[str]:
    """Say what of a security is another, on the same sessions."""
    if after is None and before.get("role") != CONTROL:
        return  # Not asked for any more: events or the specification are others.
    if after is None or (before["digest"] and not after["digest"]):
        why = after and after["reason"]
        yield f"prices of {ticker} are gone" + (f": {why}" if why else "")
    elif before["digest"] != after["digest"]:
        then_had, now_has = before["sessions"], after["sessions"]
        what = f"on {then_had:,} sessions then, on {now_has:,} now"
        if _moved(before, after):
            what = f"another one on some of the {then_had:,} sessions that it read then"
        elif then_had == now_has:
            what = f"another one on some of the {now_has:,} sessions that it reads"
        yield f"prices of {ticker} are not what they were: {what}"
    elif before["counts"] != after["counts"]:
        yield f"share counts of {ticker} are not what they were"
