"""What the stages of a run cost and how much of their work was reused, where somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter

STAGES = {
    "load": "announcements",
    "align": "announcements",
    "prices": "securities",
    "panel": "securities",
    "fit": "observations",
    "tests": "groups",
    "claims": "claims",
    "write": "tables",
}
"""The stages in their order, and what each counts."""


@dataclass(slots=True)
class Stage:
    """One stage of a run.

    Attributes:
        name: a key of `STAGES`.
        seconds: spent in it, without stages inside it.
        items: how many it had.
        reused: how many of them were taken from an earlier run.
    """

    name: str
    seconds: float = 0.0
    items: int = 0
    reused: int = 0

    @property
    def recomputed(self) -> int:
        """Items that were made anew."""
        return self.items - self.reused


@dataclass(slots=True)
class Recorder:
    """The stages of one run.

    Attributes:
        stages: by name, in their order.
        fresh: event ids whose observations were computed.
        seconds: of the whole run.
    """

    stages: dict[str, Stage] = field(default_factory=lambda: {name: Stage(name) for name in STAGES})
    fresh: list[str] = field(default_factory=list)
    seconds: float = 0.0
    _inside: list[float] = field(default_factory=list)


_RECORDER: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record the stages of what runs inside, in this thread."""
    recorder = Recorder()
    token = _RECORDER.set(recorder)
    started = perf_counter()
    try:
        yield recorder
    finally:
        recorder.seconds = perf_counter() - started
        _RECORDER.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the time spent inside to a stage; serves as a decorator too."""
    recorder = _RECORDER.get()
    if recorder is None:
        yield
        return
    started = perf_counter()
    recorder._inside.append(0.0)
    try:
        yield
    finally:
        took = perf_counter() - started
        recorder.stages[name].seconds += took - recorder._inside.pop()
        if recorder._inside:
            recorder._inside[-1] += took


def count(name: str, items: int, reused: int = 0) -> None:
    """Add items to a stage, and how many of them were reused."""
    recorder = _RECORDER.get()
    if recorder is not None:
        recorder.stages[name].items += items
        recorder.stages[name].reused += reused


def computed(events: Iterable[str]) -> None:
    """Name the events whose observations are computed; nobody asking, they are not looked at."""
    recorder = _RECORDER.get()
    if recorder is not None:
        recorder.fresh += dict.fromkeys(events)
