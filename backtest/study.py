"""The study: the only file that knows the order of things.

    events ─► table ─► prices ─► panels ─► placed observations ─► models ─► event-level tables
                                                                     └► samples ─► claims ─► result

Everything a user can get wrong is checked before the first price is read. What was computed before,
from the same inputs, is taken from the cache: the whole study where nothing changed, else event by
event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

from backtest.contracts import CARS, EVENT_TESTS, EXCLUDED, TABLES
from backtest.engine.mapping import Mapper
from backtest.inference.permutation import TEST as PERMUTATION
from backtest.masking import masked
from backtest.plan import Plan
from backtest.results.cache import STUDIES
from backtest.results.compaction import compact
from backtest.results.compute import excluded_by_fit, without_shares
from backtest.results.controls import with_pools
from backtest.results.event_frames import OBS
from backtest.results.event_level import EventLevel, HistoryLost, event_level, stored
from backtest.results.event_permutation import with_permutation
from backtest.results.gaps import gap_notes
from backtest.results.histories import Histories
from backtest.results.kept_groups import GROUPS, earlier_groups
from backtest.results.keys import ENGINE_VERSION, study_key
from backtest.results.markets import with_factors
from backtest.results.measures import refuse_missing_volumes
from backtest.results.place import Placed, absent, located, place
from backtest.results.placebos import Placebos, placebos
from backtest.results.result import Provenance, StudyResult, Told
from backtest.results.sample_frame import DESIGN, MEMBERS, sample_designs, sample_tests
from backtest.results.sector_needs import sector_notes
from backtest.results.whole_tables import load_markets
from backtest.valuation.claims_table import claims_table

if TYPE_CHECKING:
    import polars as pl


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
    observations = tables.pop("keys")
    tables_of_events = stored(plan.cache, observations, facts["segment"])
    if tables_of_events is None:
        return None
    told = Told(**facts["told"])
    return _result(plan, {**tables_of_events, **tables}, told, computed=0, reused=len(observations))


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
    events = event_level(placed, plan.models, plan.spec, map_blocks, plan.cache)
    tested = _sample_level(plan, placed, events, unpriced, map_blocks)
    samples = {**tested, "observations": observed}
    notes = (
        *gap_notes(placed, events.tables["cars"], plan.spec),
        *sector_notes(placed, plan.sectors),
    )
    told = Told(  # What is kept and shown, whatever a provider says of its place.
        prices=masked(markets.described),
        prices_to=str(markets.last_date) if markets.last_date else None,
        warnings=[masked(note) for note in (*plan.events.table.notes, *markets.notes, *notes)],
    )
    if key:
        by_group = samples["sample_tests"]
        groups = by_group[MEMBERS].unique().to_list() if MEMBERS in by_group.columns else []
        facts = {"segment": events.segment, "told": asdict(told), GROUPS: groups}
        plan.cache.write(STUDIES, key, {**samples, "keys": events.keys}, facts)
        compact(plan.cache, plan.spec)
    reused = sum(len(one.rows) for one in placed) - events.computed
    return _result(
        plan, {**events.tables, **samples}, told, computed=events.computed, reused=reused
    )


def _nothing(plan: Plan) -> StudyResult:
    """Return the empty result of events none of which is an observation, with the reasons."""
    table = plan.events.table
    excluded = table.excluded
    claims = claims_table(table.statements, (), absent(excluded))
    tables = {frame.name: frame.empty() for frame in TABLES}
    observed = {"headlines": table.headlines, "observations": table.observations}
    told = Told(masked(plan.source.describe()), None, list(table.notes))
    kept = {**tables, **observed, "claims": claims, "excluded": excluded}
    return _result(plan, kept, told, computed=0, reused=0)


def _sample_level(
    plan: Plan,
    placed: Sequence[Placed],
    events: EventLevel,
    unpriced: pl.DataFrame,
    map_blocks: Mapper,
) -> dict[str, pl.DataFrame]:
    """Test the samples, judge the claims and collect what was left out."""
    import polars as pl

    table, made = plan.events.table, events.tables
    fits, caps = made["fits"], made["market_caps"]
    excluded = EXCLUDED.check(
        pl.concat([table.excluded, unpriced, excluded_by_fit(fits), without_shares(fits, caps)])
    )
    draw = cache(lambda: placebos(placed, plan.models, plan.spec, map_blocks))
    tested = sample_tests(
        made,
        table.memberships,
        plan.tests,
        plan.spec,
        lambda: Histories.of(events.history(), placed, plan.spec),
        map_blocks,
        draw,
        earlier_groups(plan.cache, events.keys, plan.spec),
    )
    where = located(placed, table.statements)
    claims = claims_table(table.statements, where, absent(excluded))
    return {
        "sample_tests": tested,
        **_placed_among(plan, made, draw),
        "claims": claims,
        "excluded": excluded,
        "headlines": table.headlines,
    }


def _placed_among(
    plan: Plan, made: Mapping[str, pl.DataFrame], draw: Callable[[], Placebos]
) -> dict[str, pl.DataFrame]:
    """Return the table `event_tests` of a study with the permutation test, else nothing.

    It comes before the events' own table of that name.
    """
    if PERMUTATION.key not in plan.spec.tests:
        return {}
    name = EVENT_TESTS.name
    return {name: with_permutation(made[name], made[CARS.name], draw(), plan.spec)}


def _result(
    plan: Plan, tables: Mapping[str, pl.DataFrame], told: Told, *, computed: int, reused: int
) -> StudyResult:
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
    tables = {**tables, "sample_designs": sample_designs(tables["sample_tests"])}
    public = {frame.name: frame.check(_shown(tables[frame.name])) for frame in TABLES}
    return StudyResult(
        spec=plan.spec,
        **{**tables, **public},
        memberships=plan.events.table.memberships,
        provenance=provenance,
        warnings=(
            *told.warnings,
            *(plan.factors.faults if plan.factors else ()),
            *plan.cache.notes,
        ),
    )


def _shown(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table without the columns that serve our own bookkeeping.

    Not `drop`: the rows' numbers are cut otherwise than the other columns of a spliced table, and
    all of these would be copied to make them alike.
    """
    import polars as pl

    ours = {OBS, MEMBERS, DESIGN}
    return pl.DataFrame([column for column in table.get_columns() if column.name not in ours])
