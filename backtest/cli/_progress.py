"""A progress bar on standard error while prices are pulled, if somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def price_progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield what is called with (ticker, done, total), or None where nobody is looking.

    The bar appears with the first call: most studies pull nothing.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pulling", visible=False)

        def tell(ticker: str, done: int, total: int) -> None:
            bar.update(
                task, completed=done, total=total, description=f"pulling {ticker}", visible=True
            )

        yield tell
