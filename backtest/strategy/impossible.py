"""What each field of a strategy allows and all of them together cannot mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from backtest.strategy.schema import Strategy

WHOLE = 1.0
"""A price falls by no more than all of it."""


class Impossible(NamedTuple):
    """A field whose value nothing could ever meet: its path, why, and how it may be meant."""

    path: tuple[str, str]
    said: str
    hint: str


def impossible(rule: Strategy) -> Iterator[Impossible]:
    """Yield the levels of an exit that no price reaches.

    They are decimals of the entry price. A position that is long loses all of it at most, one that
    is short gains as much at most; only where every position is of that side, a level is out of
    reach.
    """
    direction = rule.direction
    sides = set(direction.values()) if isinstance(direction, dict) else {direction}
    for name, side, verb in (("stop", "long", "loses"), ("target", "short", "gains")):
        level = getattr(rule.exit, name)
        if level is not None and level >= WHOLE and sides == {side}:
            said = f"{100 * level:.10g} % of the entry price; a {side} position never {verb} it all"
            hint = "a decimal is expected: 10 % is 0.1"
            if level > WHOLE:
                hint = f"a decimal is expected: {level:.10g} % is {level / 100:.10g}"
            yield Impossible(("exit", name), said, hint)
