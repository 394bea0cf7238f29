"""Compiling a function with numba, kept on disk where that can be written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numba

from backtest.engine.jit_cache import KernelCache

Function = Callable[..., Any]

SUMS_IN_ANY_ORDER = {"reassoc", "contract"}
"""Sums may be taken in the order that the processor adds fastest. It is the same order at every
call, whatever else is computed, so that bits do not depend on blocks or threads."""


def compiled(function: Function) -> Function:
    """Compile a function whose arithmetic is done as it is written."""
    return _compiled(function, fastmath=False)


def compiled_sums(function: Function) -> Function:
    """Compile a function whose sums may be taken in any order."""
    return _compiled(function, fastmath=SUMS_IN_ANY_ORDER)


def _compiled(function: Function, **options: Any) -> Function:
    """Compile; the interpreter's lock is not held while it runs."""
    made: Any = numba.njit(nogil=True, **options)(function)
    with suppress(RuntimeError):  # No folder to keep the machine code in: each process compiles.
        made._cache = KernelCache(function)
    compiled_function: Function = made
    return compiled_function
