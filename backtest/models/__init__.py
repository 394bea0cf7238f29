"""Expected-return models, one file each; a new one is a new file with a `MODEL`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.registry import Registry

if TYPE_CHECKING:
    from backtest.engine.block import ExpectedReturnModel

models: Registry[ExpectedReturnModel] = Registry("backtest.models", "MODEL", "model")
