"""CARs by event: a panel an event, a row a security, standard errors below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.exports._journal import (
    STARS,
    Cell,
    Journal,
    Panel,
    model_note,
    share,
    shown_windows,
    starred,
    unit,
)
from backtest.notation import span

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

MOST = 200
"""Observations printed; of a larger sample those with the largest |t| over the first window."""

Row = dict[str, Any]
Key = tuple[str, str]


def cars_by_event(result: StudyResult) -> Journal:
    """Return the CARs of the main sessions under the first model."""
    windows = shown_windows(result)
    own, count = _chosen(result)
    cars: dict[Key, dict[tuple[int, int], Row]] = {}
    for one in own.iter_rows(named=True):
        key = one["event_id"], one["ticker"]
        cars.setdefault(key, {})[one["start"], one["end"]] = one
    per_cent = result.spec.measure == "return"
    roles = {
        (event, ticker): role or ""
        for event, ticker, role in result.observations["event_id", "ticker", "role"].rows()
    }
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for (event, ticker), found in cars.items():
        cells = (
            _cell(found.get((window.start, window.end), {}), per_cent=per_cent)
            for window in windows
        )
        named = (Cell(ticker), Cell(roles.get((event, ticker), "")))
        rows.setdefault(event, []).append((*named, *cells))
    titles = dict(result.headlines["event_id", "title"].rows())
    cut = f"The {len(cars)} of {count:,} with the largest |t| over {span(windows[0])}. "
    return Journal(
        "cars",
        f"Cumulative abnormal returns by event, in {unit(result)}",
        ("Security", "Role", *(f"[{span(window)}]".replace(":", ", ") for window in windows)),
        2,
        tuple(Panel(titles.get(event, event), tuple(own)) for event, own in rows.items()),
        (
            *model_note(result),
            "Standard errors of the CAR in brackets, estimation error included; "
            f"stars by the t test of each CAR: {STARS}",
            f"{cut if len(cars) < count else ''}N = {len(cars)} observations of "
            f"{len(rows)} event{'s' * (len(rows) != 1)}; – where a session has no return",
        ),
    )


def _chosen(result: StudyResult) -> tuple[pl.DataFrame, int]:
    """Return the CARs that are printed, in the calendar's order, and how many observations are."""
    import polars as pl

    own = result.cars.filter(pl.col("model") == result.spec.models[0], ~pl.col("alternative"))
    first = result.spec.cars[0]
    ranked = own.filter(pl.col("start") == first.start, pl.col("end") == first.end)
    if ranked.height <= MOST:
        return own, ranked.height
    strongest = ranked.sort(pl.col("t").abs(), descending=True, nulls_last=True).head(MOST)
    kept = own.join(
        strongest.select("event_id", "ticker"),
        on=["event_id", "ticker"],
        how="semi",
        maintain_order="left",
    )
    return kept, ranked.height


def _cell(car: Row, *, per_cent: bool) -> Cell:
    if car.get("car") is None:
        return Cell("–")
    below = share(car["std_error"], per_cent=per_cent)
    return Cell(share(car["car"], per_cent=per_cent), starred(car["p"]), f"({below})")
