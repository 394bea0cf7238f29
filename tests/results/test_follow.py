"""What is read around events: the study's own numbers, and arithmetic on the shipped prices."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from backtest.inputs import Clocks
from backtest.models import models
from backtest.prices.source import open_source
from backtest.results.follow import BEFORE, Followed, Inputs, follow
from backtest.results.result import StudyResult

AMD = "2025-10-06-amd-openai-6gw-warrant"


def _inputs(cache: Path) -> Inputs:
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    source = open_source("snapshot", cache_dir=cache, now=now)
    return Inputs(source, Clocks(cache).of, models.get("market"))


@pytest.fixture(scope="module")
def followed(shipped: StudyResult, warm: Path) -> Followed:
    return follow(shipped, _inputs(warm))


def test_every_observation_that_was_studied_is_followed(
    shipped: StudyResult, followed: Followed
) -> None:
    main = shipped.fits.filter(~pl.col("alternative"), pl.col("status") == "ok")
    assert followed.rows.select("event_id", "ticker").equals(main.select("event_id", "ticker"))
    assert followed.rows["session"].equals(main["day0"].alias("session"))


def test_abnormal_returns_are_the_study_s_and_go_on(
    shipped: StudyResult, followed: Followed
) -> None:
    for at, (event, ticker, _) in enumerate(followed.rows.iter_rows()):
        own = shipped.abnormal_returns.filter(
            pl.col("event_id") == event, pl.col("ticker") == ticker, ~pl.col("alternative")
        ).filter(pl.col("day") >= 0)
        there = followed.abnormal[at, : len(own)]
        np.testing.assert_allclose(there, own["abnormal"].to_numpy(), rtol=1e-9, atol=1e-12)
        assert followed.errors[at] == pytest.approx(own["std_error"][0])


def test_prices_are_those_of_the_snapshot(followed: Followed) -> None:
    at = followed.rows["event_id"].index_of(AMD)
    assert at is not None
    assert followed.rows["ticker"][at] == "AMD"
    assert followed.dates[at, BEFORE] == np.datetime64("2025-10-06")
    assert followed.prices["close"][at, BEFORE] == 203.71
    assert followed.prices["close"][at, BEFORE - 1] == pytest.approx(164.67)
    assert followed.prices["volume"][at, BEFORE] == np.nanmax(followed.prices["volume"][at])
    last = followed.dates[at][~np.isnat(followed.dates[at])][-1]
    assert last == np.datetime64("2026-05-29")
    assert followed.last["AMD"] == followed.prices_end == dt.date(2026, 5, 29)


def test_residuals_sum_to_nothing_where_a_line_was_fitted(followed: Followed) -> None:
    sums = np.nansum(followed.residuals, axis=1)
    np.testing.assert_allclose(sums, 0.0, atol=1e-9)


def test_sessions_after(followed: Followed) -> None:
    at = followed.rows["event_id"].index_of(AMD)
    assert at is not None
    assert followed.sessions_after(at, dt.date(2025, 10, 6)) == 0
    assert followed.sessions_after(at, dt.date(2025, 10, 11)) == 5  # a Saturday
    assert followed.sessions_after(at, dt.date(2025, 10, 3)) == -1
    assert followed.sessions_after(at, dt.date(2026, 6, 1)) == -1


def test_some_events_alone(shipped: StudyResult, followed: Followed, cache: Path) -> None:
    alone = follow(shipped, _inputs(cache), [AMD])
    chosen = followed.rows["event_id"] == AMD
    assert alone.rows.equals(followed.rows.filter(chosen))
    length = alone.abnormal.shape[1]
    np.testing.assert_allclose(alone.abnormal, followed.abnormal[chosen.to_numpy()][:, :length])
    assert alone.last == followed.last
    nothing = follow(shipped, _inputs(cache), [])
    assert nothing.rows.is_empty()
