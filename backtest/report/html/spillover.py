"""The spillover board of an event: who gained and who lost, by role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One party's part in what the announcement moved.

    Attributes:
        ticker, role: who, and in which part.
        abnormal: abnormal return of the event day, decimal.
        p: its p-value.
        value: abnormal change of market value that day, in `currency`; None where unknown.
        currency: of the value.
    """

    ticker: str
    role: str
    abnormal: float
    p: float | None
    value: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Board:
    """All parties by role, in the order in which the roles first occur.

    Attributes:
        roles: role → its parties, the largest gain first.
        gained, lost: sum of the values above and below zero by currency.
        unvalued: tickers without a known market value.
        widest: largest |abnormal return|, for bars.
    """

    roles: dict[str, list[Share]]
    gained: dict[str, float]
    lost: dict[str, float]
    unvalued: list[str]
    widest: float

    @property
    def net(self) -> dict[str, float]:
        """Sum of all values by currency."""
        currencies = dict.fromkeys((*self.gained, *self.lost))
        return {one: self.gained.get(one, 0.0) + self.lost.get(one, 0.0) for one in currencies}


def board(shares: Sequence[Share]) -> Board | None:
    """Put parties side by side; None where there are fewer than two."""
    if len(shares) < 2:
        return None
    roles: dict[str, list[Share]] = {}
    gained: dict[str, float] = {}
    lost: dict[str, float] = {}
    for one in shares:
        roles.setdefault(one.role, []).append(one)
        if one.value is not None:
            side = gained if one.value >= 0 else lost
            side[one.currency] = side.get(one.currency, 0.0) + one.value
    return Board(
        {role: sorted(own, key=lambda one: -one.abnormal) for role, own in roles.items()},
        gained,
        lost,
        [one.ticker for one in shares if one.value is None],
        max(abs(one.abnormal) for one in shares),
    )
