"""The specification curve: one question under every defensible choice at once.

How much of a result rests on the benchmark, the model, the window, the kind of returns or the
estimation window is seen by making all those choices (Simonsohn, Simmons & Nelson 2020). Models
and windows share a study; benchmark, returns and estimation window make one each.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from backtest.engine.block import ExpectedReturnModel
from backtest.errors import BadInput, BadUsage, DataUnavailable, Problem, did_you_mean
from backtest.events.table import MEMBERSHIPS, STATEMENTS
from backtest.inputs import Clocks, Events, default_cache, open_events, price_folder
from backtest.models import model_for
from backtest.plan import Plan, make_plan
from backtest.prices.factors import Factors, factor_name
from backtest.prices.source import open_source
from backtest.results.factor_needs import factor_columns, needed_factors
from backtest.results.result import StudyResult
from backtest.results.sector_needs import needed_sectors
from backtest.spec import Missing, StudySpec
from backtest.specifications.gather import gathered, reads_benchmark
from backtest.specifications.grid import BENCHMARKS, Grid
from backtest.specifications.tables import Curve
from backtest.study import run_study

if TYPE_CHECKING:
    from backtest.events.table import EventTable

NO_BENCHMARK = "no-benchmark"
LOG_FACTORS = "log-factors"
Needed = Callable[[Sequence[ExpectedReturnModel], StudySpec], Factors | None]
"""Reads the factors that models need."""


def curve(
    events: str | Path | None = None,
    prices: str | Path = "auto",
    *,
    grid: Grid | None = None,
    selection: Sequence[str] = (),
    tickers: Collection[str] = (),
    factors: str | Sequence[str] = (),
    factor_data: str | Path | None = None,
    sectors: str | Path | None = None,
    missing: Missing = "strict",
    min_obs: int = 100,
    cache: str | Path | Literal[False] | None = None,
    store: str | Path | None = None,
    jobs: int | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    shared: str | None = None,
    now: dt.datetime | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Curve:
    """Estimate every specification of a grid for every event × ticker, main sessions only.

    Args:
        events: a YAML file, a folder of them, or a bulk table; default the calendar.
        prices: `auto`, `snapshot`, `yahoo`, or a table of prices.
        grid: the choices; of the default's benchmarks those without prices are left out.
        selection: event ids (globs), `tag:x`, `ticker:X`, `role:x`.
        tickers: the securities; default all of the events.
        factors: what the model `factors` regresses on, joined by `+` or one by one.
        factor_data: a table of daily factor returns; default the fetched or the shipped ones.
        sectors: table of `ticker, sector`; controls (`matched`, `synthetic`) are of one sector.
        missing: `strict` or `lenient` about missing days inside a CAR window.
        min_obs: fewest valid estimation days.
        cache: cache folder; None for the default one, False to keep nothing, nor use fetched
            factors.
        store: as in `backtest.api.run`.
        jobs: threads; default all processors.
        engine: where blocks are computed.
        scheduler: as in `backtest.api.run`.
        shared: as in `backtest.api.run`.
        now: the present, for tests.
        progress: called with (ticker, done, total) while prices are pulled.

    Raises:
        BadUsage: choices that cannot be meant, all at once where they are of one kind.
        BadInput: events, prices, factor data or sectors that cannot be read.
        DataUnavailable: prices that could not be had.
    """
    from backtest.events.default import default_calendar

    wanted = grid or Grid()
    within = needed_sectors(wanted.models, Path(sectors) if sectors else None)
    folder = None if cache is False else Path(cache) if cache else default_cache()
    clocks = Clocks(folder)
    path = Path(events) if events else default_calendar()
    opened = open_events(path, clocks, selection=selection, cache_dir=folder)
    source = open_source(
        str(prices),
        cache_dir=price_folder(store, folder),
        now=now or dt.datetime.now(dt.UTC),
        progress=progress,
    )
    chosen = _without_groups(opened, tickers)
    factor_path = Path(factor_data) if factor_data else None
    needed = partial(needed_factors, path=factor_path, cache_dir=folder)
    words = factors.split("+") if isinstance(factors, str) else factors
    named = tuple(factor_name(word.strip()) for word in words if word.strip())

    def planned(benchmark: str) -> list[Plan]:
        specs = _specs(wanted, benchmark, named, missing, min_obs, needed)
        return [
            make_plan(
                spec,
                chosen,
                source,
                clocks,
                factor_data=factor_path,
                sectors=within,
                cache_dir=folder,
                jobs=jobs,
                engine=engine,
                scheduler=scheduler,
                shared=shared,
            )
            for spec in specs
        ]

    plans = {benchmark: planned(benchmark) for benchmark in wanted.benchmarks}
    notes = list(_left_out(wanted, named, needed))
    results: list[StudyResult] = []
    for benchmark, own in plans.items():
        try:
            # A model that reads no benchmark is the same under each: the first one has it.
            results += [run_study(plan) for plan in (own if not results else _market_only(own))]
        except DataUnavailable as error:
            if wanted.benchmarks != BENCHMARKS or error.problems[0].code != NO_BENCHMARK:
                raise
            notes.append(f"without the benchmark {benchmark}: {error.problems[0].message}")
            lost = error
    if not results:
        raise lost
    return gathered(wanted, results, notes)


def _specs(
    grid: Grid,
    benchmark: str,
    factors: tuple[str, ...],
    missing: Missing,
    min_obs: int,
    needed: Needed,
) -> Iterator[StudySpec]:
    """Yield a study for each kind of returns and estimation window, with the models it can have."""
    for returns, estimation in product(grid.returns, grid.estimations):
        spec = StudySpec(
            models=grid.models,
            benchmark=benchmark,
            estimation=estimation,
            window=grid.hull,
            cars=grid.windows,
            returns=returns,
            missing=missing,
            min_obs=min_obs,
            tests=(),
            factors=factors,
        )
        fit = tuple(key for key in grid.models if not _unfit(key, spec, needed))
        if fit:
            own = factors if "factors" in fit else ()
            yield dataclasses.replace(spec, models=fit, factors=own)


def _unfit(key: str, spec: StudySpec, needed: Needed) -> bool:
    """Whether a model has no meaning under a study's returns."""
    try:
        needed([model_for(key, spec)], spec)
    except BadInput as error:
        if all(problem.code == LOG_FACTORS for problem in error.problems):
            return True
        raise
    return False


def _left_out(grid: Grid, factors: tuple[str, ...], needed: Needed) -> Iterator[str]:
    """Say which models some kinds of returns do without."""
    for returns in grid.returns:
        spec = StudySpec(
            models=grid.models,
            window=grid.hull,
            estimation=grid.estimations[0],
            cars=grid.windows,
            returns=returns,
            factors=factors,
        )
        unfit = [key for key in grid.models if _unfit(key, spec, needed)]
        if unfit:
            yield (
                f"no {returns} returns of {', '.join(unfit)}: their factors are differences of "
                "simple returns, which have no logarithm"
            )


def _market_only(plans: Sequence[Plan]) -> Iterator[Plan]:
    """Yield the plans without models that read no benchmark."""
    for plan in plans:
        models = tuple(model for model in plan.models if reads_benchmark(model))
        if models:
            keys = tuple(model.key for model in models)
            own = plan.spec.factors if "factors" in keys else ()
            spec = dataclasses.replace(plan.spec, models=keys, factors=own)
            factors = plan.factors if any(factor_columns(model) for model in models) else None
            yield dataclasses.replace(plan, spec=spec, models=models, factors=factors)


def _without_groups(events: Events, tickers: Collection[str]) -> Events:
    """Return the events with these securities only, without the groups and claims of a study."""

    def make_table() -> EventTable:
        import polars as pl

        table = events.table
        own = pl.col("ticker").is_in(list(tickers)) if tickers else pl.lit(value=True)
        return dataclasses.replace(
            table,
            observations=table.observations.filter(own),
            excluded=table.excluded.filter(own),
            memberships=MEMBERSHIPS.empty(),
            statements=STATEMENTS.empty(),
        )

    if tickers:
        _refuse_strangers(events.table, tickers)
    text = "|".join((events.digest, "curve", *sorted(tickers)))
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return Events(digest, events.described, make_table)


def _refuse_strangers(table: EventTable, tickers: Collection[str]) -> None:
    there = {*table.observations["ticker"].to_list(), *table.excluded["ticker"].to_list()}
    problems = [
        Problem(
            "unknown-ticker",
            f"{ticker} is in none of the events; there are: {', '.join(sorted(there))}",
            field="ticker",
            hint=did_you_mean(ticker, there),
        )
        for ticker in tickers
        if ticker not in there
    ]
    if problems:
        raise BadUsage(problems)
