"""Whether a study compares within sectors, and for whom it could not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from backtest.errors import BadUsage
from backtest.prices.sectors import Sectors, load_sectors
from backtest.results.markets import NAMED
from backtest.results.place import Placed
from backtest.results.pool_members import chooses_controls


def needed_sectors(models: Sequence[str], path: Path | None) -> Sectors | None:
    """Read the table of sectors; None where there is none.

    Args:
        models: keys of the models of the study.
        path: the user's table.

    Raises:
        BadUsage: there is a table and no model that takes it.
        BadInput: the table cannot be used.
    """
    if path is None:
        return None
    if not chooses_controls(models):
        raise BadUsage.because(
            "unused-sectors",
            "only the models `matched` and `synthetic` take them",
            field="sectors",
            hint=f"add one to the models: {','.join((*models, 'matched'))}",
        )
    return load_sectors(path)


def sector_notes(placed: Sequence[Placed], sectors: Sectors | None) -> Iterator[str]:
    """Say which securities with events are compared with all as their sector is not given."""
    if sectors is None:
        return
    studied = {one.market.panel.tickers[row] for one in placed for row in np.unique(one.rows)}
    names = sorted(studied - sectors.by_ticker.keys())
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield (
            f"{', '.join(names[:NAMED])}{more}: no sector is given, so controls are "
            "securities of all sectors"
        )
