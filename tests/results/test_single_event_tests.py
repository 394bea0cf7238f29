"""Tests of single events in a study: their rows, what keeps them, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_prices
from support.lab import TICKERS, Lab, counts, same

from backtest.inference.single.in_space import FEW, NOT_WEIGHED
from backtest.results import shards
from backtest.results.event_frames import NOT_WHOLE, TOO_CLOSE
from backtest.results.unanswered import Unanswered, unanswered_notes
from backtest.spec import StudySpec

PEERS = tuple(f"N{number:03}" for number in range(105))
NARROW = {"estimation": "-110:-3", "window": "-2:2", "cars": ["-2:2", "0:0", "0:1"]}
KEY = ["event_id", "ticker", "model", "alternative", "start", "end"]
BOTH = "in_space,conformal"


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> Lab:
    lab = Lab(tmp_path, cache)
    lab.events, lab.prices = lab.events.head(3), made_prices((*TICKERS, *PEERS))
    return lab


def test_rows_of_a_car_follow_each_other(lab: Lab) -> None:
    """In the order of the option, behind the sample-quantile test and before placebo dates."""
    plain = lab.run(model="market,synthetic", tests="bmp", cache=False, **NARROW)
    tested = lab.run(model="market,synthetic", tests=f"{BOTH},bmp", cache=False, **NARROW)
    order = ["sq", "in_space", "conformal"]
    assert tested.event_tests["test"].to_list() == order * 18
    assert tested.event_tests.filter(test="sq").equals(plain.event_tests)
    for key in order[1:]:
        rows = tested.event_tests.filter(test=key)
        assert rows.select(KEY).equals(plain.event_tests.select(KEY))
        by_model = rows.partition_by("model", as_dict=True)
        assert set(by_model["market",]["reason"]) == {NOT_WEIGHED}
        assert by_model["market",]["p"].null_count() == 9
        assert by_model["synthetic",]["reason"].null_count() == 9
        assert by_model["synthetic",]["p"].is_between(0, 1).all()
    assert tested.sample_tests.equals(plain.sample_tests)
    for name in ("cars", "fits", "abnormal_returns", "sample_designs", "excluded"):
        assert tested.tables[name].equals(plain.tables[name])
    quantile = tested.event_tests.filter(test="sq")
    assert quantile.filter(model="market")["p"].null_count() == 0
    assert set(quantile.filter(model="synthetic")["reason"]) == {TOO_CLOSE}
    assert quantile.filter(model="synthetic")["p"].null_count() == 9
    dates = lab.run(model="synthetic", tests=f"{BOTH},permutation", cache=False, **NARROW)
    assert dates.event_tests["test"].to_list() == [*order, "permutation"] * 9


@pytest.mark.parametrize("piece", [10**12, 2])
def test_one_that_has_no_answer_is_named(
    lab: Lab, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a study in pieces, and of one that was finished before."""
    monkeypatch.setattr(shards, "SHARD", piece)
    monkeypatch.setattr(shards, "LARGE", piece)
    asked = {"model": "market,synthetic,mean", **NARROW}
    for _ in range(2):
        assert lab.run(tests=f"{BOTH},bmp", **asked).warnings == (
            f"in_space and conformal give nothing for the model market: {NOT_WEIGHED}",
            f"in_space and conformal give nothing for the model mean: {NOT_WEIGHED}",
        )
    assert lab.run(tests="bmp", **asked).warnings == ()


def test_of_several_reasons_the_commonest_is_told() -> None:
    rows = [("market", "in_space", None, text) for text in ("few", "few", "gone")]
    rows += [("market", "conformal", 0.5, None), ("market", "conformal", None, "few")]
    table = pl.DataFrame(rows, ["model", "test", "p", "reason"], orient="row")
    spec = StudySpec(tests=("in_space", "conformal"))
    assert spec.models == ("market",)
    found = Unanswered.among(table.head(1), spec) + Unanswered.among(table.tail(4), spec)
    assert list(unanswered_notes(found, spec)) == [
        "in_space gives nothing for the model market: few; "
        "the table `event_tests` has the other reasons"
    ]
    assert not list(unanswered_notes(Unanswered(), spec))


def test_no_sample_test_at_all(lab: Lab) -> None:
    result = lab.check(model="synthetic", tests="conformal", **NARROW)
    assert result.sample_tests.is_empty()
    assert result.event_tests["test"].to_list() == ["sq", "conformal"] * 9


def test_what_is_kept_is_what_was_asked_for(lab: Lab) -> None:
    """They are part of the key: the same events without them are others."""
    study = {"model": "synthetic", **NARROW}
    assert counts(lab.run(tests="bmp", **study)) == (3, 0)
    first = lab.run(tests=f"bmp,{BOTH}", **study)
    assert counts(first) == (3, 0)
    again = lab.run(tests=f"{BOTH},bmp,sign", **study)
    assert counts(again) == (0, 3)
    assert again.event_tests.equals(first.event_tests)
    assert counts(lab.run(tests="bmp,sign", **study)) == (0, 3)


def test_one_event_computed_alone_has_the_same_bits(lab: Lab) -> None:
    study = {"model": "synthetic", "tests": f"bmp,{BOTH}", **NARROW}
    lab.run(**study)
    day = lab.events["date"][2]
    lab.prices = lab.prices.with_columns(
        close=pl.when((pl.col("ticker") == "T1") & (pl.col("date") == day))
        .then(pl.col("close") * 1.01)
        .otherwise("close")
    )
    result = lab.run(**study)
    assert counts(result)[0] >= 1
    same(result, lab.run(cache=False, **study))


def test_reasons(lab: Lab) -> None:
    """Of too few donors, and of a window that is not whole."""
    ticker, day = lab.events.row(0, named=True)["ticker"], lab.events["date"][0]
    lab.prices = lab.prices.filter(
        ~pl.col("ticker").is_in(PEERS[90:]), (pl.col("ticker") != ticker) | (pl.col("date") != day)
    )
    rows = lab.check(model="synthetic", tests="in_space", **NARROW).event_tests
    rows = rows.filter(test="in_space")
    assert rows.filter(ticker=ticker).head(3)["reason"].to_list() == [NOT_WHOLE] * 3
    assert set(rows["reason"]) == {NOT_WHOLE, FEW}
    assert rows["p"].null_count() == rows["statistic"].null_count() == len(rows)
