"""Errors: one shape of message, an exit code each, and all findings together."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from backtest.errors import (
    BacktestError,
    BadInput,
    BadUsage,
    DataUnavailable,
    Location,
    Problem,
    RateLimited,
    did_you_mean,
)

PLACE = Location(Path("events/a.yaml"), 12, 3)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (PLACE, "events/a.yaml:12:3"),
        (Location(Path("a.yaml"), 12), "a.yaml:12"),
        (Location(Path("a.yaml")), "a.yaml"),
        (Location(Path("a.yaml"), 0, 7), "a.yaml"),
    ],
)
def test_places(place: Location, text: str) -> None:
    assert str(place) == text


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("c", "no"), "no"),
        (Problem("c", "no", PLACE), "events/a.yaml:12:3: no"),
        (Problem("c", "no", field="parties.0"), "parties.0: no"),
        (Problem("c", "no", hint="yes"), "no (yes)"),
        (Problem("c", "no", PLACE, "id", "yes"), "events/a.yaml:12:3: id: no (yes)"),
    ],
)
def test_messages(problem: Problem, text: str) -> None:
    assert str(problem) == text
    assert str(BadInput(problem)) == text


def test_several_findings_are_several_lines() -> None:
    error = BadInput(Problem("c", f"finding {i}") for i in range(3))
    assert str(error).splitlines() == ["finding 0", "finding 1", "finding 2"]
    assert len(error.problems) == 3


@pytest.mark.parametrize(
    ("kind", "code"), [(BadUsage, 2), (BadInput, 2), (DataUnavailable, 3), (RateLimited, 4)]
)
def test_exit_codes(kind: type[BacktestError], code: int) -> None:
    assert issubclass(kind, BacktestError)
    assert kind.exit_code == code
    error = kind.because("code", "text", where=PLACE, field="f", hint="h")
    assert type(error) is kind
    assert error.problems == (Problem("code", "text", PLACE, "f", "h"),)


@pytest.mark.parametrize("carry", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_an_error_survives_the_way_between_processes(carry: object) -> None:
    assert callable(carry)
    error = BadInput([Problem("a", "one", PLACE), Problem("b", "two")])
    other = carry(error)
    assert type(other) is BadInput
    assert other.problems == error.problems
    assert str(other) == "events/a.yaml:12:3: one\ntwo"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("anounced", "did you mean `announced`?"),
        ("market_ajusted", "did you mean `market_adjusted`?"),
        ("xyz", None),
        ("", None),
    ],
)
def test_the_nearest_known_word(word: str, hint: str | None) -> None:
    assert did_you_mean(word, ["announced", "market", "market_adjusted"]) == hint
