"""Input that is wrong or merely awkward: one clear message each, the exit code that belongs to it.

A file or option that cannot be meant ends the run with 2, data that are not there with 3; what
concerns some events only leaves these out with a reason and the others as they are.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.bad_input import EVENTS, PRICES, Study
from support.bulk import save
from support.cli import Command, Ran


@pytest.fixture(params=["csv", "parquet"])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def study(cli: Command, tmp_path: Path) -> Study:
    """Run `backtest run --format json` on tables; those not given are sound."""

    def run(
        *options: object,
        events: pl.DataFrame | Path = EVENTS,
        prices: pl.DataFrame | Path = PRICES,
        suffix: str = "csv",
    ) -> Ran:
        paths = [
            one if isinstance(one, Path) else save(one, tmp_path / f"{name}.{suffix}")
            for name, one in (("events", events), ("prices", prices))
        ]
        ran = cli(
            *("run", "--events", paths[0], "--prices", paths[1], "--format", "json", *options)
        )
        assert "Traceback" not in ran.err
        assert "internal error" not in ran.err
        return ran

    return run
