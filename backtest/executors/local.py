"""Threads of this process: NumPy releases the interpreter lock where the work is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from backtest.engine.mapping import Given, Made


class LocalExecutor:
    """A thread pool; a single item or a single job runs in the caller's thread."""

    key = "local"

    def map(
        self, function: Callable[[Given], Made], items: Sequence[Given], jobs: int
    ) -> Iterator[Made]:
        """Apply `function` to every item; the answers come in order, as soon as they are there."""
        from threadpoolctl import threadpool_limits

        # The linear algebra library would start threads of its own below each of ours. They wait
        # for each other busily: two of ours were then hardly faster than one.
        with threadpool_limits(limits=1, user_api="blas"):
            if jobs <= 1 or len(items) <= 1:
                yield from map(function, items)
                return
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(max_workers=jobs) as pool:
                yield from pool.map(function, items)


EXECUTOR = LocalExecutor()
