"""What a study is before it runs: everything it names, found and checked."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from backtest.engine.block import ExpectedReturnModel
from backtest.engine.mapping import Mapper
from backtest.engine.sample import SampleTest
from backtest.executors import workers
from backtest.inference import sample_tests_of
from backtest.inputs import Clocks, Events
from backtest.models import model_for
from backtest.prices.factors import Factors
from backtest.prices.sectors import Sectors
from backtest.results.asked import Asked
from backtest.results.cache import ResultsCache
from backtest.results.factor_needs import needed_factors
from backtest.results.measures import refuse_returns
from backtest.results.source import Source
from backtest.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Plan:
    """A study that passed all checks and can run.

    Attributes:
        spec: what is computed.
        models, tests: the plug-ins it names; the tests are those over samples.
        events: the events.
        source: the prices.
        factors: the factor returns that the models need, None where they need none.
        sectors: the sectors that controls are chosen within, None where none are given.
        clocks: session clocks.
        cache: where results are kept.
        panels: where panels of whole price tables are kept.
        workers: where blocks are computed; opened for as long as the study runs.
        asked: what was asked, of a study that is made for itself; such a one has a receipt, and
            remembers what it showed.
    """

    spec: StudySpec
    models: tuple[ExpectedReturnModel, ...]
    tests: tuple[SampleTest, ...]
    events: Events
    source: Source
    factors: Factors | None
    sectors: Sectors | None
    clocks: Clocks
    cache: ResultsCache
    panels: Path | None
    workers: AbstractContextManager[Mapper]
    asked: Asked | None = None


def make_plan(
    spec: StudySpec,
    events: Events,
    source: Source,
    clocks: Clocks,
    *,
    factor_data: Path | None = None,
    sectors: Sectors | None = None,
    cache_dir: Path | None = None,
    jobs: int | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    shared: str | None = None,
    asked: Asked | None = None,
) -> Plan:
    """Resolve every name a study uses.

    Args:
        spec: what is computed.
        events: the events.
        source: the prices.
        clocks: session clocks.
        factor_data: a table of factor returns, read where a model needs any; None for the fetched
            or the shipped ones.
        sectors: of securities, for a model that chooses controls.
        cache_dir: the cache folder, None to keep nothing.
        jobs: threads, or worker processes; default all processors.
        engine: where blocks are computed.
        scheduler: address of the scheduler of an engine that has one.
        shared: place for the files of an engine whose workers may be on other machines.
        asked: what was asked, of a study that is made for itself.

    Raises:
        BadUsage: an unknown model, test or engine, an engine that cannot be used, or a model that
            does not fit the measure.
        BadInput: factor data that cannot be read, or lack what a model needs.
    """
    computed_by = workers(engine, jobs or os.cpu_count() or 1, scheduler, shared)
    chosen = tuple(model_for(key, spec) for key in spec.models)
    refuse_returns(chosen, spec)
    return Plan(
        spec,
        chosen,
        sample_tests_of(spec.tests),
        events,
        source,
        needed_factors(chosen, spec, factor_data, cache_dir),
        sectors,
        clocks,
        ResultsCache(cache_dir / "results" if cache_dir else None),
        cache_dir / "panels" if cache_dir else None,
        computed_by,
        asked,
    )
