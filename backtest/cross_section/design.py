"""From attributes to the columns of a regression: numbers as they are, classes as dummies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.cross_section.regression import Unfit
from backtest.cross_section.terms import Term
from backtest.engine.arrays import Floats

if TYPE_CHECKING:
    import polars as pl

INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True)
class Design:
    """The regressors of N rows.

    Attributes:
        names: (K,) the constant first.
        X: (N, K).
        references: the class that each set of dummies is measured against, as `role:supplier`.
    """

    names: tuple[str, ...]
    X: Floats
    references: tuple[str, ...]


def design(frame: pl.DataFrame, terms: Sequence[Term]) -> Design:
    """Return the constant and a column for each number, each named class, each class of a set.

    Of a set of classes the most frequent has no column and is the reference (of equals the first
    by name), so that no dummy rests on fewer rows than need be.

    Args:
        frame: (N rows) with the attributes of all terms, none missing.
        terms: what to regress on.

    Raises:
        Unfit: a set of which one class is left.
    """
    import polars as pl

    columns: dict[str, Floats] = {INTERCEPT: np.ones(len(frame))}
    references: list[str] = []
    for term in terms:
        own = frame[term.base]
        if term.value is not None:
            columns[term.name] = _dummy(own, term.value)
        elif own.dtype == pl.String:
            reference, *others = _classes(own)
            if not others:
                raise Unfit(f"`{term.base}` is {reference} in all observations that are left")
            references.append(f"{term.base}:{reference}")
            columns.update((f"{term.base}:{one}", _dummy(own, one)) for one in others)
        else:
            columns[term.name] = own.to_numpy().astype(np.float64)
    return Design(tuple(columns), np.column_stack(list(columns.values())), tuple(references))


def _classes(column: pl.Series) -> list[str]:
    """Return the classes there are by name, the most frequent before them."""
    counts = dict(_counts(column))
    if not counts:
        raise Unfit(f"no observation with a `{column.name}` is left")
    first = min(counts, key=lambda name: (-counts[name], name))
    return [first, *sorted(counts.keys() - {first})]


def _counts(column: pl.Series) -> Iterator[tuple[str, int]]:
    for row in column.value_counts(name="rows").iter_rows():
        yield row[0], row[1]


def _dummy(column: pl.Series, value: str) -> Floats:
    dummy: Floats = (column == value).to_numpy().astype(np.float64)
    return dummy
