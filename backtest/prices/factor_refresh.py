"""Bringing the stored factors up to date: fetch them all, and count what the library changed.

The library reconstructs the history of its factors from time to time, so the whole is taken anew.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from backtest.masking import masked
from backtest.prices._record import Damaged
from backtest.prices.factor_choice import reaches_further
from backtest.prices.factor_store import FactorRecord, FactorStore, StoredFactors
from backtest.prices.factors import FACTORS, load_factors
from backtest.prices.french_library import fetch_factors, library_address


@dataclass(frozen=True, slots=True)
class RefreshedFactors:
    """What became of the stored factors.

    Attributes:
        record: what is stored now.
        used: whether studies take it, as it reaches further than the shipped factors.
        before: what was, None where nothing (readable) was.
        added, gone: sessions that only one of the two has.
        revised: sessions of both on which a factor changed, the first of them `first_revised`.
        damage: what was wrong with what was stored, empty where nothing was.
    """

    record: FactorRecord
    used: bool
    before: FactorRecord | None = None
    added: int = 0
    gone: int = 0
    revised: int = 0
    first_revised: dt.date | None = None
    damage: str = ""


def refresh_factors(store: FactorStore, now: dt.datetime) -> RefreshedFactors:
    """Fetch the factors of the French library and keep them.

    Raises:
        DataUnavailable: the library cannot be reached or its files are not what they were; or the
            disk is full.
        BadUsage: the store cannot be written to. In all cases what was stored before is intact.
    """
    fresh = fetch_factors()
    damage = ""
    try:
        before = store.read()
    except Damaged as found:
        before, damage = None, str(found)
    record = store.write(fresh, masked(library_address()), now)
    used = reaches_further(fresh, load_factors().frame)
    if before is None:
        return RefreshedFactors(record, used, added=fresh.height, damage=damage)
    return _compared(before, StoredFactors(record, fresh), used=used)


def _compared(before: StoredFactors, now: StoredFactors, *, used: bool) -> RefreshedFactors:
    import polars as pl

    factors = FACTORS.names[1:]
    both = before.frame.join(now.frame, on="date", suffix="_now")
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in factors)
    revised = both.filter(changed)["date"].sort()
    return RefreshedFactors(
        now.record,
        used,
        before.record,
        added=now.frame.height - both.height,
        gone=before.frame.height - both.height,
        revised=len(revised),
        first_revised=revised[0] if len(revised) else None,
    )
