"""How fast we may ask: a few requests at once, then an even pace."""

from __future__ import annotations

from collections.abc import Callable


class RateLimiter:
    """Let through `rate` requests a second, after `burst` ones that need not wait."""

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._interval = 1.0 / rate
        self._slack = (burst - 1) * self._interval
        self._clock = clock
        self._sleep = sleep
        self._due = -float("inf")

    def wait(self) -> None:
        """Return when the next request may go out."""
        now = self._clock()
        ahead = self._due - self._slack - now
        if ahead > 0:
            self._sleep(ahead)
            now += ahead
        self._due = max(self._due, now) + self._interval
