"""The frozen specification of a study: what is computed, never from which data.

Two studies with equal specifications and equal inputs give equal bits, so the specification's
`content_hash` is part of every cache key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from backtest.errors import BadUsage, Problem

Returns = Literal["simple", "log"]
Missing = Literal["strict", "lenient"]
Measure = Literal["return", "volume", "volatility"]

_WINDOW = re.compile(r"^\s*([+-]?\d+)\s*:\s*([+-]?\d+)\s*$")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Sessions `start` to `end` relative to the event day τ = 0, both included.

    Raises:
        BadUsage: it ends before it starts.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise _ends_first(self.start, self.end)

    def __len__(self) -> int:
        return self.end - self.start + 1

    def __str__(self) -> str:
        return f"{self.start}:{self.end}"

    def __contains__(self, other: object) -> bool:
        return isinstance(other, Window) and self.start <= other.start and other.end <= self.end

    def within(self, outer: Window) -> slice:
        """Return where its sessions stand among those of a window that contains it."""
        return slice(self.start - outer.start, self.end - outer.start + 1)

    @classmethod
    def parse(cls, text: str, option: str = "window") -> Window:
        """Read `-10:10`.

        Raises:
            BadUsage: not two whole numbers joined by a colon, or start after end.
        """
        match = _WINDOW.match(text)
        if not match:
            raise BadUsage.because(
                "bad-window",
                f"`{text}` is not a window",
                field=option,
                hint="write START:END in sessions from the event day, for example -10:10",
            )
        start, end = int(match[1]), int(match[2])
        if start > end:
            raise _ends_first(start, end, option)
        return cls(start, end)


def _ends_first(start: int, end: int, option: str | None = None) -> BadUsage:
    return BadUsage.because(
        "bad-window",
        f"`{start}:{end}` ends before it starts",
        field=option,
        hint=f"did you mean {end}:{start}?",
    )


DEFAULT_CARS = tuple(
    Window(*pair) for pair in ((0, 0), (-1, 1), (-5, 5), (-10, 10), (0, 5), (0, 10))
)
FARTHEST = 10_000
"""Sessions from the event day; memory grows with the windows, and no price history is as long."""
DEFAULT_TESTS = (
    *("cross_sectional", "patell", "bmp", "bmp_adjusted", "rank", "grank_t"),
    *("sign", "generalized_sign", "wilcoxon"),
)


@dataclass(frozen=True, slots=True)
class StudySpec:
    """Models, windows, tests and conventions of one study (METHODS: time, returns, inference).

    Empty `cars` mean the default CAR windows as far as they fit in `window`. `factors` are what the
    model `factors` regresses on: columns of the factor table, tickers (`is_ticker`), or `market`.
    `measure` is what the models are fed with in place of returns (`results.measures`).

    Raises:
        BadUsage: every combination that cannot be meant, all at once.
    """

    models: tuple[str, ...] = ("market",)
    benchmark: str = "SPY"
    estimation: Window = Window(-260, -11)
    window: Window = Window(-10, 10)
    cars: tuple[Window, ...] = field(default=())
    returns: Returns = "simple"
    missing: Missing = "strict"
    min_obs: int = 100
    tests: tuple[str, ...] = DEFAULT_TESTS
    group_by: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    measure: Measure = "return"

    def __post_init__(self) -> None:
        if not self.cars:
            fitting = tuple(car for car in DEFAULT_CARS if car in self.window)
            object.__setattr__(self, "cars", fitting or (self.window,))
        problems = [*self._window_problems(), *self._option_problems()]
        if problems:
            raise BadUsage(problems)

    def _window_problems(self) -> Iterable[Problem]:
        for name in ("estimation", "window"):
            window: Window = getattr(self, name)
            if max(-window.start, window.end) > FARTHEST:
                yield Problem(
                    "window-too-long",
                    f"{window} reaches more than {FARTHEST:,} sessions from the event day",
                    field=name,
                    hint="that is some forty years",
                )
        if self.estimation.end >= self.window.start:
            yield Problem(
                "overlapping-windows",
                f"the estimation window {self.estimation} reaches into the event window "
                f"{self.window}; event days would enter the variance",
                field="estimation",
                hint=f"end it before {self.window.start}, for example "
                f"{self.window.start - 250}:{self.window.start - 1}",
            )
        for car in self.cars:
            if car not in self.window:
                yield Problem(
                    "car-outside-window",
                    f"the CAR window {car} is not inside the event window {self.window}",
                    field="cars",
                    hint=f"widen it with --window {min(car.start, self.window.start)}:"
                    f"{max(car.end, self.window.end)}",
                )

    def _option_problems(self) -> Iterable[Problem]:
        if self.min_obs < 3:
            yield Problem("bad-min-obs", f"min_obs is {self.min_obs}, at least 3", field="min-obs")
        elif self.min_obs > len(self.estimation):
            yield Problem(
                "bad-min-obs",
                f"min_obs {self.min_obs} exceeds the {len(self.estimation)} sessions of the "
                f"estimation window {self.estimation}",
                field="min-obs",
                hint="lengthen --estimation or lower --min-obs",
            )
        yield from self._factor_problems()
        if self.measure == "volume" and self.returns != "simple":
            yield Problem(
                "unused-returns",
                f"a study of volume has no {self.returns} returns; it takes logarithms by itself",
                field="returns",
            )
        for name in ("models", "cars", "tests", "factors"):
            values = getattr(self, name)
            twice = dict.fromkeys(str(one) for one in values if values.count(one) > 1)
            if twice:
                yield Problem("named-twice", f"named twice: {', '.join(twice)}", field=name)
        if not self.models:
            yield Problem("no-model", "name at least one model", field="models")
        for name, choices in (("returns", Returns), ("missing", Missing), ("measure", Measure)):
            allowed = get_args(choices)
            if getattr(self, name) not in allowed:
                yield Problem(
                    f"bad-{name}",
                    f"`{getattr(self, name)}` is not one of {', '.join(allowed)}",
                    field=name,
                )

    def _factor_problems(self) -> Iterable[Problem]:
        named = "factors" in self.models
        if named and not self.factors:
            yield Problem(
                "no-factors",
                "the model `factors` has nothing to regress on",
                field="factors",
                hint="name columns of the factor data or tickers, for example "
                "--factors rf+mkt_rf+smb+SMH",
            )
        if self.factors and not named:
            yield Problem(
                "unused-factors",
                "only the model `factors` takes them",
                field="factors",
                hint=f"add it: --model {','.join((*self.models, 'factors'))}",
            )
        lagged = [name for name in self.factors if "@" in name]
        if lagged:
            yield Problem(
                "lagged-factor",
                f"{', '.join(lagged)}: a factor cannot be named at another day",
                field="factors",
                hint="put the shifted returns into a column of the factor table",
            )
        taken = [name for name in self.factors if name in ("alpha", "beta")]
        if taken:
            yield Problem(
                "taken-name",
                f"{' and '.join(taken)}: this is the name of a coefficient",
                field="factors",
                hint="give the column of the factor table another name",
            )

    @property
    def factor_tickers(self) -> tuple[str, ...]:
        """The tickers among `factors`; their prices are read beside the benchmark's."""
        return tuple(name for name in self.factors if is_ticker(name))

    def as_dict(self) -> dict[str, object]:
        """Return the specification as plain values, windows as `start:end` text."""
        plain = asdict(self)
        plain.update(
            estimation=str(self.estimation),
            window=str(self.window),
            cars=[str(car) for car in self.cars],
            models=list(self.models),
            tests=list(self.tests),
            group_by=list(self.group_by),
            factors=list(self.factors),
        )
        return plain

    def content_hash(self, *, event_level: bool = False) -> str:
        """Hash what decides the numbers; `event_level` leaves out what only samples depend on."""
        plain = self.as_dict()
        if not self.factors:
            del plain["factors"]  # Studies that need none keep the hash they had.
        if self.measure == "return":
            del plain["measure"]  # Likewise.
        if event_level:
            del plain["tests"], plain["group_by"]
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def is_ticker(name: str) -> bool:
    """Whether a regressor is a security's return; names of other series have small letters."""
    return name == name.upper()
