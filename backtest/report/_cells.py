"""The columns of the event tables and what stands in them."""

from __future__ import annotations

from backtest.notation import STARS, money, number, percent, span, stars, times
from backtest.report._grid import Cells, Column
from backtest.report._lookup import Lookup, Row, is_partial, key_of
from backtest.report._measures import column_name, figure
from backtest.spec import StudySpec, Window
from backtest.valuation.currency import currency_unit

MEANINGS = {
    "return": "on the event day",
    "ln V": "log volume on the event day",
    "U": "squared abnormal return of the event day in multiples of its variance",
    "AR": "abnormal return on that day",
    "t": "its t-value",
    "SQ p": "its p-value by rank among the estimation residuals, whatever their distribution",
    "perm p": "its p-value among the same security's days without an event",
    "space p": "its p-value among donors as placebo events",
    "conf p": "its p-value among shifts of time",
    "CAR": "cumulative abnormal return over these sessions",
    "Δ cap": "change of market value at the close",
    "peak": "the same at the day's high",
    "abnormal": "AR × market value before",
    "÷ value": "that ÷ the value announced (deal, backlog, round)",
}
"""What a newcomer should know about the columns; `CAR` stands for all windows."""

_TESTS = {
    "SQ p": "sq",
    "perm p": "permutation",
    "space p": "in_space",
    "conf p": "conformal",
}
"""Headings of the tests of the event day."""

PARTIAL = "†"
"""Marks a CAR over fewer days than its window has."""


def columns(spec: StudySpec, *, plain: bool, partial: bool) -> list[Column]:
    """Return the columns in order.

    Args:
        spec: the study.
        plain: whether the events stand in one table and are named in it.
        partial: whether some CARs are marked as `PARTIAL`.
    """
    tail = STARS + len(PARTIAL) * partial
    windows = [car for car in spec.cars if len(car) > 1]
    names = [Column("event", left=True)] if plain else []
    names += [Column("ticker", left=True), Column("role", 3, left=True)]
    names += [Column("session", left=True)] if plain else []
    names += [Column(column_name(spec.measure)), Column("AR", tail=STARS), Column("t", 1)]
    names += [Column(head, 5) for head in _TESTS]
    names += [Column(_heading(car), _rank(car, windows), tail=tail) for car in windows]
    return [
        *names,
        Column("Δ cap", 1),
        Column("peak", 4),
        Column("abnormal", 6),
        Column("÷ value", 7),
    ]


def cells(one: Row, spec: StudySpec, lookup: Lookup) -> Cells:
    """Return the cells of one observation."""
    key = key_of(one)
    day, cap, cars = lookup.day0.get(key, {}), lookup.caps.get(key, {}), lookup.cars[key]
    tests = lookup.tests.get(key, {})
    figured = figure(spec.measure)
    at_zero, currency = cars.get((0, 0), {}), currency_unit(one["currency"])[0]
    p_value = at_zero.get("p") if at_zero else _p(day.get("sar"), cars)
    second = " (2nd candidate)" if one["alternative"] else ""
    found = {
        "event": one["event_id"],
        "ticker": one["ticker"],
        "role": one["role"] or "",
        "session": f"{one['session']}{second}",
        column_name(spec.measure): (percent if spec.measure == "return" else number)(
            day.get("return")
        ),
        "AR": figured(day.get("abnormal")) + stars(p_value),
        "t": number(day.get("sar"), 1),
        **{head: _share(tests.get(test)) for head, test in _TESTS.items()},
        "Δ cap": money(cap.get("change"), currency),
        "peak": money(cap.get("peak_change"), currency),
        "abnormal": money(cap.get("abnormal_change"), currency),
        "÷ value": times(_multiple(one, cap)),
    }
    for car in spec.cars:
        row = cars.get((car.start, car.end), {})
        mark = (PARTIAL if is_partial(row) else " ") if lookup.any_partial else ""
        found[_heading(car)] = figured(row.get("car")) + stars(row.get("p")) + mark
    return found


def _p(sar: float | None, cars: dict[tuple[int, int], Row]) -> float | None:
    """Return the p of the event day's t where no CAR window is that day alone."""
    from scipy.special import stdtr

    dof = next((row["dof"] for row in cars.values()), None)
    return None if sar is None or dof is None else float(2.0 * stdtr(dof, -abs(sar)))


def _share(p: float | None) -> str:
    return "–" if p is None else f"{p:.3f}"


def _multiple(one: Row, cap: Row) -> float | None:
    """Return the abnormal dollars of the event day for one dollar announced."""
    abnormal, announced = cap.get("abnormal_change"), one["deal_value"]
    return abnormal / announced if abnormal is not None and announced else None


def _heading(car: Window) -> str:
    return f"CAR {span(car)}"


def _rank(car: Window, windows: list[Window]) -> int:
    """On a narrow terminal the first and the longest window stay longest."""
    return 2 if car in (windows[0], max(windows, key=len)) else 5
