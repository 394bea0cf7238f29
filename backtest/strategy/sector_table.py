"""The user's table of sectors, which the study, hedges by sector, or both may want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backtest.errors import BadUsage
from backtest.prices.sectors import load_sectors
from backtest.results.pool_members import chooses_controls
from backtest.strategy.load import LoadedStrategy


@dataclass(frozen=True, slots=True)
class SectorTable:
    """What of `--sectors` goes to the study, and the sectors that hedges look funds up by."""

    of_study: Path | None = None
    by_ticker: Mapping[str, str] = field(default_factory=dict)


def sector_table(
    path: Path | None, models: Sequence[str], strategies: Sequence[LoadedStrategy]
) -> SectorTable:
    """Read the table for whom it is meant.

    Raises:
        BadUsage: there is one, and neither a model nor a hedge takes it.
        BadInput: the table cannot be used.
    """
    if path is None:
        return SectorTable()
    study = chooses_controls(models)
    hedges = any(one.strategy.hedge.by == "sector" for one in strategies)
    if not (study or hedges):
        raise BadUsage.because(
            "unused-sectors",
            "no hedge of these strategies is by sector, and the model takes none",
            field="sectors",
            hint="write hedge: {by: sector, funds: {…}} in a strategy",
        )
    return SectorTable(
        path if study else None, dict(load_sectors(path).by_ticker) if hedges else {}
    )
