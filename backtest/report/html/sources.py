"""Opening again what a study was made from: its prices, and the announcements as written."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.executors import executors
from backtest.inputs import BULK, Clocks, price_folder
from backtest.models import model_for
from backtest.prices.source import open_source
from backtest.results.factor_needs import needed_factors
from backtest.results.follow import Inputs
from backtest.results.sector_needs import needed_sectors

if TYPE_CHECKING:
    from backtest.events.schema import Announcement
    from backtest.results.result import StudyResult


def inputs_of(
    result: StudyResult,
    prices: str,
    *,
    factor_data: Path | None = None,
    sectors: Path | None = None,
    cache_dir: Path | None = None,
    store: Path | None = None,
    jobs: int | None = None,
    now: dt.datetime | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Inputs, str]:
    """Return what a study was made from, and the key of its price source.

    Args:
        result: the study.
        prices, factor_data, sectors, cache_dir, store, jobs, now, progress: as the study was given
            them; `cache_dir` is None where nothing is kept.
    """
    spec = result.spec
    source = open_source(
        prices,
        cache_dir=price_folder(store, cache_dir),
        now=now or dt.datetime.now(dt.UTC),
        progress=progress,
    )
    model = model_for(spec.models[0], spec)
    local = partial(executors.get("local").map, jobs=jobs or os.cpu_count() or 1)
    made = Inputs(
        source,
        Clocks(cache_dir).of,
        model,
        needed_factors((model,), spec, factor_data, cache_dir),
        needed_sectors(spec.models, sectors),
        local,
    )
    return made, source.key


def announcements_of(
    path: Path | None, selection: Sequence[str] = (), cache_dir: Path | None = None
) -> list[Announcement]:
    """Return the announcements of a study as they were written; none for a bulk table.

    Args:
        path: the events, None for the calendar that a study takes by default.
        selection: which announcements.
        cache_dir: the cache folder, None to keep nothing.
    """
    from backtest.events.default import default_calendar
    from backtest.events.load import load_announcements
    from backtest.events.loaded import announcements
    from backtest.events.select import select

    path = path or default_calendar()
    if path.suffix.lower() in BULK:
        return []
    loaded = load_announcements(path, cache_dir=cache_dir)
    return announcements(select(loaded, selection) if selection else loaded)
