"""From the options of `backtest trade` to what is traded, swept and written as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.cli._options import cache_folder
from backtest.errors import BadUsage

if TYPE_CHECKING:
    from backtest.strategy.grid import Axes
    from backtest.strategy.judged import Judged
    from backtest.strategy.load import LoadedStrategy
    from backtest.strategy.study import Market
    from backtest.strategy.sweep_study import SweepResult


def axes_of(
    sweep: bool,
    entries: str | None,
    exits: str | None,
    hedges: str | None,
    filters: Sequence[str],
    parts: int | None,
) -> Axes | None:
    """Return what is varied, None for nothing.

    Raises:
        BadUsage: words that cannot be read, or that mean nothing without `--sweep`.
    """
    given = {
        "entries": entries,
        "exits": exits,
        "hedges": hedges,
        "where": filters or None,
        "parts": parts,
    }
    idle = [name for name, value in given.items() if value is not None]
    if not sweep:
        if idle:
            raise BadUsage.because(
                "not-a-sweep",
                f"--{idle[0]} says what a sweep varies, and this is none",
                field=idle[0],
                hint="add --sweep",
            )
        return None
    from backtest.strategy.grid import read_axes

    return read_axes(entries, exits, hedges, filters)


@contextmanager
def _market(
    strategies: Sequence[LoadedStrategy],
    selection: tuple[str, ...],
    capital: float,
    study: dict[str, Any],
) -> Iterator[Market]:
    """Run the study that the options describe, and open what is traded on."""
    from backtest.cli._options import plan_from_options
    from backtest.events.default import default_calendar
    from backtest.strategy.sector_table import sector_table
    from backtest.strategy.study import open_market

    events = study["events"] or default_calendar()
    table = sector_table(study["sectors"], study["model"].split(","), strategies)
    study = {**study, "events": events, "sectors": table.of_study}
    with plan_from_options(selection=selection, **study) as plan:
        yield open_market(
            plan,
            events,
            strategies,
            selection=selection,
            capital=capital,
            sectors=table.by_ticker,
            cache_dir=_folder(study),
        )


def _folder(study: dict[str, Any]) -> Path | None:
    return None if study["no_cache"] else cache_folder(study["cache"])


def traded(
    loaded: Sequence[LoadedStrategy],
    selection: tuple[str, ...],
    capital: float,
    study: dict[str, Any],
    *,
    runs: int | None,
    seed: int,
) -> Judged:
    """Trade strategies as they are."""
    from backtest.strategy.judged import RUNS, judge
    from backtest.strategy.study import trade_market
    from backtest.strategy.tried import Tried

    with _market(loaded, selection, capital, study) as market:
        return judge(
            trade_market(market, loaded),
            market,
            Tried(_folder(study)),
            runs=RUNS if runs is None else runs,
            seed=seed,
        )


def swept(
    loaded: Sequence[LoadedStrategy],
    axes: Axes,
    selection: tuple[str, ...],
    capital: float,
    study: dict[str, Any],
    *,
    runs: int | None,
    seed: int,
    parts: int | None,
) -> SweepResult:
    """Trade variants of strategies."""
    from backtest.strategy.grid import hedged_ways
    from backtest.strategy.sweep import FOLDS, RUNS
    from backtest.strategy.sweep_study import sweep_market
    from backtest.strategy.tried import Tried

    ways = [way for one in loaded for way in hedged_ways(one, axes)]
    with _market(ways, selection, capital, study) as market:
        return sweep_market(
            market,
            loaded,
            axes,
            Tried(_folder(study)),
            runs=RUNS if runs is None else runs,
            folds=parts or FOLDS,
            seed=seed,
        )


def check_page(path: Path) -> None:
    """Find out before anything runs that no page could be written.

    Raises:
        BadUsage: its place is of no use, its name is of something else than a page, or a library of
            the extra `report` is missing.
    """
    from backtest.extras import needed
    from backtest.report.html.file import check_place

    check_place(path, field="report")
    if path.suffix.lower() not in (".html", ".htm"):
        raise BadUsage.because(
            "no-page",
            f"{path.name}: the page is HTML",
            field="report",
            hint=f"name it {path.stem}.html",
        )
    with needed("pages"):
        for library in ("altair", "jinja2", "vl_convert"):
            import_module(library)
