"""Blocks as Parquet in a place that all machines see: the same bits, found again, and swept up."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.blocks import arrays, cut, job, slowly
from support.bulk import made_events, made_prices, save
from support.cli import Command
from support.dask_fleet import Fleet

import backtest as bt
from backtest.engine import estimate as module
from backtest.engine.estimate import estimate_block, standardise_block
from backtest.errors import BadUsage, DataUnavailable
from backtest.executors import workers
from backtest.executors._arrays_parquet import read_arrays, write_arrays
from backtest.executors._dask_shared import Shared
from backtest.inference import event_tests_of

TICKERS = [f"T{number:02d}" for number in range(30)]


def there(folder: Path) -> dict[str, int]:
    """Return the files of a place and when each was written."""
    return {one.name: one.stat().st_mtime_ns for one in folder.iterdir()}


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_every_bit_of_arrays_comes_back(rows: int) -> None:
    odd = np.array([np.nan, -0.0, np.inf, 5e-324, -1.5])
    odd.view(np.uint64)[0] |= 7  # another NaN than the usual one
    made: dict[str, np.ndarray[Any, Any]] = {
        "floats": odd[:rows],
        "windows": np.resize(odd, (rows, 7)),
        "turned": np.resize(odd, (7, rows)).T,
        "none": np.empty((rows, 0)),
        "bools": np.arange(rows) % 2 == 0,
        "ranks": np.arange(rows * 3, dtype=np.uint16).reshape(rows, 3),
        "whole": np.arange(rows),
    }
    file = io.BytesIO()
    write_arrays(made, file, kind="odd")
    file.seek(0)
    found, facts = read_arrays(file)
    assert facts == {"kind": "odd"}
    assert list(found) == list(made)
    for name, one in made.items():
        assert (found[name].dtype, found[name].shape) == (one.dtype, one.shape)
        assert found[name].tobytes() == one.tobytes(), name


def test_a_study_by_files_has_the_same_bits_and_leaves_none(
    cluster: Fleet, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "shared place"
    events = save(made_events(300, TICKERS), tmp_path / "events.parquet")
    prices = save(made_prices(TICKERS), tmp_path / "prices.parquet")
    asked: dict[str, Any] = {"model": "market,mean", "tests": ("bmp", "rank")}
    here = bt.run(events, prices, cache=False, **asked)
    monkeypatch.setattr(module, "BLOCK", 64)
    files = bt.run(
        events,
        prices,
        cache=False,
        engine="dask",
        scheduler=cluster.address,
        shared=str(place),
        **asked,
    )
    for name, table in here.tables.items():
        assert table.equals(files.tables[name]), name
    assert there(place) == {}


def test_blocks_with_tests_of_single_events_are_sent_and_not_kept(
    cluster: Fleet, tmp_path: Path
) -> None:
    """Their answers hold reasons, which are no numbers; without them a block is another one."""
    plain = cut(job(), 2)
    asked = [replace(one, tests=event_tests_of(["in_space"])) for one in plain]
    with workers("dask", 2, cluster.address, str(tmp_path)) as map_blocks:
        list(map_blocks(estimate_block, plain))
        kept = there(tmp_path)
        for made, one in zip(map_blocks(estimate_block, asked), asked, strict=True):
            here, away = estimate_block(one).tests["in_space"], made.tests["in_space"]
            assert away.reason.tolist() == here.reason.tolist()
            np.testing.assert_array_equal(away.p, here.p)
        assert there(tmp_path) == kept


def test_an_interrupted_study_goes_on_where_it_stopped(cluster: Fleet, tmp_path: Path) -> None:
    blocks = cut(job(), 12)
    here = [arrays(estimate_block(one)) for one in blocks]
    session = workers("dask", 2, cluster.address, str(tmp_path))
    with pytest.raises(KeyboardInterrupt), session as map_blocks:  # noqa: PT012
        list(map_blocks(estimate_block, blocks[:7]))
        raise KeyboardInterrupt
    kept = there(tmp_path)
    assert len(kept) == 7
    damaged = tmp_path / sorted(kept)[0]
    damaged.write_bytes(damaged.read_bytes()[:-20])
    again = workers("dask", 2, cluster.address, str(tmp_path))
    with again as map_blocks:
        assert [arrays(made) for made in map_blocks(estimate_block, blocks)] == here
        now = there(tmp_path)
        unchanged = [name for name, written in kept.items() if now[name] == written]
        assert sorted(unchanged) == sorted(kept)[1:]
        assert len([name for name in now if name.startswith("block")]) == 12
        list(map_blocks(standardise_block, blocks[:2]))  # other numbers of the same blocks
        assert len([name for name in there(tmp_path) if name.startswith("block")]) == 14
    assert there(tmp_path) == {}


def test_another_panel_or_function_is_another_block(cluster: Fleet, tmp_path: Path) -> None:
    one, other = cut(job(), 2), cut(job(), 2)
    for block in other:
        block.returns[:] *= 2  # the two share their panel
        break
    with workers("dask", 2, cluster.address, str(tmp_path)) as map_blocks:
        first = [arrays(made) for made in map_blocks(estimate_block, one)]
        second = [arrays(made) for made in map_blocks(estimate_block, other)]
        third = [arrays(made) for made in map_blocks(slowly, one)]
        names = there(tmp_path)
    assert first == third != second
    assert len([name for name in names if name.startswith("block")]) == 6
    assert len([name for name in names if name.startswith("panel")]) == 1


def test_machines_that_see_different_folders(
    cluster: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shared, "open", lambda self, kept: None)  # of this process, not of workers
    with (
        pytest.raises(DataUnavailable, match="another one does not find there"),
        workers("dask", 2, cluster.address, str(tmp_path)) as map_blocks,
    ):
        list(map_blocks(estimate_block, cut(job(), 2)))


def test_a_place_that_cannot_be_written(cli: Command, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the engine dask needs the extra `dask`")
    (tmp_path / "file").write_text("here", encoding="utf-8")
    told = cli("run", "--engine", "dask", "--shared", tmp_path / "file" / "below", "--no-cache")
    assert "cannot be written" in told.refused(3)


def test_keys_in_an_address_are_not_told() -> None:
    shared = Shared.at("s3://key:secret@bucket/folder?endpoint_override=127.0.0.1:9")
    assert shared.shown == "s3://bucket/folder"
    assert Shared.at("/a folder").shown == "/a folder"


def test_threads_have_no_use_for_it() -> None:
    with pytest.raises(BadUsage, match="needs no place for files, but /tmp/x was given") as caught:
        workers("local", 2, "tcp://127.0.0.1:9", "/tmp/x")
    assert [problem.field for problem in caught.value.problems] == ["scheduler", "shared"]
