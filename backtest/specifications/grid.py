"""The choices of a specification curve."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, get_args

from backtest.errors import BadUsage, Problem
from backtest.spec import DEFAULT_CARS, Returns, Window

T = TypeVar("T")

BENCHMARKS = ("SPY", "QQQ")


@dataclass(frozen=True, slots=True)
class Grid:
    """The choices of a curve; every combination that can be meant is a specification.

    A model that reads no benchmark is estimated once, not once for each, and a model that has no
    meaning in logs is left out of them.
    """

    benchmarks: tuple[str, ...] = BENCHMARKS
    models: tuple[str, ...] = ("market", "market_adjusted", "mean", "ff3", "carhart", "ff5")
    windows: tuple[Window, ...] = DEFAULT_CARS
    returns: tuple[Returns, ...] = ("simple", "log")
    estimations: tuple[Window, ...] = (Window(-260, -11), Window(-130, -11))

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            values = getattr(self, one.name)
            if not values:
                raise BadUsage.because("empty-grid", "names nothing", field=one.name)
            object.__setattr__(self, one.name, tuple(dict.fromkeys(values)))

    def as_dict(self) -> dict[str, list[str]]:
        """Return the choices as text."""
        names = [one.name for one in dataclasses.fields(self)]
        return {name: [str(value) for value in getattr(self, name)] for name in names}

    @property
    def hull(self) -> Window:
        """The shortest event window that holds every CAR window."""
        return Window(
            min(window.start for window in self.windows), max(window.end for window in self.windows)
        )


def read_grid(
    benchmarks: str | None = None,
    models: str | None = None,
    windows: str | None = None,
    returns: str | None = None,
    estimations: str | None = None,
) -> Grid:
    """Read choices given by comma; those not given are the default's.

    Raises:
        BadUsage: every window that is none, and every kind of returns that is none.
    """
    problems: list[Problem] = []
    given, default = _words(returns), Grid()
    kinds = tuple(kind for kind in get_args(Returns) if given is None or kind in given)
    problems += [
        Problem("bad-returns", f"`{one}` is neither simple nor log", field="returns")
        for one in given or ()
        if one not in get_args(Returns)
    ]
    own_windows = _windows(windows, "windows", problems)
    own_estimations = _windows(estimations, "estimations", problems)
    if problems:
        raise BadUsage(problems)
    return Grid(
        benchmarks=_given(_words(benchmarks), default.benchmarks),
        models=_given(_words(models), default.models),
        windows=_given(own_windows, default.windows),
        returns=kinds,
        estimations=_given(own_estimations, default.estimations),
    )


def _given(own: tuple[T, ...] | None, default: tuple[T, ...]) -> tuple[T, ...]:
    return default if own is None else own


def _words(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(word.strip() for word in text.split(",") if word.strip())


def _windows(text: str | None, option: str, problems: list[Problem]) -> tuple[Window, ...] | None:
    def read() -> Iterator[Window]:
        for word in _words(text) or ():
            try:
                yield Window.parse(word, option)
            except BadUsage as error:
                problems.extend(error.problems)

    found = tuple(read())
    return None if text is None else found
