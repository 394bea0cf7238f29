"""Stages add up, a stage inside another is not counted twice, and nobody asking costs nothing."""

from __future__ import annotations

import time

import pytest

from backtest.stages import STAGES, Stage, computed, count, recording, stage


@stage("fit")
def fit(seconds: float) -> None:
    time.sleep(seconds)
    count("fit", 10, 7)
    with stage("write"):
        time.sleep(seconds)


def test_time_inside_is_taken_off_the_outer_stage() -> None:
    with recording() as seen:
        fit(0.03)
        fit(0.03)
        computed(iter(["a", "b", "a"]))
    assert list(seen.stages) == list(STAGES)
    inner, outer = seen.stages["write"], seen.stages["fit"]
    assert inner.seconds >= 0.06
    assert outer.seconds >= 0.06
    assert sum(one.seconds for one in seen.stages.values()) <= seen.seconds
    assert (outer.items, outer.reused, outer.recomputed) == (20, 14, 6)
    assert seen.stages["tests"] == Stage("tests")
    assert seen.fresh == ["a", "b"]


def test_an_error_ends_the_stage_and_the_recording() -> None:
    with pytest.raises(ValueError, match="inside"), recording() as seen, stage("load"):
        raise ValueError("inside")
    assert seen.stages["load"].seconds > 0
    count("load", 5)
    assert seen.stages["load"].items == 0


def test_without_a_recording_nothing_is_kept() -> None:
    computed(iter([]))
    fit(0.0)
    with recording() as seen:
        pass
    assert all(one.items == 0 for one in seen.stages.values())
