"""Rows as the data of a chart, inline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that Altair passes on as they are.

    It copies a chart with all its lists whenever a layer is put around it, number by number; what
    has a `_schema` and says by `to_dict` how it is written is not copied.
    """

    _schema: ClassVar[dict[str, str]] = {"type": "array"}
    values: list[Mapping[str, object]]

    def to_dict(self) -> list[Mapping[str, object]]:
        """Return the rows, when the specification is made."""
        return self.values


def rows_of(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    """Return rows of plain values as data; what is written as a bare day is read as UTC."""
    import altair as alt

    made: alt.Data = alt.Data(values=Rows(list(rows)))  # type: ignore[no-untyped-call]
    return made
