"""The study: the only file that knows the order of things.

    events ─► table ─► prices ─► panels ─► placed observations ─► models ─► event-level tables
                                                                     └► samples ─► claims ─► result

Everything a user can get wrong is checked before the first price is read. What was computed before,
from the same inputs, is taken from the cache: the whole study where nothing changed, else event by
event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING

from backtest.contracts import CARS, CLAIMS, EVENT_TESTS, EXCLUDED, SAMPLE_TESTS, TABLES
from backtest.engine.mapping import Mapper
from backtest.engine.sample import uses_placebos
from backtest.inference.permutation import TEST as PERMUTATION
from backtest.masking import masked
from backtest.plan import Plan
from backtest.results.cache import STUDIES
from backtest.results.changes import change_notes, changed_figures
from backtest.results.compaction import compact
from backtest.results.controls import with_pools
from backtest.results.coverage import COLUMNS, coverage, covered_within, nothing_covered
from backtest.results.event_level import HistoryLost, event_level, stored
from backtest.results.event_permutation import with_permutation
from backtest.results.event_tables import EventTables
from backtest.results.gaps import gap_notes
from backtest.results.kept_groups import GROUPS, earlier_groups
from backtest.results.keys import ENGINE_VERSION, study_key
from backtest.results.large import large_level, large_tables
from backtest.results.level import SEGMENT, SEGMENTS_IN_ORDER, Level, in_memory, level_in_memory
from backtest.results.markets import Markets, with_factors
from backtest.results.measures import refuse_missing_volumes
from backtest.results.place import Placed, absent, located, place
from backtest.results.placebos import placebos
from backtest.results.receipt import Origin
from backtest.results.result import Provenance, StudyResult, Told
from backtest.results.sample_frame import MEMBERS, sample_designs, sample_tests
from backtest.results.sector_needs import sector_notes
from backtest.results.shards import is_large
from backtest.results.unanswered import unanswered_notes
from backtest.results.whole_tables import load_markets
from backtest.valuation.claims_table import claims_table

if TYPE_CHECKING:
    import polars as pl

COVERAGE = "coverage"


def run_study(plan: Plan) -> StudyResult:
    """Run a study, or take it from the cache where its inputs are unchanged.

    Raises:
        DataUnavailable: the benchmark or a factor has no prices, or no volumes where they are
            studied; or a scheduler does not answer.
    """
    fingerprint = plan.source.fingerprint() if plan.cache.folder else None
    data = [one.digest() for one in (plan.factors, plan.sectors) if one]
    key = study_key(plan.spec, plan.events.digest, fingerprint, *data) if fingerprint else None
    cached = _whole(plan, key) if key else None
    if cached:
        return cached
    with plan.workers as map_blocks:
        try:
            return _run(plan, key, map_blocks)
        except HistoryLost:  # The damaged segment is gone now, so its events are computed anew.
            return _run(plan, key, map_blocks)


def _whole(plan: Plan, key: str) -> StudyResult | None:
    """Return the study as it was finished before, or None."""
    entry = plan.cache.read(STUDIES, key)
    if entry is None:
        return None
    tables, facts = entry
    if COVERAGE not in tables or tables[COVERAGE].columns != [
        *COLUMNS
    ]:  # of an earlier version of the program
        plan.cache.remove(STUDIES, [key])
        return None
    had = tables.pop(COVERAGE)
    observations = tables.pop("keys")
    events: EventTables | None
    if SEGMENTS_IN_ORDER in facts:
        events = large_tables(plan.cache, facts[SEGMENTS_IN_ORDER])
    else:
        found = stored(plan.cache, observations, facts[SEGMENT])
        events = None if found is None else in_memory({**found, **tables})
    if events is None:
        return None
    told = Told(**facts["told"])
    result = _result(plan, events, tables, told, computed=0, reused=len(observations))
    return replace(result, origin=_origin(plan, lambda: had))


def _run(plan: Plan, key: str | None, map_blocks: Mapper) -> StudyResult:
    if plan.events.table.observations.is_empty():
        return _nothing(plan)
    markets = with_factors(
        load_markets(
            plan.events.table.observations, plan.source, plan.spec, plan.clocks.of, plan.panels
        ),
        plan.factors,
        plan.spec,
    )
    refuse_missing_volumes(markets, plan.models, plan.spec)
    observed = markets.quoted(plan.events.table.observations)
    priced, unpriced = place(observed, markets)
    placed = with_pools(priced, plan.spec, plan.sectors)
    level, permuted = _level(plan, placed, map_blocks)
    changes = changed_figures(
        plan.cache, plan.asked, observed, level.keys, level.tables, plan.source
    )
    tested = _sample_level(plan, placed, level, unpriced, map_blocks)
    samples = {**permuted, **tested, "observations": observed}
    notes = (
        *gap_notes(placed, level.empty, plan.spec),
        *sector_notes(placed, plan.sectors),
        *unanswered_notes(level.unanswered, plan.spec),
    )
    told = Told(  # What is kept and shown, whatever a provider says of its place.
        prices=masked(markets.described),
        prices_to=str(markets.last_date) if markets.last_date else None,
        warnings=[masked(note) for note in (*plan.events.table.notes, *markets.notes, *notes)],
    )
    had = _coverage(plan, markets, placed, observed)
    if key:
        by_group = samples["sample_tests"]
        groups = sorted(by_group[MEMBERS].unique()) if MEMBERS in by_group.columns else []
        facts = {**level.facts, "told": asdict(told), GROUPS: groups}
        kept = {**samples, "keys": level.keys, COVERAGE: had()}
        plan.cache.write(STUDIES, key, kept, facts)
        compact(plan.cache, plan.spec)
    reused = sum(len(one.rows) for one in placed) - level.computed
    result = _result(plan, level.tables, samples, told, computed=level.computed, reused=reused)
    warnings = (*result.warnings, *change_notes(changes, plan.spec))
    origin = _origin(plan, had)
    if plan.cache.folder is None:  # Else the panels are let go.
        origin = replace(origin, within=lambda windows: covered_within(markets, windows))
    return replace(result, changes=changes, warnings=warnings, origin=origin)


def _coverage(
    plan: Plan, markets: Markets, placed: Sequence[Placed], observed: pl.DataFrame
) -> Callable[[], pl.DataFrame]:
    """Return what says which prices the study had.

    With a cache all of it is known already; without one it is left until somebody asks.
    """
    studied = set(observed["ticker"].to_list())
    if plan.cache.folder is None:
        return lambda: coverage(markets, placed, studied, plan.spec, plan.source)
    had = coverage(markets, placed, studied, plan.spec, plan.source)
    return lambda: had


def _level(
    plan: Plan, placed: Sequence[Placed], map_blocks: Mapper
) -> tuple[Level, dict[str, pl.DataFrame]]:
    """Estimate the observations.

    Returns:
        What is known of them, and where the permutation test is among the tests `event_tests` with
        its answers too.
    """
    if is_large(placed, plan.spec, plan.tests):
        return large_level(placed, plan.models, plan.spec, map_blocks, plan.cache), {}
    draw = cache(lambda: placebos(placed, plan.models, plan.spec, map_blocks))
    events = event_level(placed, plan.models, plan.spec, map_blocks, plan.cache)
    looked_at = any(uses_placebos(test) for test in plan.tests)
    level = level_in_memory(events, placed, plan.spec, draw if looked_at else None)
    if PERMUTATION.key not in plan.spec.tests:
        return level, {}
    name, made = EVENT_TESTS.name, events.tables
    permuted = {name: with_permutation(made[name], made[CARS.name], draw(), plan.spec)}
    return replace(level, tables=in_memory({**made, **permuted})), permuted


def _nothing(plan: Plan) -> StudyResult:
    """Return the empty result of events none of which is an observation, with the reasons."""
    table = plan.events.table
    excluded = table.excluded
    claims = claims_table(table.statements, (), absent(excluded))
    tables = {frame.name: frame.empty() for frame in TABLES}
    observed = {"headlines": table.headlines, "observations": table.observations}
    told = Told(masked(plan.source.describe()), None, list(table.notes))
    kept = {**tables, **observed, "claims": claims, "excluded": excluded}
    result = _result(plan, in_memory(tables), kept, told, computed=0, reused=0)
    return replace(result, origin=_origin(plan, nothing_covered))


def _sample_level(
    plan: Plan,
    placed: Sequence[Placed],
    level: Level,
    unpriced: pl.DataFrame,
    map_blocks: Mapper,
) -> dict[str, pl.DataFrame]:
    """Test the samples, judge the claims and collect what was left out."""
    import polars as pl

    table = plan.events.table
    excluded = EXCLUDED.check(pl.concat([table.excluded, unpriced, level.unused, level.unvalued]))
    tested = sample_tests(
        level.samples,
        table.memberships,
        plan.tests,
        plan.spec,
        map_blocks,
        earlier_groups(plan.cache, level.keys, plan.spec),
    )
    where = located(placed, table.statements)
    claims = claims_table(table.statements, where, absent(excluded))
    return {
        "sample_tests": tested,
        "claims": claims,
        "excluded": excluded,
        "headlines": table.headlines,
    }


def _result(
    plan: Plan,
    events: EventTables,
    tables: Mapping[str, pl.DataFrame],
    told: Told,
    *,
    computed: int,
    reused: int,
) -> StudyResult:
    """Put a result together; `tables` are those that are not by event, and what serves reports."""
    provenance = Provenance(
        events=plan.events.described,
        prices=told.prices,
        prices_to=told.prices_to,
        factors=plan.factors.describe() if plan.factors else None,
        sectors=plan.sectors.describe() if plan.sectors else None,
        engine=ENGINE_VERSION,
        computed=computed,
        reused=reused,
    )
    tested = tables[SAMPLE_TESTS.name]
    return StudyResult(
        spec=plan.spec,
        event_tables=events,
        sample_tests=SAMPLE_TESTS.check(tested.select(SAMPLE_TESTS.names)),
        sample_designs=sample_designs(tested),
        claims=CLAIMS.check(tables[CLAIMS.name]),
        excluded=EXCLUDED.check(tables[EXCLUDED.name]),
        headlines=tables["headlines"],
        observations=tables["observations"],
        memberships=plan.events.table.memberships,
        provenance=provenance,
        warnings=(
            *told.warnings,
            *(plan.factors.faults if plan.factors else ()),
            *plan.cache.notes,
        ),
    )


def _origin(plan: Plan, had: Callable[[], pl.DataFrame]) -> Origin:
    return Origin(
        provider=str(getattr(plan.source, "key", "")),
        events=plan.events.digest,
        factors=plan.factors.digest() if plan.factors else None,
        sectors=plan.sectors.digest() if plan.sectors else None,
        coverage=had,
        asked=plan.asked,
    )
