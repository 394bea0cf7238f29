"""Tables as a journal prints them, before they are written in any language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.notation import number, span, stars

if TYPE_CHECKING:
    from backtest.results.result import StudyResult
    from backtest.spec import Window

STARS = "*** p < 0.01, ** p < 0.05, * p < 0.10, two-sided"

WINDOWS = 12
"""CAR windows that a page has room for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: plain text, its stars, and what stands below it."""

    text: str
    stars: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows under a heading, which may be empty; a row has a cell for every column."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """A table.

    Attributes:
        name: of its file, and its label.
        caption: what it shows, with the unit.
        columns: headings.
        texts: how many columns from the left hold text; the others hold figures.
        panels: the rows.
        notes: sentences below it.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    texts: int
    panels: tuple[Panel, ...]
    notes: tuple[str, ...]


def journals(result: StudyResult) -> list[Journal]:
    """Return the tables that have any rows, in the order of a paper."""
    from backtest.exports._journal_cars import cars_by_event
    from backtest.exports._journal_claims import claims
    from backtest.exports._journal_samples import caars_by_group, tests_by_group

    made = (caars_by_group(result), tests_by_group(result), cars_by_event(result), claims(result))
    return [one for one in made if any(panel.rows for panel in one.panels)]


def share(value: float | None, *, per_cent: bool) -> str:
    """Return a decimal in per cent without its sign, or as it is where it is none."""
    if value is None:
        return "–"
    return number(value * 100 if per_cent else value)


def starred(p: float | None) -> str:
    """Return the stars of a p-value."""
    return stars(p).strip()


def shown_windows(result: StudyResult) -> tuple[Window, ...]:
    """Return the CAR windows that there is room for."""
    return result.spec.cars[:WINDOWS]


def unit(result: StudyResult) -> str:
    """Return the unit of abnormal returns for a caption."""
    return {"return": "per cent", "volume": "log points", "volatility": "multiples of a variance"}[
        result.spec.measure
    ]


def model_note(result: StudyResult) -> Iterator[str]:
    """Yield what a reader must know of the model, the windows and what has no room."""
    spec = result.spec
    model = spec.models[0]
    yield (
        f"Model: {model} on {spec.benchmark}, {spec.returns} returns, estimated on sessions "
        f"{span(spec.estimation).replace(':', ' to ')} from the event day, which is 0"
    )
    if len(spec.cars) > WINDOWS:
        yield f"The first {WINDOWS} of {len(spec.cars)} windows"
    if len(spec.models) > 1:
        yield f"Other models ({', '.join(spec.models[1:])}) are in the tidy tables"
