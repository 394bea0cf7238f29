"""The engine `dask` on its own: what travels, what stays, what is told, and what is left behind."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.blocks import Wrong, arrays, cut, job, kinds, slowly
from support.dask_fleet import Fleet, until
from support.studies import MODELS, noise
from threadpoolctl import threadpool_info

from backtest.engine import estimate as module
from backtest.engine import machine_code
from backtest.engine.estimate import estimate, estimate_block
from backtest.engine.job import Job
from backtest.errors import BadUsage, DataUnavailable
from backtest.executors import Executor, Scheduled, executors, workers
from backtest.executors._dask_work import Panel, are_blocks, compute, without_panel
from backtest.executors.local import EXECUTOR as LOCAL
from backtest.spec import StudySpec

needs_distributed = pytest.mark.usefixtures("distributed")


@pytest.fixture
def distributed() -> Any:
    return pytest.importorskip("distributed", reason="the engine dask needs the extra `dask`")


@needs_distributed
def test_the_engine_is_found_by_name() -> None:
    dask = executors.get("dask")
    assert isinstance(dask, Executor)
    assert isinstance(dask, Scheduled)
    assert list(dask.map(abs, [-1, 2, -3], 2)) == [1, 2, 3]


def test_a_missing_library_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.executors.dask.find_spec", lambda name: None)
    with pytest.raises(BadUsage, match="needs the library distributed") as caught:
        workers("dask", 2)
    assert "pip install 'backtest[dask]'" in str(caught.value)


def test_only_blocks_of_one_panel_travel() -> None:
    one = job()
    other = job()  # equal, but not the same arrays
    assert are_blocks([one, one])
    assert not are_blocks([one, other])
    assert not are_blocks([np.arange(3)])
    assert not are_blocks([])
    assert len(pickle.dumps(without_panel(one))) < 20_000 < one.returns.nbytes


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_sent(model: str) -> None:
    one = job(model, 5)
    there = pickle.loads(pickle.dumps(without_panel(one)))
    assert there.model.key == one.model.key
    assert there.spec == one.spec


def test_a_block_is_computed_with_one_thread_and_leaves_the_worker_as_it_was() -> None:
    """Two blocks of one process: the first to end does not lift the limit of the other."""

    def most() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    one, before = job(), most()
    begun, over = threading.Event(), threading.Event()
    seen: list[list[int]] = []

    def long(_: Job) -> None:
        begun.set()
        over.wait(10)
        seen.append(most())

    thread = threading.Thread(target=compute, args=(long, Panel.of(one), without_panel(one)))
    thread.start()
    begun.wait(10)
    compute(lambda _: seen.append(most()), Panel.of(one), without_panel(one))
    over.set()
    thread.join()
    assert seen == [[1] * len(before)] * 2
    assert most() == before


def test_a_cluster_estimates_the_same_bits(cluster: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    here = arrays(estimate(job(), partial(LOCAL.map, jobs=2)))
    session = workers("dask", 2, cluster.address)
    for _ in range(2):  # it can be entered again
        with session as map_blocks:
            assert arrays(estimate(job(), map_blocks)) == here


@pytest.mark.parametrize("by_files", [False, True], ids=["sent", "files"])
def test_machine_code_gives_the_same_bits(
    by_files: bool, cluster: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba", reason="numba is not installed")
    monkeypatch.setattr(machine_code, "FEWEST", 1)
    monkeypatch.setattr(module, "BLOCK_COMPILED", 16)
    here = estimate(job(), partial(LOCAL.map, jobs=2))
    place = str(tmp_path) if by_files else None
    with workers("dask", 2, cluster.address, place) as map_blocks:
        assert arrays(estimate(job(), map_blocks)) == arrays(here)


def test_arrays_arrive_as_they_are_here(cluster: Fleet, tmp_path: Path) -> None:
    for place in (None, str(tmp_path)):
        with workers("dask", 2, cluster.address, place) as map_blocks:
            for seen in map_blocks(kinds, cut(job(), 2)):
                assert seen == [(True, True, True)] * 3


def test_errors_of_a_block_come_back_as_they_are(cluster: Fleet) -> None:
    items = [Job(noise(1), {"market": 0}, np.ones(2, int), np.full(2, 300), Wrong(), StudySpec())]
    with (
        pytest.raises(BadUsage, match="not with 2 events"),
        workers("dask", 2, cluster.address) as map_blocks,
    ):
        list(map_blocks(estimate_block, items))


def test_a_model_that_is_only_here_is_one_message(
    cluster: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plug-in that was installed on this machine and not on the others."""
    mine = type("Mine", (), {"__module__": "only_here", "key": "mine"})
    monkeypatch.setitem(sys.modules, "only_here", SimpleNamespace(Mine=mine))
    items = [Job(noise(1), {"market": 0}, np.ones(2, int), np.full(2, 300), mine(), StudySpec())]
    with (
        pytest.raises(DataUnavailable, match="install backtest, and the plug-ins") as caught,
        workers("dask", 2, cluster.address) as map_blocks,
    ):
        list(map_blocks(estimate_block, items))
    assert "No module named 'only_here'" in str(caught.value)


def test_other_versions_are_refused() -> None:
    from backtest.executors._dask_connect import _refuse_other_versions

    ours = {
        **{"python": "3.12.4.final.0", "backtest": "0.1.0"},
        **{"numpy": "2.2.0", "scipy": "1.15.0", "numba": None},
    }
    versions = {
        "client": {"packages": ours},
        "scheduler": {"packages": ours},
        "workers": {
            "tcp://10.0.0.7:40001": {"packages": ours},
            "tcp://10.0.0.8:40001": {"packages": {**ours, "numpy": "2.1.9", "backtest": None}},
        },
    }
    with pytest.raises(DataUnavailable) as caught:
        _refuse_other_versions(versions, "tcp://10.0.0.1:8786")
    assert "tcp://10.0.0.1:8786" in str(caught.value)
    assert "backtest not installed (here 0.1.0), numpy 2.1.9 (here 2.2.0)" in str(caught.value)
    assert caught.value.exit_code == 3


@needs_distributed
def test_own_workers_all_killed_at_once_and_none_left_behind() -> None:
    """The panel is lost with the last of them, and sent again."""
    psutil = pytest.importorskip("psutil")
    blocks = cut(job(), 60)
    here = [arrays(estimate_block(one)) for one in blocks]
    me = psutil.Process()
    before = set(me.children(recursive=True))

    def started() -> list[Any]:
        every = set(me.children(recursive=True)) - before
        return [child for child in every if "spawn_main" in " ".join(child.cmdline())]

    killed: list[Any] = []

    def kill() -> None:
        killed.extend(started())
        for child in killed:
            child.send_signal(signal.SIGKILL)

    with workers("dask", 2) as map_blocks:
        assert started() == []  # nothing to do yet
        list(map_blocks(slowly, cut(job(), 4)))
        assert len(started()) == 2
        timer = threading.Timer(0.2, kill)  # 60 blocks of 20 ms take longer
        timer.start()
        there = [arrays(made) for made in map_blocks(slowly, blocks)]
        assert len(killed) == 2
    assert there == here
    until(lambda: not started())


INTERRUPTED = """
from backtest.executors import workers
from support.blocks import cut, job, slowly

if __name__ == "__main__":
    try:
        with workers("dask", 2) as map_blocks:
            list(map_blocks(slowly, cut(job(), 4)))
            print("started", flush=True)
            while True:
                list(map_blocks(slowly, cut(job(), 60)))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@needs_distributed
@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_an_interrupt_ends_everything_quietly(tmp_path: Path) -> None:
    """Ctrl-C goes to all processes of the terminal; only the one asked hears it, and none talks."""
    psutil = pytest.importorskip("psutil")

    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED, encoding="utf-8")
    tests = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": tests},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err) == ("interrupted\n", "")
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


@needs_distributed
def test_a_scheduler_that_loses_its_client_to_an_interrupt_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may have an answer on its way to the client just when that one closes."""
    from distributed.comm import CommClosedError

    from backtest.executors._dask_connect import own_workers

    def closed(*messages: Any) -> None:
        raise CommClosedError

    def interrupted() -> None:
        with own_workers(1) as client:
            scheduler, close = client.cluster.scheduler, client.close

            async def answer() -> None:
                with monkeypatch.context() as meanwhile:
                    meanwhile.setattr(scheduler.client_comms[client.id], "send", closed)
                    scheduler.report({"op": "key-in-memory", "key": "k"}, client=client.id)

            def close_amid_an_answer(*arguments: Any, **options: Any) -> Any:
                client.sync(answer)
                said.append("answered")
                return close(*arguments, **options)

            monkeypatch.setattr(client, "close", close_amid_an_answer)
            raise KeyboardInterrupt

    said: list[str] = []
    listener = logging.Handler(logging.CRITICAL)
    listener.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("distributed.scheduler")
    logger.addHandler(listener)
    level = logger.level
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        logger.removeHandler(listener)
    assert said == ["answered"]
    assert logger.level == level


@needs_distributed
def test_an_interrupt_in_a_destructor_is_not_lost() -> None:
    """Python would print it and go on; the next block ends the study."""

    class Interrupted:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def study() -> None:
        with workers("dask", 2) as map_blocks:
            for made in map_blocks(slowly, cut(job(), 20)):
                landed.append(made)
                Interrupted()

    # A shell starts what runs in its background deaf to Ctrl-C.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGINT), sys.unraisablehook
    landed: list[object] = []
    try:
        with pytest.raises(KeyboardInterrupt):
            study()
        assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before
    finally:
        signal.signal(signal.SIGINT, heard)
    assert len(landed) == 1
