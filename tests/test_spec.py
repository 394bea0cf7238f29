"""The specification refuses what cannot be meant, says it all at once, and hashes what decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backtest.errors import BadUsage
from backtest.spec import DEFAULT_CARS, DEFAULT_TESTS, StudySpec, Window


def _problems(**options: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(BadUsage) as caught:
        StudySpec(**options)
    return [(problem.code, problem.field) for problem in caught.value.problems]


def _told(**options: Any) -> str:
    with pytest.raises(BadUsage) as caught:
        StudySpec(**options)
    return str(caught.value)


def test_the_defaults_are_the_methods_page_s() -> None:
    spec = StudySpec()
    assert (len(spec.estimation), spec.estimation.end) == (250, -11)
    assert str(spec.window) == "-10:10"
    assert [str(car) for car in spec.cars] == ["0:0", "-1:1", "-5:5", "-10:10", "0:5", "0:10"]
    assert spec.tests == DEFAULT_TESTS
    assert (spec.models, spec.min_obs, spec.missing) == (("market",), 100, "strict")


@pytest.mark.parametrize(
    ("window", "cars"),
    [
        (Window(-1, 1), ["0:0", "-1:1"]),
        (Window(0, 5), ["0:0", "0:5"]),
        (Window(-10, 10), [str(car) for car in DEFAULT_CARS]),
        (Window(3, 8), ["3:8"]),
    ],
)
def test_default_cars_are_those_that_fit(window: Window, cars: list[str]) -> None:
    assert [str(car) for car in StudySpec(window=window).cars] == cars


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("-10:10", Window(-10, 10)),
        ("0:0", Window(0, 0)),
        (" +1 : 5 ", Window(1, 5)),
        ("-260:-11", Window(-260, -11)),
    ],
)
def test_reading_a_window(text: str, window: Window) -> None:
    assert Window.parse(text) == window
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize("text", ["", "10", "-10..10", "a:b", "1:2:3", "1.5:2", "-10,10", "- 1:2"])
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(BadUsage) as caught:
        Window.parse(text, "cars")
    assert str(caught.value) == (
        f"cars: `{text}` is not a window "
        "(write START:END in sessions from the event day, for example -10:10)"
    )
    assert caught.value.problems[0].code == "bad-window"


def test_a_window_that_ends_before_it_starts() -> None:
    with pytest.raises(BadUsage) as caught:
        Window.parse("5:-5", "window")
    message = "`5:-5` ends before it starts (did you mean -5:5?)"
    assert str(caught.value) == f"window: {message}"
    with pytest.raises(BadUsage) as caught:
        Window(5, -5)
    assert str(caught.value) == message
    assert caught.value.problems[0].code == "bad-window"


def test_windows_within_windows() -> None:
    window = Window(-1, 5)
    assert len(window) == 7
    assert Window(-1, 5) in window
    assert Window(0, 0) in window
    assert Window(-2, 0) not in window
    assert Window(5, 6) not in window
    assert (0, 0) not in window


def test_a_window_cuts_its_own_days_out_of_a_wider_one() -> None:
    window = Window(-10, 10)
    days = list(range(-10, 11))
    assert days[Window(-1, 5).within(window)] == [-1, 0, 1, 2, 3, 4, 5]
    assert days[window.within(window)] == days


def test_overlapping_windows() -> None:
    assert _told(estimation=Window(-260, -10)) == (
        "estimation: the estimation window -260:-10 reaches into the event window -10:10; event "
        "days would enter the variance (end it before -10, for example -260:-11)"
    )
    assert StudySpec(estimation=Window(-260, -11)).estimation.end == -11


def test_a_car_outside_the_window() -> None:
    assert _told(cars=(Window(0, 1), Window(-20, 2))) == (
        "cars: the CAR window -20:2 is not inside the event window -10:10 "
        "(widen it with --window -20:10)"
    )


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"min_obs": 2}, ("bad-min-obs", "min-obs")),
        ({"min_obs": 251}, ("bad-min-obs", "min-obs")),
        ({"models": ()}, ("no-model", "models")),
        ({"models": ("market", "market")}, ("named-twice", "models")),
        ({"tests": ("bmp", "sign", "bmp")}, ("named-twice", "tests")),
        ({"cars": (Window(0, 1), Window(0, 1))}, ("named-twice", "cars")),
        ({"returns": "linear"}, ("bad-returns", "returns")),
        ({"missing": "ignore"}, ("bad-missing", "missing")),
        ({"models": ("factors",)}, ("no-factors", "factors")),
        ({"factors": ("smb",)}, ("unused-factors", "factors")),
        ({"models": ("factors",), "factors": ("smb", "smb")}, ("named-twice", "factors")),
        ({"models": ("factors",), "factors": ("beta",)}, ("taken-name", "factors")),
        ({"models": ("factors",), "factors": ("smb@-1",)}, ("lagged-factor", "factors")),
    ],
)
def test_what_cannot_be_meant(options: dict[str, Any], found: tuple[str, str]) -> None:
    assert _problems(**options) == [found]


@pytest.mark.parametrize("far", [10_001, 300_000_000])
def test_a_window_beyond_any_history(far: int) -> None:
    """Memory grows with a window's length; a slip of the finger must not take all of it."""
    assert _told(window=Window(-10, far), cars=(Window(0, 0),)) == (
        f"window: -10:{far} reaches more than 10,000 sessions from the event day "
        "(that is some forty years)"
    )
    assert _problems(estimation=Window(-far, -11)) == [("window-too-long", "estimation")]


def test_forty_years_are_allowed() -> None:
    assert len(StudySpec(estimation=Window(-10_000, -11)).estimation) == 9_990


def test_what_is_named_twice_is_named() -> None:
    assert _told(tests=("bmp", "sign", "bmp", "sign", "patell")) == "tests: named twice: bmp, sign"
    assert _told(cars=(Window(0, 1), Window(0, 1))) == "cars: named twice: 0:1"


def test_the_limits_themselves_are_allowed() -> None:
    assert StudySpec(min_obs=3).min_obs == 3
    assert StudySpec(min_obs=250).min_obs == 250
    assert StudySpec(tests=()).tests == ()


def test_everything_is_told_at_once() -> None:
    found = _problems(
        estimation=Window(-50, 0),
        cars=(Window(0, 11),),
        min_obs=99,
        models=("mean", "mean"),
        returns="cubic",
    )
    assert [code for code, _ in found] == [
        "overlapping-windows",
        "car-outside-window",
        "bad-min-obs",
        "named-twice",
        "bad-returns",
    ]


OTHERS: dict[str, Any] = {
    "models": ("mean",),
    "benchmark": "QQQ",
    "estimation": Window(-200, -11),
    "window": Window(-10, 11),
    "cars": (Window(0, 2),),
    "returns": "log",
    "missing": "lenient",
    "min_obs": 99,
    "tests": ("sign",),
    "group_by": ("tag",),
    "factors": ("hml",),
    "measure": "volatility",
}


@pytest.mark.parametrize("name", StudySpec.__slots__)
def test_every_field_is_part_of_the_hash(name: str) -> None:
    spec = StudySpec(models=("factors",), factors=("smb",)) if name == "factors" else StudySpec()
    changed = replace(spec, **{name: OTHERS[name]})
    assert changed.content_hash() != spec.content_hash()
    same = changed.content_hash(event_level=True) == spec.content_hash(event_level=True)
    assert same == (name in ("tests", "group_by"))


def test_equal_specifications_have_equal_hashes() -> None:
    assert StudySpec().content_hash() == StudySpec(cars=DEFAULT_CARS).content_hash()
    assert len(StudySpec().content_hash()) == 32


def test_studies_without_factors_have_the_hash_they_had_before_there_were_any() -> None:
    spec = StudySpec(tests=("cross_sectional", "patell", "bmp", "sign", "wilcoxon"))
    assert spec.content_hash() == "665614008862e2897748b28590da8031"
    assert StudySpec().content_hash(event_level=True) == "de2fabf7c0aff36a05d685eac3582fec"


def test_a_study_of_volume_has_no_returns_to_take_logs_of() -> None:
    with pytest.raises(BadUsage, match="a study of volume has no log returns"):
        StudySpec(measure="volume", returns="log")
    StudySpec(measure="volatility", returns="log")


def test_an_unknown_measure() -> None:
    with pytest.raises(BadUsage, match="`turnover` is not one of return, volume, volatility"):
        StudySpec(measure="turnover")  # type: ignore[arg-type]


def test_tickers_among_the_factors() -> None:
    names = ("rf", "mkt_rf", "SMH", "market", "^GSPC", "9984.T", "Mixed")
    spec = StudySpec(models=("factors",), factors=names)
    assert spec.factor_tickers == ("SMH", "^GSPC", "9984.T")


def test_plain_values() -> None:
    plain = StudySpec(window=Window(0, 1)).as_dict()
    assert plain["window"] == "0:1"
    assert plain["estimation"] == "-260:-11"
    assert plain["cars"] == ["0:0"]
    assert plain["models"] == ["market"]


def test_a_specification_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        StudySpec().min_obs = 5  # type: ignore[misc]
