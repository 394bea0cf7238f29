"""Which securities of a price source are read so that control securities can be chosen."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import suppress

from backtest.engine.block import Pooled
from backtest.errors import BadInput
from backtest.events.exchanges import exchange_of
from backtest.models import models
from backtest.results.source import Source, pool_tickers
from backtest.spec import StudySpec

_OTHERS = re.compile(r"^\^|=[FX]$")
"""Indices, futures and currencies, as Yahoo writes them."""


def needs_pool(spec: StudySpec) -> bool:
    """Whether a model of the study compares with other securities of the price source."""
    return chooses_controls(spec.models)


def chooses_controls(keys: Iterable[str]) -> bool:
    """Whether one of the models with these keys compares with other securities."""
    return any(isinstance(models.get(key), Pooled) for key in keys)


def pool_of(source: Source, spec: StudySpec, exchanges: Collection[str]) -> list[str]:
    """Return the tickers that the source has on some exchanges, where a model asks for them."""
    if not needs_pool(spec):
        return []
    return [ticker for ticker in pool_tickers(source) if home(ticker) in exchanges]


def home(ticker: str) -> str | None:
    """Return the exchange of a security; None for what is none or is listed nobody knows where."""
    with suppress(BadInput):
        return None if _OTHERS.search(ticker) else exchange_of(ticker).mic
    return None
