"""Every column that is shown to people has a meaning."""

from __future__ import annotations

import pytest

from backtest.contracts import TABLES, TRADING_TABLES, Frame
from backtest.events.table import HEADLINES, OBSERVATIONS
from backtest.glossary import _COLUMNS, _OWN, meaning
from backtest.glossary import TABLES as HOLD

SHOWN = (*TABLES, HEADLINES, OBSERVATIONS, *TRADING_TABLES)


@pytest.mark.parametrize("frame", SHOWN, ids=lambda frame: frame.name)
def test_every_column_has_a_meaning(frame: Frame) -> None:
    assert HOLD[frame.name]
    for name in frame.names:
        assert meaning(frame.name, name)


def test_nothing_is_explained_that_is_not_there() -> None:
    columns = {(frame.name, name) for frame in SHOWN for name in frame.names}
    assert set(HOLD) == {frame.name for frame in SHOWN}
    assert set(_COLUMNS) == {name for _, name in columns}
    assert set(_OWN) <= columns
