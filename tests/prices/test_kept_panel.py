"""Panels kept on disk come back as they were, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from backtest.prices.digest import prefix_digests
from backtest.prices.kept_panel import NEWEST, KeptPanel, keep_panel, load_panel
from backtest.prices.panel import Panel


def _kept(seed: int = 0) -> KeptPanel:
    rng = np.random.default_rng(seed)
    closes = rng.uniform(10, 20, (3, 40))
    closes[1, 5] = np.nan
    prices = {"total_return": closes, "close": closes, "high": closes + 1}
    sessions = np.arange("2025-01-01", "2025-02-10", dtype="datetime64[D]")
    panel = Panel(sessions, ("AAA", "BBB", "CCC"), prices)
    return KeptPanel(panel, prefix_digests(panel), {"notes": ["one"], "described": "it"})


def test_a_panel_comes_back_bit_for_bit(tmp_path: Path) -> None:
    kept = _kept()
    keep_panel(tmp_path, "key", kept)
    back = load_panel(tmp_path, "key")
    assert back is not None
    assert back.panel.tickers == kept.panel.tickers
    assert back.facts == kept.facts
    np.testing.assert_array_equal(back.panel.sessions, kept.panel.sessions)
    np.testing.assert_array_equal(back.prefix, kept.prefix)
    for name, prices in kept.panel.prices.items():
        np.testing.assert_array_equal(back.panel.prices[name], prices)
    # What was one array stays one array: half the disk, half the memory.
    assert back.panel.prices["close"] is back.panel.prices["total_return"]
    assert back.panel.returns("simple").tobytes() == kept.panel.returns("simple").tobytes()


def test_there_is_none_under_another_key(tmp_path: Path) -> None:
    assert load_panel(tmp_path, "key") is None
    keep_panel(tmp_path, "key", _kept())
    assert load_panel(tmp_path, "other") is None


def test_a_damaged_file_makes_it_none_and_the_next_one_whole(tmp_path: Path) -> None:
    keep_panel(tmp_path, "key", _kept())
    files = sorted((tmp_path / "key").iterdir())
    assert len(files) >= 5
    for path in files:
        whole = path.read_bytes()
        for content in (b"not what it was", b"", whole[:-1], whole + b"0"):
            path.write_bytes(content)
            assert load_panel(tmp_path, "key") is None, path.name
            keep_panel(tmp_path, "key", _kept())
            assert load_panel(tmp_path, "key") is not None, path.name


def test_no_wrong_bit_passes_for_a_price(tmp_path: Path) -> None:
    keep_panel(tmp_path, "key", _kept())
    for path in sorted((tmp_path / "key").iterdir()):
        whole = path.read_bytes()
        for place in (*range(40), len(whole) // 2, len(whole) - 9):
            for bit in range(8):
                content = bytearray(whole)
                content[place] ^= 1 << bit
                path.write_bytes(content)
                assert load_panel(tmp_path, "key") is None
        path.write_bytes(whole)
    assert load_panel(tmp_path, "key") is not None


def test_two_writers_of_one_panel_leave_one(tmp_path: Path) -> None:
    keep_panel(tmp_path, "key", _kept())
    keep_panel(tmp_path, "key", _kept())
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert load_panel(tmp_path, "key") is not None


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for number in range(NEWEST + 2):
        keep_panel(tmp_path, f"key{number}", _kept(number))
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == NEWEST
    assert f"key{NEWEST + 1}" in kept


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    keep_panel(tmp_path / "file", "key", _kept())
    assert load_panel(tmp_path / "file", "key") is None
