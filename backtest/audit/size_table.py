"""The table of rejection rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.audit.bands import rate_of
from backtest.audit.draw import Design
from backtest.audit.known import known_failure
from backtest.audit.trials import Verdicts
from backtest.contracts import Frame, frame_columns
from backtest.engine.arrays import Floats, Ints
from backtest.engine.sample import SampleTest

if TYPE_CHECKING:
    import polars as pl

SIZE = Frame(
    "size",
    "design × events × test × added return × nominal level",
    ("design", "n", "test", "added", "level"),
    frame_columns(
        "design:String n:Int32:events test:String added::decimal level::share samples:Int32 "
        "tested:Int32 rejected:Int32 rate::share low::share high::share effective::samples "
        "known_failure:String reason:String"
    ),
)
LEVELS = (0.01, 0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Group:
    """Samples of one design and n, and what the tests said.

    Attributes:
        design: how they were drawn.
        n: events in a sample.
        added: the abnormal returns added.
        samples: drawn, those that could not be estimated included.
        tests: the tests.
        verdicts: their answers.
    """

    design: Design
    n: int
    added: tuple[float, ...]
    samples: int
    tests: tuple[SampleTest, ...]
    verdicts: Verdicts


def size_table(groups: Sequence[Group]) -> pl.DataFrame:
    """Return `SIZE`: the share of samples in which p ≤ level, with its 95 % Wilson band.

    With one date a sample, samples of the same date depend on each other: the band is that of the
    `effective` number of independent samples.
    """
    import polars as pl

    rows = [row for group in groups for row in _rows(group)]
    frame = pl.DataFrame(rows, schema=SIZE.schema(), orient="row")
    return SIZE.check(frame.sort("design", "n", maintain_order=True))


def _rows(group: Group) -> Iterator[dict[str, object]]:
    verdicts = group.verdicts
    together = group.design == "same_date"
    cluster = verdicts.date if together else np.arange(len(verdicts.date))
    for which, test in enumerate(group.tests):
        for place, added in enumerate(group.added):
            p = verdicts.p[:, place, which]
            defined = np.isfinite(p)
            for level in LEVELS:
                yield {
                    "design": group.design,
                    "n": group.n,
                    "test": test.key,
                    "added": added,
                    "level": level,
                    "samples": group.samples,
                    "tested": int(defined.sum()),
                    **_rate(p[defined], cluster[defined], level),
                    "known_failure": known_failure(test, group.design, group.n),
                    "reason": None if defined.all() else verdicts.reasons.get(test.key),
                }


def _rate(p: Floats, cluster: Ints, level: float) -> dict[str, object]:
    if not len(p):
        return dict.fromkeys(("rejected", "rate", "low", "high", "effective"))
    found = rate_of(p <= level, cluster)
    return {
        "rejected": found.rejected,
        "rate": found.rate,
        "low": found.low,
        "high": found.high,
        "effective": found.effective,
    }
