"""Libraries of an extra, which a user may not have: one line that says how to get them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backtest.errors import BadUsage


@contextmanager
def needed(what: str, extra: str = "report") -> Iterator[None]:
    """Import libraries of an extra inside `with`.

    Args:
        what: what needs them, in the plural ("charts").
        extra: the extra they are in.

    Raises:
        BadUsage: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if not name or name == "backtest":
            raise
        raise BadUsage.because(
            "missing-library",
            f"{what} need the library {name}, which is not installed",
            hint=f"install it: pip install 'backtest[{extra}]'",
        ) from None
