"""Differences between the mean CARs of two groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backtest.cross_section.regression import Errors, Unfit, group_difference
from backtest.cross_section.rows import DAY0, REASON, Y
from backtest.cross_section.terms import Pair
from backtest.engine.arrays import Bools
from backtest.events.attributes import TAG

if TYPE_CHECKING:
    import polars as pl

OTHERS = "others"


def classes_of(frame: pl.DataFrame, base: str) -> dict[str, Bools]:
    """Return class → (N,) which rows are of it; a row may have several tags, or no class."""
    if base == TAG[:-1]:
        tags = [name for name in frame.columns if name.startswith(TAG)]
        return {tag.removeprefix(TAG): frame[tag].fill_null(0.0).to_numpy() > 0 for tag in tags}
    column = frame[base]
    names = sorted(column.drop_nulls().unique().to_list())
    return {name: (column == name).fill_null(value=False).to_numpy() for name in names}


def compared(
    frame: pl.DataFrame, pairs: Iterable[Pair], errors: Errors
) -> Iterator[dict[str, Any]]:
    """Yield the columns of `DIFFERENCES` that a pair of groups decides.

    Rows that are in both groups, or that have no class, are in neither.

    Args:
        frame: rows with `Y`, `DAY0`, `REASON` and the attributes of the pairs.
        pairs: groups to compare.
        errors: the covariance.
    """
    import polars as pl

    rows = frame.filter(pl.col(REASON).is_null())
    for pair in pairs:
        groups = classes_of(rows, pair.base)
        classed = np.any(list(groups.values()), axis=0) if groups else np.zeros(len(rows), bool)
        for name in [pair.first] if pair.first else _inhabited(groups):
            nobody = np.zeros(len(rows), bool)
            first = groups.get(name, nobody)
            second = groups.get(pair.second, nobody) if pair.second else classed & ~first
            names = {
                "first": f"{pair.base}:{name}",
                "second": f"{pair.base}:{pair.second}" if pair.second else OTHERS,
            }
            yield {**names, **_difference(rows, first & ~second, second & ~first, errors)}


def _inhabited(groups: dict[str, Bools]) -> Sequence[str]:
    return [name for name, rows in groups.items() if rows.any()]


def _difference(rows: pl.DataFrame, first: Bools, second: Bools, errors: Errors) -> dict[str, Any]:
    y, chosen = rows[Y].to_numpy(), first | second
    dates = rows[DAY0].to_physical().to_numpy()
    found: dict[str, Any] = {
        "n_first": int(first.sum()),
        "n_second": int(second.sum()),
        "mean_first": float(y[first].mean()) if first.any() else None,
        "mean_second": float(y[second].mean()) if second.any() else None,
    }
    try:
        one = group_difference(y[chosen], first[chosen], errors=errors, clusters=dates[chosen])
    except Unfit as why:
        return {**found, "reason": str(why)}
    figures = {
        name: float(getattr(one, name)[0]) for name in ("std_error", "t", "p", "low", "high")
    }
    return {**found, "difference": float(one.coefficient[0]), **figures, "dof": one.dof}
