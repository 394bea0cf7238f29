"""Placebo samples tested in pieces that know nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backtest.audit.draw import DESIGNS, Design, Pool, draw
from backtest.audit.placebo import placebo_sample, usable
from backtest.audit.placebo_dates import DRAWS, placebo_scars
from backtest.audit.single import SINGLE
from backtest.audit.universe import Universe
from backtest.engine.arrays import Floats, Ints
from backtest.engine.block import ExpectedReturnModel
from backtest.engine.estimate import BLOCK, estimate_block
from backtest.engine.job import Job
from backtest.engine.sample import SampleTest, uses_placebos
from backtest.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Setting:
    """What all pieces of an audit share.

    Attributes:
        universe: the securities.
        pool: their days.
        spec: the study; its event window is its only CAR window, and what is tested.
        model: of normal performance.
        tests: the sample tests.
        seed: of the random numbers; each piece has a stream of its own.
    """

    universe: Universe
    pool: Pool
    spec: StudySpec
    model: ExpectedReturnModel
    tests: tuple[SampleTest, ...]
    seed: int

    def tests_of(self, n: int) -> tuple[SampleTest, ...]:
        """Return the tests of samples of n; those of a single event stand first."""
        return (*SINGLE, *self.tests) if n == 1 else self.tests


@dataclass(frozen=True, slots=True)
class Piece:
    """Some samples of n events each.

    Attributes:
        design: how securities and dates are drawn.
        n: events in a sample.
        added: abnormal returns added on day 0, decimals; each is tested on the same samples.
        number: which piece of its design and n, for its random numbers.
        samples: how many.
    """

    design: Design
    n: int
    added: tuple[float, ...]
    number: int
    samples: int


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the tests said of a piece.

    Attributes:
        p: (B, added, tests) two-sided p of the B samples that could be estimated, NaN where a test
            is not defined.
        date: (B,) session of the first event, which with one date is that of all.
        reasons: why a test was not defined, by its key.
    """

    p: Floats
    date: Ints
    reasons: dict[str, str]


def pieces(design: Design, n: int, added: tuple[float, ...], samples: int) -> Iterator[Piece]:
    """Cut samples into pieces of one estimation block each; the cut does not depend on `added`."""
    each = max(1, BLOCK // n)
    for number, start in enumerate(range(0, samples, each)):
        yield Piece(design, n, added, number, min(each, samples - start))


def run_piece(setting: Setting, piece: Piece) -> Verdicts:
    """Draw, estimate and test the samples of one piece; equal seeds give equal answers."""
    stream = (setting.seed, DESIGNS.index(piece.design), piece.n, piece.number)
    rng = np.random.default_rng(stream)
    rows, day0 = draw(setting.pool, piece.design, piece.n, piece.samples, rng)
    job = _job(setting, rows.ravel(), day0.ravel())
    estimates = estimate_block(job)
    kept = np.flatnonzero(usable(estimates).reshape(day0.shape).all(axis=1))
    tests = setting.tests_of(piece.n)
    placebo = _placebos(setting, job, kept, piece.n, rng) if _any_permutes(tests) else None
    p = np.full((len(kept), len(piece.added), len(tests)), np.nan)
    reasons: dict[str, str] = {}
    sessions = setting.universe.returns.shape[1]
    for place, added in enumerate(piece.added):
        every = placebo_sample(estimates, job.day0, setting.spec, sessions, added)
        every = replace(every, placebo=placebo)
        for at, one in enumerate(kept):
            sample = every.take(np.arange(one * piece.n, (one + 1) * piece.n))
            for which, test in enumerate(tests):
                outcome = test.run(sample)
                p[at, place, which] = outcome.p[0]
                if outcome.reasons[0]:
                    reasons.setdefault(test.key, outcome.reasons[0])
    return Verdicts(p, day0[kept, 0], reasons)


def _job(setting: Setting, rows: Ints, day0: Ints) -> Job:
    universe = setting.universe
    commons = {"market": universe.market}
    return Job(universe.returns, commons, rows, day0, setting.model, setting.spec)


def _any_permutes(tests: Sequence[SampleTest]) -> bool:
    return any(uses_placebos(test) for test in tests)


def _placebos(setting: Setting, job: Job, kept: Ints, n: int, rng: np.random.Generator) -> Floats:
    """Return (observations, draws, 1) SCARs on placebo dates; NaN for samples that are not kept."""
    answer = np.full((len(job.rows), DRAWS, 1), np.nan)
    for one in kept:
        own = slice(one * n, (one + 1) * n)
        sample = replace(job, rows=job.rows[own], day0=job.day0[own])
        answer[own] = placebo_scars(sample, setting.pool, rng)
    return answer


def together(parts: Sequence[Verdicts]) -> Verdicts:
    """Join the pieces of one design and n, in their order."""
    reasons: dict[str, str] = {}
    for part in parts:
        for key, reason in part.reasons.items():
            reasons.setdefault(key, reason)
    return Verdicts(
        np.concatenate([part.p for part in parts]),
        np.concatenate([part.date for part in parts]),
        reasons,
    )
