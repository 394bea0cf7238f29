"""Blocks to be computed elsewhere; processes other than the tests' import this."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from support.studies import noise

from backtest.engine.block import Block, Fit
from backtest.engine.estimate import Estimates, Job
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


class Wrong:
    """A model that fails, in the worker."""

    key, title, source, formula, regressors = "wrong", "wrong", "none", "none", ("market",)

    def fit(self, block: Block) -> Fit:
        raise BadUsage.because("wrong", f"not with {len(block.event)} events")
