"""Tests over a sample of events, one file each; a new one is a new file with a `TEST`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.registry import Registry

if TYPE_CHECKING:
    from backtest.engine.sample import SampleTest

tests: Registry[SampleTest] = Registry("backtest.inference", "TEST", "test")
