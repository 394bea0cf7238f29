"""The Python door: one call from events and prices to a result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from backtest.errors import BadUsage, Problem
from backtest.inputs import Clocks, default_cache, open_events, price_folder
from backtest.plan import Plan, make_plan
from backtest.prices.source import open_source
from backtest.results.asked import Asked
from backtest.results.result import StudyResult
from backtest.results.sector_needs import needed_sectors
from backtest.spec import DEFAULT_TESTS, Measure, Missing, Returns, StudySpec, Window
from backtest.study import run_study

WindowLike = Window | str | tuple[int, int]


def run(
    events: str | Path | None = None,
    prices: str | Path = "auto",
    *,
    model: str | Sequence[str] = "market",
    benchmark: str = "SPY",
    factors: str | Sequence[str] = (),
    factor_data: str | Path | None = None,
    sectors: str | Path | None = None,
    estimation: WindowLike = "-260:-11",
    window: WindowLike = "-10:10",
    cars: str | Iterable[WindowLike] = (),
    returns: Returns = "simple",
    measure: Measure = "return",
    tests: str | Sequence[str] = DEFAULT_TESTS,
    group_by: str | Sequence[str] = (),
    missing: Missing = "strict",
    min_obs: int = 100,
    selection: str | Sequence[str] = (),
    cache: str | Path | Literal[False] | None = None,
    store: str | Path | None = None,
    jobs: int | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    shared: str | None = None,
    now: dt.datetime | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> StudyResult:
    """Run an event study.

    Args:
        events: a YAML file, a folder of them, or a `.csv`/`.parquet` table; default the calendar.
        prices: `auto`, `snapshot`, `yahoo`, or a table of prices.
        model: keys of expected-return models; market values use the first.
        benchmark: ticker of the market return.
        factors: what the model `factors` regresses on, joined by `+` or one by one: columns of the
            factor data, TICKERS of the prices, or `market`; `rf` puts returns in excess form.
        factor_data: table of daily factor returns in decimals, read only where a model needs any;
            default the French library as fetched by `backtest prices factors`, else the shipped
            ones.
        sectors: table of `ticker, sector`; controls (`matched`, `synthetic`) are of one sector.
        estimation: estimation window in sessions from τ = 0.
        window: event window.
        cars: CAR windows inside the event window; default the usual ones that fit.
        returns: `simple` or `log`.
        measure: what is studied: `return`; `volume`, the logarithm of the shares traded; or
            `volatility`, the squared abnormal return as a multiple of its variance.
        tests: keys of tests, over samples and of single events, or `all`.
        group_by: groupings of the sample tests.
        missing: `strict` or `lenient` about missing days inside a CAR window.
        min_obs: fewest valid estimation days.
        selection: event ids (globs), `tag:x`, `ticker:X`, `role:x`.
        cache: cache folder; None for the default one, False to keep nothing, nor use fetched
            factors.
        store: cache folder whose price store is read and added to; None for that of `cache`, the
            default one where nothing is kept.
        jobs: threads, or worker processes of Dask; default all processors.
        engine: where blocks are computed: `local`, threads of this process, or `dask`. The numbers
            are the same bits. Dask starts processes, so a script that asks for it without a
            scheduler must guard its start by `if __name__ == "__main__":`.
        scheduler: address of a running Dask scheduler; None starts workers here.
        shared: a folder or an address (`s3://…`) that this machine and all Dask workers see. They
            read the panel there and keep every block in it, so that a study that was interrupted
            goes on where it stopped; None sends both over the network and keeps nothing.
        now: the present, for tests.
        progress: called with (ticker, done, total) while prices are pulled.

    Returns:
        The tables of the study.

    Raises:
        BadUsage: an option that cannot be meant.
        BadInput: events, prices, factor data or sectors that cannot be read.
        DataUnavailable: prices that could not be had, or a scheduler that does not answer.
    """
    return run_study(
        planned(
            events,
            prices,
            model=model,
            benchmark=benchmark,
            factors=factors,
            factor_data=factor_data,
            sectors=sectors,
            estimation=estimation,
            window=window,
            cars=cars,
            returns=returns,
            measure=measure,
            tests=tests,
            group_by=group_by,
            missing=missing,
            min_obs=min_obs,
            selection=selection,
            cache=cache,
            store=store,
            jobs=jobs,
            engine=engine,
            scheduler=scheduler,
            shared=shared,
            now=now,
            progress=progress,
        )
    )


def planned(
    events: str | Path | None = None,
    prices: str | Path = "auto",
    *,
    model: str | Sequence[str] = "market",
    benchmark: str = "SPY",
    factors: str | Sequence[str] = (),
    factor_data: str | Path | None = None,
    sectors: str | Path | None = None,
    estimation: WindowLike = "-260:-11",
    window: WindowLike = "-10:10",
    cars: str | Iterable[WindowLike] = (),
    returns: Returns = "simple",
    measure: Measure = "return",
    tests: str | Sequence[str] = DEFAULT_TESTS,
    group_by: str | Sequence[str] = (),
    missing: Missing = "strict",
    min_obs: int = 100,
    selection: str | Sequence[str] = (),
    cache: str | Path | Literal[False] | None = None,
    store: str | Path | None = None,
    jobs: int | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    shared: str | None = None,
    now: dt.datetime | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Plan:
    """Check everything that a study names, and return what can run; arguments as of `run`.

    Raises:
        BadUsage, BadInput: as `run`.
    """
    from backtest.events.default import default_calendar

    spec = _spec(
        _windows(estimation, window, cars),
        models=_names(model),
        benchmark=benchmark,
        returns=returns,
        measure=measure,
        missing=missing,
        min_obs=min_obs,
        tests=_names(tests),
        group_by=tuple(dict.fromkeys(_names(group_by))),
        factors=_factors(factors),
    )
    _check_names(spec, engine, scheduler, shared)
    within = needed_sectors(spec.models, Path(sectors) if sectors else None)
    folder = None if cache is False else Path(cache) if cache else default_cache()
    now = now or dt.datetime.now(dt.UTC)
    clocks = Clocks(folder)
    source = open_source(
        str(prices),
        cache_dir=price_folder(store, folder),
        now=now,
        progress=progress,
    )
    opened = open_events(
        Path(events) if events else default_calendar(),
        clocks,
        selection=_names(selection),
        group_by=spec.group_by,
        cache_dir=folder,
    )
    asked = Asked(
        spec,
        events=str(events) if events else None,
        prices=str(prices),
        selection=_names(selection),
        factor_data=str(factor_data) if factor_data else None,
        sectors=str(sectors) if sectors else None,
        fetched=folder is not None,
        now=now,
    )
    return make_plan(
        spec,
        opened,
        source,
        clocks,
        factor_data=Path(factor_data) if factor_data else None,
        sectors=within,
        cache_dir=folder,
        jobs=jobs,
        engine=engine,
        scheduler=scheduler,
        shared=shared,
        asked=asked,
    )


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Read names given as a sequence or as one comma-separated text."""
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(part.strip() for part in parts if part.strip())


def _factors(value: str | Sequence[str]) -> tuple[str, ...]:
    """Read factors given as a sequence or as one text joined by `+`."""
    from backtest.prices.factors import factor_name

    names = _names(value.replace("+", ",") if isinstance(value, str) else value)
    return tuple(factor_name(name) for name in names)


def _windows(
    estimation: WindowLike, window: WindowLike, cars: str | Iterable[WindowLike]
) -> tuple[Window, ...]:
    """Read the estimation window, the event window and the CAR windows.

    Raises:
        BadUsage: with every one that is no window.
    """
    problems: list[Problem] = []

    def read(value: WindowLike, option: str) -> Window:
        try:
            return _window(value, option)
        except BadUsage as error:
            problems.extend(error.problems)
            return Window(0, 0)

    found = [read(estimation, "estimation"), read(window, "window")]
    wanted = _names(cars) if isinstance(cars, str) else cars
    found += [read(car, "cars") for car in wanted]
    if problems:
        raise BadUsage(problems)
    return tuple(found)


def _window(value: WindowLike, option: str) -> Window:
    if isinstance(value, Window):
        return value
    if isinstance(value, str):
        return Window.parse(value, option)
    return Window.parse(f"{value[0]}:{value[1]}", option)


def _spec(windows: tuple[Window, ...], *, tests: tuple[str, ...], **rest: Any) -> StudySpec:
    from backtest.inference import every_test

    estimation, window, *cars = windows
    return StudySpec(
        estimation=estimation,
        window=window,
        cars=tuple(dict.fromkeys(cars)),
        tests=every_test() if tests == ("all",) else tests,
        **rest,
    )


def _check_names(spec: StudySpec, engine: str, scheduler: str | None, shared: str | None) -> None:
    """Look every plug-in up.

    Raises:
        BadUsage: with every name that is unknown, and an engine that cannot be used.
    """
    from backtest.executors import workers
    from backtest.inference import sample_tests_of
    from backtest.models import models

    problems: list[Problem] = []
    lookups: list[Callable[[], object]] = [
        *(partial(models.get, key) for key in spec.models),
        *(partial(sample_tests_of, [key]) for key in spec.tests),
        partial(workers, engine, 1, scheduler, shared),
    ]
    for look_up in lookups:
        try:
            look_up()
        except BadUsage as error:
            problems.extend(error.problems)
    if problems:
        raise BadUsage(problems)
