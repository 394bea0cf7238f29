"""Threads of this process: NumPy releases the interpreter lock where the work is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from backtest.engine.mapping import Given, Made


class LocalExecutor:
    """A thread pool; a single item or a single job runs in the caller's thread."""

    key = "local"

    def map(
        self, function: Callable[[Given], Made], items: Sequence[Given], jobs: int
    ) -> Iterable[Made]:
        """Apply `function` to every item, answers in order."""
        if jobs <= 1 or len(items) <= 1:
            return [function(item) for item in items]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=jobs) as pool:
            return list(pool.map(function, items))


EXECUTOR = LocalExecutor()
