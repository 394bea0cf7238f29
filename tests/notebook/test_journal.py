"""Journal tables: the tables' figures with stars and standard errors, notes that name the tests."""

from __future__ import annotations

import dataclasses
import re
import sys

import polars as pl
import pytest
from support.drawn import AMD

from backtest.errors import BadUsage
from backtest.results.result import StudyResult


def _rows(html: str) -> list[list[str]]:
    """Return the cells of the body, line breaks as spaces and other marks removed."""
    body = html.split("<tbody", 1)[1].split("</tbody>", maxsplit=1)[0]
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in body.split("</tr>")]
    plain = [[re.sub(r"<[^>]+>", "", c.replace("<br>", " ")) for c in row] for row in rows]
    return [row for row in plain if row]


def test_cars_with_errors_in_brackets(shipped: StudyResult) -> None:
    html = shipped.table(group="role:counterparty").as_raw_html()
    rows = _rows(html)
    at = next(place for place, row in enumerate(rows) if row[0].startswith("AMD supplies OpenAI"))
    amd = rows[at + 1]
    own = shipped.cars.filter(~pl.col("alternative"), event_id=AMD, ticker="AMD")
    for cell, car in zip(amd[1:], shipped.spec.cars, strict=True):
        one = own.filter(start=car.start, end=car.end).row(0, named=True)
        value, error = re.fullmatch(r"(−?[\d.]+)\** \(([\d.]+)\)", cell).groups()  # type: ignore[union-attr]
        assert float(value.replace("−", "-")) == pytest.approx(100 * one["car"], abs=0.005)
        assert float(error) == pytest.approx(100 * one["std_error"], abs=0.005)
        assert cell.count("*") == sum(one["p"] < level for level in (0.01, 0.05, 0.10))
    assert "N = 9" in html
    assert "in per cent, standard errors of prediction in brackets" in html
    assert "two-sided t test with M − K degrees of freedom" in html


def test_tests_with_their_names(shipped: StudyResult) -> None:
    html = shipped.table("sample_tests", group="role:counterparty").as_raw_html()
    rows = {row[0]: row[1:] for row in _rows(html)}
    own = shipped.sample_tests.filter(group="role:counterparty", start=-1, end=1)
    column = [str(car) for car in shipped.spec.cars].index("-1:1")
    adjusted = own.filter(test="bmp_adjusted").row(0, named=True)
    shown = rows["BMP, adjusted for cross-correlation"][column]
    assert shown == f"{adjusted['statistic']:.2f}" + "*" * sum(
        adjusted["p"] < level for level in (0.01, 0.05, 0.10)
    )
    assert float(rows["CAAR"][column]) == pytest.approx(100 * adjusted["mean"], abs=0.005)
    assert rows["N"][column] == "9"
    assert len(rows) == 4 + len(shipped.spec.tests)
    assert "headline `bmp_adjusted`, t(8)" in html


def test_one_window(shipped: StudyResult) -> None:
    html = shipped.table(window="-1:1", group="role:issuer").as_raw_html()
    assert {len(row) for row in _rows(html)} == {1, 2}


def test_words_stay_words(hostile: StudyResult) -> None:
    html = hostile.table(group="role:counterparty").as_raw_html()
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 9  # as many events, kept apart


def test_a_large_table_shows_the_strongest_and_says_so(
    shipped: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backtest.notebook import journal

    monkeypatch.setattr(journal, "MOST", 3)
    html = shipped.table().as_raw_html()
    assert "The 3 of 143 with the largest |t|" in html
    first = shipped.cars.filter(~pl.col("alternative"), start=0, end=0)
    strongest = first.sort(pl.col("t").abs(), descending=True).head(3)["ticker"].to_list()
    shown = [row[0] for row in _rows(html) if len(row) > 1]
    assert sorted(shown) == sorted(strongest)


def test_a_measure_has_its_unit(shipped: StudyResult) -> None:
    volume = dataclasses.replace(shipped.spec, measure="volume")
    html = dataclasses.replace(shipped, spec=volume).table(group="role:issuer").as_raw_html()
    assert "Cumulative abnormal volume by event" in html
    assert "per cent" not in html


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "car"}, "no journal table `car` .*did you mean `cars`"),
        ({"name": "market_caps"}, "there are: cars, sample_tests"),
        ({"window": "0:3"}, "no CAR over 0:3 .*it has: 0:0, -1:1"),
        ({"window": "-1;1"}, "`-1;1` is not a window"),
        ({"group": "tag:opnai"}, "did you mean `tag:openai`"),
        ({"model": "capm"}, "it has: market"),
    ],
)
def test_an_unknown_name_is_met_with_those_known(
    arguments: dict[str, str], message: str, shipped: StudyResult
) -> None:
    with pytest.raises(BadUsage, match=message):
        shipped.table(**arguments)


@pytest.mark.parametrize("library", ["great_tables", "altair"])
def test_without_the_extra(
    library: str, shipped: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    ask = {
        "great_tables": shipped.table,
        "altair": lambda: shipped.plot_event(AMD),
    }[library]
    with pytest.raises(BadUsage, match=f"need the library {library}, which is not installed") as no:
        ask()
    assert no.value.problems[0].hint == "install it: pip install 'backtest[report]'"
