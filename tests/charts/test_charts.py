"""Every chart: it holds the tables' figures, is drawn without a warning, and words stay words."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from support.drawn import AMD, rows_with

from backtest.charts.aar import aar
from backtest.charts.actual_expected import actual_expected
from backtest.charts.averages import averages
from backtest.charts.caar import caar
from backtest.charts.car_dots import car_dots
from backtest.charts.car_path import LABELLED, car_path
from backtest.charts.render import script_json, spec, svg
from backtest.charts.value_created import CLOSE, PEAK, value_created
from backtest.errors import BadUsage
from backtest.results.result import StudyResult
from backtest.spec import Window

Drawn = Callable[[StudyResult], Any]
UNKNOWN_HOUR = "2025-09-23-stargate-five-sites"
BUSY = "2025-11-07-openai-amic-letter"

CHARTS: dict[str, Drawn] = {
    "caar": caar,
    "aar": aar,
    "car_dots": car_dots,
    "car_path": lambda result: car_path(result, result.headlines["event_id"][0]),
    "actual_expected": lambda result: actual_expected(result, result.headlines["event_id"][0]),
    "value_created": lambda result: value_created(result, result.headlines["event_id"][0]),
}
each = pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)


@each
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_drawn_without_a_warning(
    draw: Drawn, dark: bool, shipped: StudyResult, capfd: pytest.CaptureFixture[str]
) -> None:
    tree = ET.fromstring(svg(draw(shipped), width=390, dark=dark))
    assert capfd.readouterr().err == ""
    assert tree.get("width") == "390"
    assert tree.get("role") == "img"
    assert len(tree.get("aria-label") or "") > 40
    assert not {"NaN", "undefined", "null", "Infinity"} & set("".join(tree.itertext()).split())


@each
def test_of_one_security_on_one_day(
    draw: Drawn, single: StudyResult, capfd: pytest.CaptureFixture[str]
) -> None:
    ET.fromstring(svg(draw(single)))
    assert capfd.readouterr().err == ""


@each
def test_words_of_a_file_stay_words(draw: Drawn, hostile: StudyResult) -> None:
    tree = ET.fromstring(svg(draw(hostile)))
    assert not {"img", "script", "a"} & {one.tag.rpartition("}")[2] for one in tree.iter()}
    plain = spec(draw(hostile))
    inside = script_json(plain)
    assert "</script" not in inside
    assert json.loads(inside) == plain


@each
def test_it_is_deterministic_and_asks_for_nothing(draw: Drawn, shipped: StudyResult) -> None:
    text = json.dumps(spec(draw(shipped)))
    assert text == json.dumps(spec(draw(shipped)))
    assert '"url"' not in text


def test_caar_holds_the_averages(shipped: StudyResult) -> None:
    chart = caar(shipped, "role:counterparty")
    own = averages(shipped, "role:counterparty")
    rows = rows_with(chart, "caar").sort("day")
    for name in ("caar", "aar", "low", "high", "n"):
        assert rows[name].to_list() == pytest.approx(getattr(own, name).tolist(), rel=1e-8)
    subtitle = spec(chart)["title"]["subtitle"]
    assert "role:counterparty: 9 observations of 9 events, market model" in subtitle
    assert "95\u00a0%, standard error of BMP, adjusted for cross-correlation (Kolari &" in subtitle


@pytest.mark.parametrize("window", [Window(-10, 0), Window(0, 10), Window(3, 10), Window(0, 0)])
def test_any_window_is_drawn_and_no_word_is_cut(
    window: Window, shipped: StudyResult, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = caar(shipped, window=window)
    assert rows_with(chart, "caar")["day"].to_list() == list(range(window.start, window.end + 1))
    ET.fromstring(svg(chart, width=390))
    assert capfd.readouterr().err == ""
    words = next(
        mark["mark"]
        for layer in spec(chart)["layer"]
        for mark in layer.get("layer", [])
        if mark["mark"]["type"] == "text"
    )
    expected = {-10: "right", 0: "left", 3: "left"}[window.start]
    assert words["align"] == (expected if len(window) > 1 else "center")


@pytest.mark.parametrize("draw", [caar, aar, car_dots])
def test_a_group_of_which_nothing_could_be_studied(
    draw: Any, shipped: StudyResult, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = draw(shipped, "role:underwriter")
    assert "role:underwriter: 0 observations" in spec(chart)["title"]["subtitle"]
    ET.fromstring(svg(chart))
    assert capfd.readouterr().err == ""


def test_aar_holds_the_headline_test(shipped: StudyResult) -> None:
    rows = rows_with(aar(shipped, "all"), "aar").sort("day")
    tested = shipped.sample_tests.filter(
        pl.col("group") == "all", pl.col("test") == "bmp_adjusted", pl.col("start") == pl.col("end")
    )
    daily = tested.unique("start").sort("start")
    assert rows["aar"].to_list() == pytest.approx(daily["mean"].to_list(), rel=1e-8)
    assert rows["p"].to_list() == pytest.approx(daily["p"].to_list(), rel=1e-8)
    for p, mark in rows["p", "stars"].iter_rows():
        assert mark == "*" * sum(p < level for level in (0.01, 0.05, 0.10))


def test_every_car_is_a_dot_that_one_can_name(shipped: StudyResult) -> None:
    rows = rows_with(car_dots(shipped, "role:competitor", windows=[Window(-1, 1)]), "title")
    own = shipped.memberships.filter(pl.col("group") == "role:competitor")
    table = shipped.cars.filter(~pl.col("alternative"), start=-1, end=1).join(
        own, on=["event_id", "ticker"], how="semi"
    )
    assert sorted(rows["car"].to_list()) == pytest.approx(sorted(table["car"].drop_nulls()))
    assert rows["title"].null_count() == rows["ticker"].null_count() == 0
    named = rows_with(car_dots(shipped, windows=[Window(0, 0)]), "words")["words"].to_list()
    assert named == ["CRWV, 27 Feb 2026: −17.79%", "ORCL, 10 Sep 2025: +35.38%"]


@pytest.mark.parametrize("at", [-0.3, -0.17, -0.05, 0.0, 0.09, 0.2, 0.4])
def test_a_name_is_not_cut_wherever_its_dot_is(
    at: float, shipped: StudyResult, capfd: pytest.CaptureFixture[str]
) -> None:
    """At 390 pixels the axis has some 300, a name at most 180 in a wide font: at −17.79 % of −35
    to +45 % one that began at its dot would be cut.
    """
    ends = pl.when(pl.col("ticker") == "AMD").then(-0.3).otherwise(0.4)
    own = shipped.cars.filter(
        pl.col("ticker").is_in(["AMD", "NVDA", "ORCL"]), event_id=AMD, start=0, end=0
    ).with_columns(pl.when(pl.col("ticker") == "ORCL").then(at).otherwise(ends).alias("car"))
    plain = spec(car_dots(shipped.with_tables(cars=own), windows=[Window(0, 0)]))
    low, high = plain["layer"][1]["layer"][0]["encoding"]["x"]["scale"]["domain"]
    texts = {
        one["mark"]["align"]: one["transform"][0]["filter"]
        for one in plain["layer"]
        if one.get("mark", {}).get("type") == "text" and one["mark"]["style"] == "note"
    }
    assert set(texts) == {"left", "center", "right"}
    share = (at - low) / (high - low)
    room = {"left": 1 - share, "right": share, "center": 2 * min(share, 1 - share)}
    shown = [align for align, rule in texts.items() if _holds(rule, at)]
    assert len(shown) == 1
    assert room[shown[0]] * 300 > 180


def _holds(rule: str, car: float) -> bool:
    """Whether a filter of Vega's keeps a value; its words are Python's but for one."""
    expression = rule.replace("datum.car", repr(car)).replace("&&", "and")
    return bool(eval(expression))


def test_dots_of_a_row_do_not_leave_it(shipped: StudyResult) -> None:
    chart = car_dots(shipped)
    rows = rows_with(chart, "y").filter(pl.col("window").is_not_null())
    heights = rows.group_by("window").agg(pl.col("y").min().alias("top"), pl.col("y").max())
    ordered = heights.sort("top")
    assert (ordered["top"].shift(-1).drop_nulls() > ordered["y"].head(len(ordered) - 1)).all()
    assert rows["y"].max() < spec(chart)["height"]  # type: ignore[operator]


def test_a_path_has_its_cars_and_the_closed_form_of_the_band(shipped: StudyResult) -> None:
    from scipy.stats import t as student

    rows = rows_with(car_path(shipped, AMD), "car").filter(pl.col("ticker") == "AMD").sort("day")
    row = shipped.cars.filter(
        ~pl.col("alternative"), event_id=AMD, ticker="AMD", start=-10, end=10
    ).row(0, named=True)
    last = rows.row(-1, named=True)
    assert last["car"] == pytest.approx(row["car"], rel=1e-8)
    assert last["std_error"] == pytest.approx(row["std_error"], rel=1e-8)
    reach = student.ppf(0.975, row["dof"]) * row["std_error"]
    assert last["high"] == pytest.approx(row["car"] + reach, rel=1e-8)
    assert last["low"] == pytest.approx(row["car"] - reach, rel=1e-8)
    assert last["date"] == "2025-10-20T00:00:00"


def test_a_path_says_what_it_leaves_out(shipped: StudyResult) -> None:
    first = spec(car_path(shipped, UNKNOWN_HOUR))
    assert (
        "the second candidate session, Wed 24 Sep 2025, is left out" in first["title"]["subtitle"]
    )
    second = spec(car_path(shipped, UNKNOWN_HOUR, alternative=True))
    assert (
        "the first candidate session, Tue 23 Sep 2025, is left out" in second["title"]["subtitle"]
    )
    assert "would react Wed 24 Sep 2025" in json.dumps(second)
    assert "unknown" not in spec(car_path(shipped, AMD))["title"]["subtitle"]


def test_every_party_is_named_at_the_end_of_its_line(shipped: StudyResult) -> None:
    chart = car_path(shipped, AMD)
    text = json.dumps(spec(chart), ensure_ascii=False)
    studied = shipped.cars.filter(event_id=AMD)["ticker"].unique()
    assert len(studied) == 6
    for ticker in studied:
        assert f'\\"{ticker} ' in text
    assert "AMD +46.01%" in text


def test_many_parties_keep_their_labels_apart(shipped: StudyResult) -> None:
    """Forty securities that end at the same place: as many labels as there is room for."""
    own = shipped.abnormal_returns.filter(event_id=AMD, ticker="AMD")
    keys = [f"S{number:02}" for number in range(40)]

    def copies(frame: pl.DataFrame) -> pl.DataFrame:
        one = frame.filter(event_id=AMD, ticker="AMD")
        return pl.concat(one.with_columns(pl.lit(key).alias("ticker")) for key in keys)

    assert len(own) == 21
    names = ("abnormal_returns", "cars", "observations")
    many = shipped.with_tables(**{name: copies(getattr(shipped, name)) for name in names})
    plain = spec(car_path(many, AMD))
    (axis,) = [
        one["encoding"]["y"]["axis"]
        for one in plain["layer"]
        if (one.get("encoding", {}).get("y", {}).get("axis") or {}).get("orient") == "right"
    ]
    places = sorted(axis["values"])
    assert len(places) == LABELLED
    low, high = next(
        one["encoding"]["y"]["scale"]["domain"]
        for one in plain["layer"]
        if "scale" in one.get("encoding", {}).get("y", {})
    )
    pixels = plain["height"] / (high - low)
    gaps = [(b - a) * pixels for a, b in pairwise(places)]
    assert min(gaps) > 13
    assert low <= places[0]
    assert places[-1] <= high


def test_actual_and_expected_are_the_tables(shipped: StudyResult) -> None:
    rows = rows_with(actual_expected(shipped, AMD, "NVDA"), "kind")
    table = shipped.abnormal_returns.filter(event_id=AMD, ticker="NVDA").sort("day")
    for kind, column in (("actual", "return"), ("expected", "expected")):
        own = rows.filter(pl.col("kind") == kind).sort("day")
        assert own["value"].to_list() == pytest.approx(table[column].to_list(), rel=1e-8)


def test_dollars_are_those_of_the_caps(shipped: StudyResult) -> None:
    chart = value_created(shipped, AMD)
    rows = rows_with(chart, "kind")
    caps = shipped.market_caps.filter(event_id=AMD, day=0)
    for kind, column in ((CLOSE, "change"), (PEAK, "peak_change")):
        own = dict(rows.filter(pl.col("kind") == kind)["ticker", "change"].iter_rows())
        assert own == pytest.approx(dict(caps["ticker", column].iter_rows()), rel=1e-8)
    words = set(rows["words"].to_list())
    assert {"+$63.4bn", "+$100.7bn", "−$50.6bn", "−$9.5bn"} <= words
    assert "(USD)" in spec(chart)["title"]["text"]


def test_currencies_share_no_axis(shipped: StudyResult) -> None:
    yen = pl.when(pl.col("ticker") == "NVDA").then(pl.lit("JPY")).otherwise("currency")
    mixed = shipped.with_tables(market_caps=shipped.market_caps.with_columns(yen.alias("currency")))
    plain = spec(value_created(mixed, AMD))
    assert [one["title"]["text"] for one in plain["vconcat"]] == [
        "Market value created on the event day (USD)",
        "Market value created on the event day (JPY)",
    ]
    assert "−¥50.6bn" in json.dumps(plain["vconcat"][1], ensure_ascii=False)


def test_an_event_without_share_counts_says_so(shipped: StudyResult) -> None:
    none = shipped.with_tables(market_caps=shipped.market_caps.clear())
    with pytest.raises(BadUsage, match="no market value is known"):
        value_created(none, AMD)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda r: caar(r, "role:counterpaty"), "no group `role:counterpaty`.*`role:counterparty`"),
        (lambda r: caar(r, model="markt"), "no model `markt`.*did you mean `market`"),
        (lambda r: aar(r, "tag:open-ai"), "no group `tag:open-ai`.*did you mean `tag:openai`"),
        (lambda r: car_dots(r, windows=[Window(0, 3)]), "no CAR over 0:3.*it has: 0:0, -1:1"),
        (lambda r: car_path(r, AMD[:-1]), f"no event.*did you mean `{AMD}`"),
        (lambda r: car_path(r, AMD, "NVD"), "no ticker `NVD`.*did you mean `NVDA`"),
        (lambda r: value_created(r, "x"), "no event `x`.*it has: 2025-09-09"),
        (lambda r: car_path(r, AMD, alternative=True), "at a second candidate session"),
        (lambda r: actual_expected(r, "2026-10-08-openai-arr-50b-ft"), "the first reason: "),
    ],
)
def test_an_unknown_name_is_met_with_those_known(
    draw: Drawn, message: str, shipped: StudyResult
) -> None:
    with pytest.raises(BadUsage, match=message):
        draw(shipped)
