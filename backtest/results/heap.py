"""Handing memory that was freed back to the system, where the C library keeps it."""

from __future__ import annotations

from functools import cache
from typing import Any

_MMAP_THRESHOLD = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""

_LARGE = 4 << 20


def give_back() -> None:
    """Let the system have what was freed.

    glibc keeps blocks of up to 32 MB, of every thread apart, in the hope that they are asked for
    again. Of a large study's columns, half a gigabyte was kept so.
    """
    trim = _of_libc("malloc_trim")
    if trim is not None:
        trim(0)


def keep_little() -> None:
    """Have large arrays go back to the system the moment they are freed.

    As a rule glibc keeps ever larger ones, because asking the system again takes time.
    """
    option = _of_libc("mallopt")
    if option is not None:
        option(_MMAP_THRESHOLD, _LARGE)


@cache
def _of_libc(name: str) -> Any:
    """Return a function of glibc, None with another C library."""
    import ctypes

    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return None
