"""A progress bar on standard error while something takes long, if somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Tell = Callable[[str, int, int], None]
"""Is called with (what, done, total)."""


def price_progress() -> AbstractContextManager[Tell | None]:
    """Show securities while their prices are pulled."""
    return _progress("pulling")


def piece_progress() -> AbstractContextManager[Tell | None]:
    """Show samples while they are tested."""
    return _progress("testing")


def chart_progress() -> AbstractContextManager[Tell | None]:
    """Show charts while they are drawn."""
    return _progress("drawing")


@contextmanager
def _progress(verb: str) -> Iterator[Tell | None]:
    """Yield what is called with the progress, or None where nobody is looking.

    The bar appears with the first call: most studies pull nothing.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(verb, visible=False)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(
                task, completed=done, total=total, description=f"{verb} {what}", visible=True
            )

        yield tell
