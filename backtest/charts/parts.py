"""What several charts are made of: axes of sessions and of measures, lines of reference, labels."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from backtest.charts.theme import LABEL
from backtest.charts.units import Unit
from backtest.charts.wrapping import width_of

if TYPE_CHECKING:
    import altair as alt

_NEAR = 0.35
"""Share of the axis from an end to which words would be cut if they stood in the middle."""

SESSIONS = "sessions from the event day"
_SESSION_TICK = "datum.value > 0 ? '+' + datum.value : replace(datum.value, '-', '−')"


def session_axis(field: str = "day") -> alt.X:
    """Return the axis of session offsets: whole numbers, a little air on both sides."""
    import altair as alt

    axis = alt.Axis(title=SESSIONS, format="d", tickMinStep=1, labelExpr=_SESSION_TICK)
    scale = alt.Scale(nice=False, zero=False, padding=12)
    return alt.X(field=field, type="quantitative", axis=axis, scale=scale)


def measure_axis(
    field: str, title: str, unit: Unit, domain: Sequence[float] | None = None
) -> alt.Y:
    """Return the axis of a measure with its unit at every number."""
    import altair as alt

    axis = alt.Axis(title=unit.titled(title), labelExpr=unit.tick, tickCount=6)
    scale = alt.Scale(domain=list(domain), nice=False) if domain else alt.Scale(zero=True)
    return alt.Y(field=field, type="quantitative", axis=axis, scale=scale)


def zero_line(*, axis: bool = True) -> alt.Chart:
    """Return the line of no effect; without `axis` where layers have axes of their own."""
    import altair as alt

    base = alt.Chart(_one(zero=0)).mark_rule(style="zero")
    y = alt.Y(field="zero", type="quantitative")
    if not axis:
        y = y.axis(None)
    drawn: alt.Chart = base.encode(y=y)
    return drawn


def event_line(words: str = "event day", first: int = -1, last: int = 1) -> alt.LayerChart:
    """Return the line of the session that reacts, with words on top of it.

    Args:
        words: what is said.
        first, last: sessions at the ends of the axis; near one of them the words run away from it.
    """
    import altair as alt

    place = -first / (last - first) if last > first else 0.5
    align: Literal["left", "center", "right"] = (
        "left" if place < _NEAR else "right" if place > 1 - _NEAR else "center"
    )
    base = alt.Chart(_one(day=0, words=words)).encode(x=alt.X(field="day", type="quantitative"))
    text = base.mark_text(style="note", align=align, baseline="bottom", dy=-4)
    worded = text.encode(y=alt.value(0), text=alt.Text(field="words", type="nominal"))
    return alt.LayerChart(layer=[base.mark_rule(style="event"), worded])


def end_labels(labels: Mapping[str, float], strong: str | None = None) -> alt.Axis:
    """Return an axis on the right that says what the ends of lines are, at the values given.

    An axis is given room by every renderer at every width, which text in the plot is not.

    Args:
        labels: value by text; the values differ.
        strong: the text that is emphasised.
    """
    import altair as alt

    # Pictures are laid out with the fonts of one machine and read with those of another.
    widest = max((width_of(name, LABEL, bold=name == strong) for name in labels), default=0.0)
    names, at = list(labels), [float(value) for value in labels.values()]
    options: dict[str, Any] = {}
    if strong is not None and strong in labels:
        test = f"datum.value === {json.dumps(float(labels[strong]))}"
        options["labelFontWeight"] = {"condition": {"test": test, "value": 600}, "value": "normal"}
    return alt.Axis(
        orient="right",
        title=None,
        values=at,
        labelExpr=f"{json.dumps(names)}[indexof({json.dumps(at)}, datum.value)]",
        labelOverlap=False,
        labelLimit=0,
        labelPadding=2,
        minExtent=math.ceil(2 + widest),
        grid=False,
        domain=False,
        ticks=False,
        **options,
    )


def spread(
    values: Sequence[float], low: float, high: float, pixels: float, gap: float = 15
) -> list[float]:
    """Return places for labels near their values that are so many pixels apart, in their order.

    Args:
        values: of the axis, any order.
        low, high: the domain of the axis.
        pixels: its length; where it is too short for all labels they share it evenly.
        gap: pixels from one label to the next.
    """
    step = min(gap * (high - low) / pixels, (high - low) / max(1, len(values) - 1))
    order = sorted(range(len(values)), key=lambda place: values[place])
    at = [min(max(values[place], low), high) for place in order]
    for one in range(1, len(at)):
        at[one] = max(at[one], at[one - 1] + step)
    if at:
        at[-1] = min(at[-1], high)
    for one in range(len(at) - 2, -1, -1):
        at[one] = min(at[one], at[one + 1] - step)
    out = [0.0] * len(values)
    for place, value in zip(order, at, strict=True):
        out[place] = value
    return out


def domain_of(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """Return a domain that holds values and zero, with some air."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    if low == high:
        return -0.01, 0.01
    air = share * (high - low)
    return low - air * (low < 0), high + air * (high > 0)


def sharing(*layers: Any) -> alt.LayerChart:
    """Return layers of the same data as one, whose specification holds the data once."""
    import altair as alt

    return alt.LayerChart(layer=list(layers))


def titled(layers: Sequence[Any], title: str, subtitle: str, said: str) -> alt.LayerChart:
    """Return layers as one chart.

    Args:
        layers: the layers, the first at the back.
        title: what is shown, `theme.themed` breaks it into lines.
        subtitle: of what, and how it was computed.
        said: the chart in a sentence, for those who cannot see it.
    """
    import altair as alt

    words = alt.TitleParams(text=title, subtitle=subtitle)
    return alt.LayerChart(layer=list(layers), title=words, description=said)


def bound(text: str) -> str:
    """Return words whose groups, two or more spaces apart, are not broken into lines."""
    return ", ".join("\u00a0".join(group.split()) for group in text.split("  ") if group.strip())


def counted(number: int, noun: str) -> str:
    """Return `1 event`, `36 events`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _one(**fields: object) -> alt.Data:
    import altair as alt

    made: alt.Data = alt.Data(values=[fields])  # type: ignore[no-untyped-call]
    return made
