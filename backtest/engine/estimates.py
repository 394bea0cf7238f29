"""What is known of observations once they are estimated: arrays with a row for each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.ranks import Ranks


@dataclass(frozen=True, slots=True)
class Estimates:
    """What one model says of n observations; every array's first axis is n.

    Attributes:
        returns, expected, abnormal, std_error, sar: (n, L) by day of the event window.
        n_days, car, car_error, scar, bhar: (n, W) by CAR window.
        n_obs, dof, sigma, r_squared: (n,) of the estimation.
        coefficients: by name, each (n,).
        unusable: reason → (n,).
        sq_rank, sq_n, sq_p: (n, W) the sample-quantile test of each CAR.
        history: (n, M + L) abnormal returns of the estimation and then of the event window.
        ranks: (n, M + L) twice the mid-rank of each over both windows, 0 where missing.
        own_ranks: (n, M) the same within the estimation window alone.
    """

    returns: Floats
    expected: Floats
    abnormal: Floats
    std_error: Floats
    sar: Floats
    n_days: Ints
    car: Floats
    car_error: Floats
    scar: Floats
    bhar: Floats
    n_obs: Ints
    dof: Ints
    sigma: Floats
    r_squared: Floats
    coefficients: dict[str, Floats]
    unusable: dict[str, Bools]
    sq_rank: Ints
    sq_n: Ints
    sq_p: Floats
    history: Floats
    ranks: Ranks
    own_ranks: Ranks


@dataclass(frozen=True, slots=True)
class Standardised:
    """Abnormal returns of n observations and their errors, where nothing else is asked.

    Attributes:
        abnormal, std_error: (n, L) by day of the event window.
        car, car_error: (n, W) by CAR window.
    """

    abnormal: Floats
    std_error: Floats
    car: Floats
    car_error: Floats

    @property
    def sar(self) -> Floats:
        """(n, L) abnormal returns over their forecast standard errors."""
        return self.abnormal / self.std_error

    @property
    def scar(self) -> Floats:
        """(n, W) CARs over theirs."""
        return self.car / self.car_error


Made = TypeVar("Made", Estimates, Standardised)


def put(made: Made, at: Ints, part: Made) -> None:
    """Write a part's observations to their places (m,)."""
    for one in fields(made):
        whole, own = getattr(made, one.name), getattr(part, one.name)
        if isinstance(whole, dict):
            for name, values in own.items():
                whole[name][at] = values
        else:
            whole[at] = own


def room_like(part: Made, count: int) -> Made:
    """Return arrays like a part's for so many observations, to be written."""

    def like(values: Any) -> Any:
        return np.empty((count, *values.shape[1:]), values.dtype)

    room: dict[str, Any] = {}
    for one in fields(part):
        values = getattr(part, one.name)
        room[one.name] = (
            {name: like(value) for name, value in values.items()}
            if isinstance(values, dict)
            else like(values)
        )
    return type(part)(**room)
