"""Loading 10,000 announcements of the shipped calendar's shape and size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml
from measure import Step, alternate
from pytest_benchmark.fixture import BenchmarkFixture
from workload.announcements import FULL, move

from backtest.events.load import load_announcements

STOCK = "PyYAML's CSafeLoader"
COLD = "nothing known"


def test_load(
    benchmark: BenchmarkFixture,
    calendars: Callable[[str], Path],
    new_cache: Callable[[], None],
    tmp_path: Path,
) -> None:
    folder = calendars(FULL)
    files = sorted(folder.iterdir())

    def stock() -> None:
        for path in files:
            yaml.load(path.read_bytes(), yaml.CSafeLoader)

    def load() -> None:
        loaded = load_announcements(folder, cache_dir=tmp_path / "cache")
        assert len(loaded) == len(files)

    alternate(
        benchmark,
        "loading 10,000 SIMULATED announcements of the shipped shape",
        Step(STOCK, stock, count=len(files)),
        Step(COLD, load, over=STOCK, count=len(files), before=new_cache),
        Step("all unchanged", load, over=COLD, count=len(files)),
        Step("one file changed", load, over=COLD, before=lambda: move(files[3])),
        rounds=3,
        warm_up=False,
    )
