"""Threads: answers in order, errors through, nothing left running."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from backtest.errors import BadUsage
from backtest.executors import Executor, executors


def test_the_local_engine_is_found_and_others_are_refused() -> None:
    local = executors.get("local")
    assert isinstance(local, Executor)
    assert local.key == "local"
    with pytest.raises(BadUsage, match="unknown engine `localhost`"):
        executors.get("localhost")


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_answers_keep_the_order_of_the_items(jobs: int) -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.02 if item == 0 else 0.0)
        return item * item

    assert list(executors.get("local").map(slow_first, range(7), jobs)) == [
        *(0, 1, 4, 9, 16, 25, 36)
    ]
    assert list(executors.get("local").map(slow_first, [], jobs)) == []


def test_jobs_bound_how_many_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def count(item: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    list(executors.get("local").map(count, range(12), 3))
    assert 2 <= most <= 3


def test_one_job_stays_in_the_callers_thread() -> None:
    seen = set(executors.get("local").map(lambda _: threading.get_ident(), range(3), 1))
    assert seen == {threading.get_ident()}


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_stops_what_has_not_begun(error: type[BaseException]) -> None:
    done, before = [], set(threading.enumerate())

    def work(item: int) -> None:
        if item == 1:
            raise error
        time.sleep(0.01)
        done.append(item)

    with pytest.raises(error):
        list(executors.get("local").map(work, range(200), 2))
    assert len(done) < 20
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("jobs", [1, 3])
def test_linear_algebra_starts_no_threads_below_ours(jobs: int) -> None:
    """Two levels of threads wait for each other; afterwards all is as it was."""

    def most() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    assert (np.eye(2) @ np.eye(2) == np.eye(2)).all()
    before = most()
    assert before
    for inside in executors.get("local").map(lambda _: most(), range(4), jobs):
        assert inside == [1] * len(before)
    assert most() == before
