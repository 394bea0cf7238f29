"""Tests over samples and of single events, one file each; a new one is a new file with a `TEST`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from backtest.registry import Registry

if TYPE_CHECKING:
    from backtest.engine.event_test import EventTest
    from backtest.engine.sample import SampleTest

tests: Registry[SampleTest] = Registry("backtest.inference", "TEST", "test")
single_tests: Registry[EventTest] = Registry("backtest.inference.single", "TEST", "test")


def every_test() -> tuple[str, ...]:
    """Return the keys of all tests, sorted."""
    return tuple(sorted({*tests.keys(), *single_tests.keys()}))


def sample_tests_of(keys: Iterable[str]) -> tuple[SampleTest, ...]:
    """Return those of some tests that are over samples.

    Raises:
        BadUsage: a key that no test has.
    """
    of_events = single_tests.keys()
    return tuple(tests.get(key, also=of_events) for key in keys if key not in of_events)


def event_tests_of(keys: Iterable[str]) -> tuple[EventTest, ...]:
    """Return those of some tests that are of single events."""
    of_events = single_tests.keys()
    return tuple(single_tests.get(key) for key in keys if key in of_events)
