"""Lines on a grid of text: where they stand, and that they can be told apart."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len
from rich.text import Text

from backtest.report._line_chart import MOST, Axis, Line, line_chart

DAYS = list(range(-5, 6))
NAN = float("nan")


def axis(days: list[int] = DAYS, marks: frozenset[int] = frozenset()) -> Axis:
    return Axis(days, "1 Oct", "Mon 6 Oct", "13 Oct", marks, lambda value: f"{value * 100:+.0f}%")


def drawn(*lines: Line, width: int = 60, plain: bool = False, own: Axis | None = None) -> list[str]:
    return [row.plain for row in line_chart(lines, own or axis(), width, plain=plain)]


def path(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


RISING = Line("UP +10%", np.linspace(0.0, 0.10, 11))
FALLING = Line("DOWN −10%", np.linspace(0.0, -0.10, 11))


def test_a_line_begins_and_ends_where_its_values_do() -> None:
    rows = drawn(RISING)
    assert rows[0].split("┤")[0].strip() == "+10%"
    assert rows[0].endswith("━ UP +10%")
    zero = next(row for row in rows if row.strip().startswith("+0%"))
    assert zero.split("┤")[1][0] == "━"


def test_up_is_up_and_down_is_down() -> None:
    rows = drawn(RISING, FALLING)
    tops = {name: next(i for i, row in enumerate(rows) if name in row) for name in ("UP", "DOWN")}
    assert tops["UP"] < tops["DOWN"]
    steps = [row.find("┏") for row in rows if "┏" in row]
    assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("width", [30, 50, 80, 100])
@pytest.mark.parametrize("plain", [True, False])
def test_no_row_is_wider_than_there_is_room(width: int, plain: bool) -> None:
    rows = drawn(RISING, FALLING, width=width, plain=plain)
    assert all(cell_len(row) <= width for row in rows)
    if plain:
        assert "".join(rows).replace("−", "-").isascii()


def test_lines_can_be_told_apart_without_colours() -> None:
    lines = [Line(str(n), np.full(11, n / 10)) for n in range(MOST)]
    for plain in (True, False):
        rows = drawn(*lines, plain=plain)
        ends = {row.split()[-2][-1] for row in rows if row and row[-1] in "012" and " " in row}
        assert len(ends) == MOST


def test_labels_never_hide_each_other() -> None:
    lines = [Line(name, np.zeros(11)) for name in ("AAA", "BBB", "CCC")]
    text = "\n".join(drawn(*lines))
    assert all(line.label in text for line in lines)


def test_a_missing_end_is_not_drawn() -> None:
    half = Line("HALF +5%", path(*np.linspace(0, 0.05, 6), *[NAN] * 5))
    rows = drawn(half)
    field = [row.split("┤")[-1].split("│")[-1] for row in rows[:-2]]
    assert max(len(row.split(" HALF")[0].rstrip(" ┊┈")) for row in field) <= 30


def test_the_event_day_and_the_marks() -> None:
    own = axis(marks=frozenset({0, 10}))
    rows = drawn(RISING, own=own)
    foot = rows[-2]
    assert foot.count("▴") == 2
    at = foot.index("┬")
    assert sum(row[at] == "┊" for row in rows[:-2] if len(row) > at) >= 8
    assert rows[-1].split() == ["1", "Oct", "Mon", "6", "Oct", "13", "Oct"]


@pytest.mark.parametrize("values", [[0.0] * 11, [1e-9] * 11, [NAN] * 10 + [0.5], [-3.0] * 11])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    rows = drawn(Line("X", path(*values)))
    assert len(rows) == 15
    assert any("X" in row for row in rows)


@pytest.mark.parametrize("days", [[0], [5, 6, 7], list(range(-250, 251))])
def test_any_window_can_be_drawn(days: list[int]) -> None:
    rows = drawn(Line("X", np.linspace(0, 1, len(days))), own=axis(days))
    assert isinstance(rows[0], str)
    assert all(len(row) <= 60 for row in rows)


def test_rows_are_rich_texts_with_styles() -> None:
    rows = line_chart([RISING], axis(), 60, plain=False)
    assert all(isinstance(row, Text) for row in rows)
    assert any("cyan" in str(part.style) for part in rows[0].spans)
