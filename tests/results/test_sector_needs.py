"""Whether the table of sectors is read at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.errors import BadInput, BadUsage
from backtest.results.sector_needs import needed_sectors


def test_no_table_is_none() -> None:
    assert needed_sectors(("matched",), None) is None
    assert needed_sectors(("market",), None) is None


def test_it_is_read_for_a_model_that_chooses_controls(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("ticker,sector\nAMD,Tech\n")
    sectors = needed_sectors(("market", "matched"), path)
    assert sectors is not None
    assert sectors.by_ticker == {"AMD": "tech"}
    with pytest.raises(BadInput, match="there is no such file"):
        needed_sectors(("matched",), tmp_path / "none.csv")


def test_no_other_model_takes_it(tmp_path: Path) -> None:
    """And the table, which is not even there, is not looked at."""
    with pytest.raises(BadUsage) as caught:
        needed_sectors(("market", "ff3"), tmp_path / "none.csv")
    assert str(caught.value) == (
        "sectors: only the models `matched` and `synthetic` take them "
        "(add one to the models: market,ff3,matched)"
    )
