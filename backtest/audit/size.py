"""The size and power of every sample test on real returns (Brown & Warner 1980, 1985)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.audit.draw import Design, Pool, can_draw
from backtest.audit.size_plan import SizePlan
from backtest.audit.size_table import Group, size_table
from backtest.audit.trials import Piece, Setting, pieces, run_piece, together
from backtest.audit.universe import Universe, read_universe
from backtest.audit.workers import map_shared
from backtest.errors import DataUnavailable
from backtest.inference import tests
from backtest.models import model_for
from backtest.results.source import Source

if TYPE_CHECKING:
    import polars as pl

FEW = 200
"""Securities below which an audit warns of their number."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SizeAudit:
    """The answer.

    Attributes:
        plan: what was asked.
        table: `SIZE`.
        prices: the source in one line.
        observations, dates, securities: security-days that could be drawn, and of what.
        notes: sentences for the user.
    """

    plan: SizePlan
    table: pl.DataFrame
    prices: str
    observations: int
    dates: int
    securities: int
    notes: tuple[str, ...]


def audit_size(
    plan: SizePlan, source: Source, *, jobs: int = 1, progress: Progress | None = None
) -> SizeAudit:
    """Draw placebo samples from all securities of a source and count what the tests reject.

    Args:
        plan: what is drawn and tested.
        source: the prices.
        jobs: processes; answers do not depend on their number.
        progress: called with (what, done, all).

    Raises:
        BadUsage: the source cannot list its securities.
        DataUnavailable: no benchmark, or no security has prices for the windows.
    """
    universe = read_universe(source, plan.spec)
    pool = Pool.of(universe, plan.spec)
    if not len(pool.day0):
        raise DataUnavailable.because(
            "no-placebos",
            f"no security of {universe.described} has returns for the windows "
            f"{plan.estimation} and {plan.window}",
            field="estimation",
            hint="shorten the estimation window, or name a longer table with --prices",
        )
    names = [(design, n) for design in plan.designs for n in plan.events]
    possible = [(design, n) for design, n in names if can_draw(pool, design, n)]
    lacking = [str(n) for design, n in names if (design, n) not in possible]
    securities = len(np.unique(pool.securities))
    notes = list(universe.notes)
    if securities < FEW:
        notes.append(
            f"only {securities} securities: samples overlap, and the rates hold for them alone"
        )
    if lacking:
        notes.append(
            f"same-date samples of {', '.join(lacking)} events cannot be drawn: at most "
            f"{np.diff(pool.starts).max()} securities share a date"
        )
    groups = _tried(plan, universe, pool, possible, jobs, progress)
    return SizeAudit(
        plan,
        size_table(groups),
        universe.described,
        len(pool.day0),
        len(pool.starts) - 1,
        securities,
        tuple(notes),
    )


def _tried(
    plan: SizePlan,
    universe: Universe,
    pool: Pool,
    possible: list[tuple[Design, int]],
    jobs: int,
    progress: Progress | None,
) -> list[Group]:
    """Test all samples; those with returns added are the first ones of the same streams."""
    setting = Setting(
        universe,
        pool,
        plan.spec,
        model_for(plan.model, plan.spec),
        tuple(tests.get(key) for key in plan.tests),
        plan.seed,
    )
    none = tuple(one for one in plan.added if not one)
    some = tuple(one for one in plan.added if one)
    tries = [(none, plan.samples), (some, min(plan.samples, plan.power_samples))]
    wanted: dict[tuple[Design, int, tuple[float, ...]], list[Piece]] = {
        (design, n, added): list(pieces(design, n, added, samples))
        for design, n in possible
        for added, samples in tries
        if added
    }
    every = [piece for cut in wanted.values() for piece in cut]
    done = []
    for verdicts in map_shared(run_piece, setting, every, jobs):
        done.append(verdicts)
        if progress:
            progress(f"samples of {every[len(done) - 1].n}", len(done), len(every))
    answers = iter(done)
    return [
        Group(
            design,
            n,
            added,
            sum(piece.samples for piece in cut),
            setting.tests_of(n),
            together([next(answers) for _ in cut]),
        )
        for (design, n, added), cut in wanted.items()
    ]
