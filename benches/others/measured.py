"""What was measured of one package, and how its answers stand to ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from others.task import Adapter, Floats, Ints

AS_OURS = 1e-9
"""Sums of 21 returns that differ by no more are the same but for rounding."""


def title(adapter: Adapter) -> str:
    """Return the package's name and version, without what it needs besides."""
    return adapter.REQUIREMENT.split()[0].replace("==", " ")


@dataclass(frozen=True)
class Failed:
    """A package that gave nothing.

    Attributes:
        title: the package and the version asked for.
        reason: why, in a line.
    """

    title: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """A package's rounds.

    Attributes:
        title: package and version.
        computes, caution: what its adapter says of it.
        returns: `simple` or `log`.
        seconds: of each round.
        chosen: (n,) which of the task's events a round took.
        cars, errors: (n,) its CARs and their errors, NaN where it gave none.
        tests: its statistics of the sample.
    """

    title: str
    computes: str
    caution: str
    returns: str
    seconds: list[float]
    chosen: Ints
    cars: Floats
    errors: Floats
    tests: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, adapter: Adapter, path: Path) -> Measured:
        """Read what the worker wrote."""
        with np.load(path) as file:
            return cls(
                title(adapter),
                adapter.COMPUTES,
                adapter.CAUTION,
                adapter.RETURNS,
                file["seconds"].tolist(),
                file["chosen"],
                file["cars"],
                file["errors"],
                json.loads(str(file["tests"])),
            )

    @property
    def per_second(self) -> float:
        """Events a second, of the median round."""
        return len(self.chosen) / median(self.seconds)


@dataclass(frozen=True)
class Agreement:
    """A package's answers beside ours of the same events.

    Attributes:
        largest, middle: largest and median absolute difference of the CARs; NaN without any.
        lost: events without a CAR.
        error_ratio: the median of its CARs' errors over ours; NaN without any.
    """

    largest: float
    middle: float
    lost: int
    error_ratio: float

    @classmethod
    def of(cls, theirs: Measured, cars: Floats, errors: Floats) -> Agreement:
        """Compare with our (n,) CARs and their errors."""
        apart = np.abs(theirs.cars - cars)
        there = apart[np.isfinite(apart)]
        ratios = theirs.errors / errors
        known = ratios[np.isfinite(ratios)]
        return cls(
            float(there.max()) if there.size else np.nan,
            float(np.median(there)) if there.size else np.nan,
            int(apart.size - there.size),
            float(np.median(known)) if known.size else np.nan,
        )

    def cars_in_words(self) -> str:
        """Say whether the CARs are ours."""
        lost = f"{self.lost} of them lost" if self.lost else ""
        if np.isnan(self.largest):
            return "none given"
        if self.largest <= AS_OURS:
            return lost or "as ours"
        apart = f"wrong by up to {self.largest:.4f} (median {self.middle:.1g})"
        return f"{apart}, {lost}" if lost else apart

    def errors_in_words(self) -> str:
        """Say what the errors are of ours."""
        return "none given" if np.isnan(self.error_ratio) else f"{self.error_ratio:.3f} of ours"
