"""Reasons of verdicts in words: what was measured, what was claimed, and where it would fit.

Ten thousand claims are worded at once, from whole numbers; a figure that may be rounded either way,
or that is too large to be written out, is left to Python's own formatting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Bools, Floats, Ints

if TYPE_CHECKING:
    import polars as pl

WORDS = ("at the close", "at the intraday high", "at the intraday low", "at the open")
"""The bases of `claims.BASES`."""

_CLOSE, _HIGH = 0, 1
_RETURN, _CHANGE = "return", "market_cap_change"
_SIGNS, _UNITS = ("", "+", "−"), ("%", "bn", "tn")
_NEAR_TIE = 1e-6


def reasons(
    quantity: Sequence[str], claimed: Floats, values: Floats, own: Ints, best: Ints
) -> list[str]:
    """Return the reason of each of n verdicts.

    Args:
        quantity: (n,) what the claims are about.
        claimed: (n,) their figures.
        values: (4, n) the quantity on every basis.
        own: (n,) the claims' bases.
        best: (n,) the basis that fits, −1 for none.
    """
    import polars as pl

    names, each = np.array(quantity, dtype=str), np.arange(len(own))
    rival = np.where(own == _CLOSE, _HIGH, _CLOSE)
    other = np.where(best >= 0, best, rival)
    compared = values[other, each]
    lead = pl.Series(["; nor ", "; it fits "])[(best >= 0).astype(np.int64)]
    silent = (best == own) | ((best < 0) & ~np.isfinite(compared))
    compared = np.where(silent, 0.0, compared)
    words = pl.Series(WORDS)
    said = pl.select(
        pl.concat_str(
            figures(names, values[own, each]),
            pl.lit(" "),
            words[own],
            pl.lit(", claimed "),
            figures(names, claimed),
        ).alias("said"),
        pl.concat_str(pl.Series(lead), figures(names, compared), pl.lit(" "), words[other]).alias(
            "more"
        ),
        pl.Series("silent", silent),
    )
    more = pl.when("silent").then(pl.lit("")).otherwise("more")
    return said.select(pl.concat_str("said", more)).to_series().to_list()


def figures(quantity: NDArray[np.str_], values: Floats) -> pl.Series:
    """Return (n,) figures as the reasons print them; money is in the listing's currency.

    Args:
        quantity: (n,) words of the schema.
        values: (n,) decimals or money.
    """
    import polars as pl

    size = np.abs(values)
    share, large = quantity == _RETURN, size >= 1e12
    unit = np.where(share, 100.0, np.where(large, 1e-12, 1e-9))
    places = np.where(share, 2, np.where(large, 3, 1))
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = size * unit * 10.0**places
        whole = np.rint(scaled)
        plain: Bools = np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) > _NEAR_TIE
        plain &= whole < np.where(share, 1e8, 10.0**places * 1000.0)
    whole = np.where(plain, whole, 0.0).astype(np.int64)
    split = (10**places).astype(np.int64)
    signed = share | (quantity == _CHANGE)
    below = np.where(share, np.signbit(values), ~(values >= 0))
    made = pl.select(
        pl.concat_str(
            pl.Series(_SIGNS)[np.where(below, 2, signed.astype(np.int64))],
            pl.Series(whole // split).cast(pl.String),
            pl.lit("."),
            pl.Series(split + whole % split).cast(pl.String).str.slice(1),
            pl.Series(_UNITS)[np.where(share, 0, np.where(large, 2, 1))],
        )
    ).to_series()
    odd = np.flatnonzero(~plain)
    if len(odd):
        made.scatter(odd, [figure(str(quantity[at]), float(values[at])) for at in odd])
    return made


def figure(quantity: str, value: float) -> str:
    """Return one figure as the reasons print it."""
    if quantity == _RETURN:
        return (f"{value:+.2%}" if abs(value) < 1e4 else f"{value:+.3g}").replace("-", "−")
    plus = "+" if quantity == _CHANGE else ""
    sign = plus if value >= 0 else "−"
    size = abs(value)
    if size >= 1e16:
        return f"{sign}{size:.3g}"
    return f"{sign}{size / 1e12:,.3f}tn" if size >= 1e12 else f"{sign}{size / 1e9:,.1f}bn"
