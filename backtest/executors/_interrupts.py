"""Ctrl-C that is not lost: in a destructor Python prints it and goes on, and Dask has many."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TypeVar

Made = TypeVar("Made")


class Interrupts:
    """Remembers a Ctrl-C while it is entered; a program's own way with Ctrl-C is left alone."""

    def __init__(self) -> None:
        self._ours = False
        self._came = False
        self._tell = sys.unraisablehook

    def __enter__(self) -> Interrupts:
        """Listen, where that can be done: in the main thread."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._remember)
            self._tell, sys.unraisablehook = sys.unraisablehook, self._quiet
            self._ours = True
        return self

    def __exit__(self, *error: object) -> None:
        """Leave things as they were."""
        self._came = False
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.unraisablehook = self._tell
            self._ours = False

    def heeded(self, answers: Iterable[Made]) -> Iterator[Made]:
        """Yield answers until a Ctrl-C that nobody heard.

        Raises:
            KeyboardInterrupt: with the next answer after it.
        """
        for made in answers:
            if self._came:
                raise KeyboardInterrupt
            yield made

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        signal.default_int_handler(number, frame)

    def _quiet(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Tell of what Python cannot raise, but not of a Ctrl-C: we shall raise it."""
        if unraisable.exc_type is not KeyboardInterrupt:
            self._tell(unraisable)
