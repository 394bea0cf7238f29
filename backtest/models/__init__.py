"""Expected-return models, one file each; a new one is a new file with a `MODEL`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.registry import Registry

if TYPE_CHECKING:
    from backtest.engine.block import ExpectedReturnModel
    from backtest.spec import StudySpec

models: Registry[ExpectedReturnModel] = Registry("backtest.models", "MODEL", "model")


def model_for(key: str, spec: StudySpec) -> ExpectedReturnModel:
    """Return a model as a study means it: one that takes options of the study is given them.

    Raises:
        BadUsage: no model has this key.
    """
    from backtest.engine.block import Adaptable

    model = models.get(key)
    return model.for_study(spec) if isinstance(model, Adaptable) else model
