"""Blocks to be computed elsewhere; processes other than the tests' import this."""

from __future__ import annotations

import time
from dataclasses import fields, replace

import numpy as np
from support.studies import noise

from backtest.engine.block import Block, Fit
from backtest.engine.estimate import estimate_block
from backtest.engine.estimates import Estimates
from backtest.engine.job import Job
from backtest.errors import BadUsage
from backtest.models import model_for
from backtest.spec import StudySpec


def job(model: str = "market", count: int = 600) -> Job:
    """Return the same simulated observations each time."""
    rng = np.random.default_rng(3)
    spec = StudySpec(min_obs=20)
    rows, day0 = rng.integers(1, 12, count), rng.integers(270, 380, count)
    return Job(noise(3), {"market": 0}, rows, day0, model_for(model, spec), spec)


def arrays(made: Estimates) -> list[bytes]:
    """Return the bytes of every array."""
    out = []
    for field in fields(made):
        value = getattr(made, field.name)
        parts = value.values() if isinstance(value, dict) else [value]
        out += [part.tobytes() for part in parts]
    return out


def slowly(one: Job) -> Estimates:
    """Estimate a block in no less than some milliseconds, however fast the machine is."""
    time.sleep(0.02)
    return estimate_block(one)


def kinds(one: Job) -> list[tuple[bool, ...]]:
    """Say what kind of arrays a block has where it is computed."""
    every = [array.flags for array in (one.returns, one.rows, one.day0)]
    return [(flags.c_contiguous, flags.aligned, flags.writeable) for flags in every]


def cut(one: Job, count: int) -> list[Job]:
    """Return the first observations of a job in blocks of 10."""
    return [
        replace(one, rows=one.rows[at : at + 10], day0=one.day0[at : at + 10])
        for at in range(0, 10 * count, 10)
    ]


class Wrong:
    """A model that fails, in the worker."""

    key, title, source, formula, regressors = "wrong", "wrong", "none", "none", ("market",)

    def fit(self, block: Block) -> Fit:
        raise BadUsage.because("wrong", f"not with {len(block.event)} events")
