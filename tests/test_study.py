"""The study as other programs read it: tables, keys, totals, and what must not change them."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bulk import made_events, made_prices, one_event, save, sessions
from support.cli import CALENDAR, Command
from support.contract import COLUMNS

import backtest as bt
from backtest.contracts import TABLES
from backtest.engine import estimate
from backtest.results.result import StudyResult

TEXT = {
    *("event_id", "ticker", "model", "status", "reason", "group", "test", "currency", "claim_id"),
    *("quantity", "basis", "verdict", "best_basis", "source", "stage"),
    *("shared_date", "headline", "why"),
}
WHOLE = {"day", "start", "end", "n_days", "n_obs", "n"} | {
    *("events", "securities", "dates", "shared", "overlapping", "repeated")
}
DATES = {"date", "day0", "shares_as_of"}
EVENT_TABLES = ("abnormal_returns", "cars", "fits", "market_caps")
VARIANTS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "three models": {"model": "mean,market,market_adjusted"},
    "log and lenient": {"returns": "log", "missing": "lenient", "group_by": "financing"},
    "after the event": {"window": "3:20", "estimation": "-100:-1", "min_obs": 60},
    "before the event": {"window": "-20:-3", "estimation": "-120:-21", "cars": ["-20:-3"]},
}

Study = Callable[..., StudyResult]


@pytest.fixture(scope="module", params=VARIANTS)
def result(
    request: pytest.FixtureRequest, warm: Path, tmp_path_factory: pytest.TempPathFactory
) -> StudyResult:
    """The shipped calendar, studied in several ways."""
    cache = tmp_path_factory.mktemp("variant")
    shutil.copytree(warm / "sessions", cache / "sessions")
    return bt.run(CALENDAR, "snapshot", cache=cache, **VARIANTS[request.param])


def kind_of(column: str) -> pl.DataType | type[pl.DataType]:
    if column in TEXT:
        return pl.String
    if column in WHOLE:
        return pl.Int32
    if column in DATES:
        return pl.Date
    return pl.Boolean if column == "alternative" else pl.Float64


def test_tables_have_the_columns_of_the_contract_in_order(
    result: StudyResult, tmp_path: Path
) -> None:
    paths = result.write(tmp_path / "out")
    tables = [f"{name}.parquet" for name in COLUMNS]
    assert sorted(path.name for path in paths) == sorted([*tables, "receipt.json"])
    for name, columns in COLUMNS.items():
        written = pl.read_parquet(tmp_path / "out" / f"{name}.parquet")
        assert written.columns == columns.split()
        for column, dtype in written.schema.items():
            if column == "coefficients":
                assert isinstance(dtype, pl.Struct)
            else:
                assert dtype == kind_of(column), (name, column)
        assert written.equals(result.tables[name])


def test_keys_are_unique(result: StudyResult) -> None:
    for frame in TABLES:
        table = result.tables[frame.name]
        assert not table.select(frame.key).is_duplicated().any(), frame.name


def test_no_value_is_nan_or_infinite(result: StudyResult) -> None:
    for name, table in result.tables.items():
        flat = table.unnest("coefficients", separator="_") if name == "fits" else table
        for column in flat.get_columns():
            if column.dtype == pl.Float64:
                assert column.drop_nulls().is_finite().all(), (name, column.name)


def test_nothing_is_absent_without_a_reason(result: StudyResult) -> None:
    from backtest.events.load import load_announcements

    listed = {
        (one.id, party.ticker)
        for one in load_announcements(CALENDAR)
        for party in one.announcement.parties
        if party.ticker
    }
    models = result.spec.models
    main = result.fits.filter(~pl.col("alternative"))
    ok = set(main.filter(status="ok").select("event_id", "ticker", "model").iter_rows())
    left = result.excluded.filter(
        ~pl.col("reason").str.starts_with("second candidate"), pl.col("stage") != "valuation"
    )
    gone = left.filter(pl.col("stage") != "estimation").select("event_id", "ticker").rows()
    assert len(set(gone)) == len(gone)
    unfit = set(main.filter(status="excluded").select("event_id", "ticker", "model").iter_rows())
    asked = {(*pair, model) for pair in listed for model in models}
    assert ok.isdisjoint(unfit)
    assert asked == ok | unfit | {(*pair, model) for pair in gone for model in models}
    # Whoever a model could not use stands in `excluded` too, named by the model if there are more.
    for event, ticker, model in unfit:
        reasons = left.filter(event_id=event, ticker=ticker, stage="estimation")["reason"]
        assert any(len(models) == 1 or reason.startswith(f"{model}: ") for reason in reasons)


def test_every_studied_observation_has_all_its_rows(result: StudyResult) -> None:
    spec = result.spec
    key = ["event_id", "ticker", "alternative"]
    ok = result.fits.filter(status="ok")
    days = result.abnormal_returns.group_by(*key, "model").agg(pl.col("day"))
    windows = result.cars.group_by(*key, "model").len()
    assert len(days) == len(windows) == len(ok) > 0
    wanted = list(range(spec.window.start, spec.window.end + 1))
    assert all(found == wanted for found in days["day"].to_list())
    assert set(windows["len"]) == {len(spec.cars)}
    tested = result.event_tests.group_by(*key, "model").len()
    assert len(tested) == len(ok)
    assert set(tested["len"]) == {len(spec.cars)}
    empty = result.event_tests["p"].is_null()
    assert (empty == result.event_tests["reason"].is_not_null()).all()
    valued = result.market_caps.group_by(*key).len()
    assert set(valued["len"]) == {len(wanted)}
    bare = result.excluded.filter(stage="valuation")
    assert len(valued) + len(bare) == result.fits.select(key).n_unique()


def test_sessions_of_a_window_follow_each_other(result: StudyResult) -> None:
    days = set(sessions())
    for dates in (
        result.abnormal_returns.filter(~pl.col("alternative"))
        .group_by("event_id", "ticker", "model")
        .agg(pl.col("date").drop_nulls())["date"]
        .head(30)
    ):
        inside = [day for day in dates if day in days]
        ordered = sorted(days)
        first = ordered.index(inside[0])
        assert inside == ordered[first : first + len(inside)]


def test_python_json_parquet_and_csv_agree(cli: Command, cache: Path, tmp_path: Path) -> None:
    study = ("tag:chips", "--events", CALENDAR, "--prices", "snapshot", "--model", "market,mean")
    ran = cli("run", *study, "--format", "json", "--out", tmp_path / "a")
    again = cli("run", *study, "--format", "csv", "--out", tmp_path / "b")
    ours = bt.run(
        CALENDAR, "snapshot", selection=["tag:chips"], model=["market", "mean"], cache=cache
    )
    assert (ran.code, again.code) == (0, 0)
    assert set(ran.json) == {"schema_version", "spec", "tables", "warnings", "provenance"}
    assert ran.json["schema_version"] == 1
    assert ran.json["spec"] == ours.spec.as_dict()
    assert list(ran.json["tables"]) == list(COLUMNS)
    for name, table in ours.tables.items():
        assert pl.read_parquet(tmp_path / "a" / f"{name}.parquet").equals(table)
        assert pl.read_parquet(tmp_path / "b" / f"{name}.parquet").equals(table)
        rows = json.loads(table.write_json())
        assert ran.json["tables"][name] == rows
        plain = table.drop("coefficients", strict=False)
        csv = pl.read_csv(tmp_path / "b" / f"{name}.csv", schema_overrides=plain.schema)
        assert csv.drop("coefficients", strict=False).equals(plain)
    assert pl.read_csv(again.out.encode(), schema_overrides=ours.cars.schema).equals(ours.cars)


def test_the_document_is_strict_json(shipped: StudyResult) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    from io import StringIO

    from backtest.report import formats

    stream = StringIO()
    formats.get("json").show(shipped, stream)
    document = json.loads(stream.getvalue(), parse_constant=refuse)
    plain = json.loads(json.dumps(shipped.as_dict(), default=str))
    assert document == plain


TICKERS = tuple(f"T{number}" for number in range(6))


@pytest.fixture
def bulk(tmp_path: Path, cache: Path) -> Study:
    """Study a bulk table of events on made-up prices, without keeping results."""
    prices = save(made_prices(TICKERS), tmp_path / "prices.parquet")

    def study(events: pl.DataFrame, **options: Any) -> StudyResult:
        path = save(events, tmp_path / "events.parquet")
        options = {"prices": prices, "cache": cache, **options}
        shutil.rmtree(cache / "results", ignore_errors=True)
        return bt.run(path, **options)

    return study


def sorted_by_key(result: StudyResult) -> dict[str, pl.DataFrame]:
    keys = {frame.name: frame.key for frame in TABLES}
    return {name: result.tables[name].sort(keys[name]) for name in EVENT_TABLES}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_events_changes_no_event(bulk: Study, seed: int) -> None:
    events = made_events(60, TICKERS)
    straight = sorted_by_key(bulk(events))
    shuffled = sorted_by_key(bulk(events.sample(fraction=1, shuffle=True, seed=seed)))
    for name, table in straight.items():
        assert table.equals(shuffled[name]), name


def test_tables_come_in_the_order_of_the_events(bulk: Study) -> None:
    events = made_events(40, TICKERS).sample(fraction=1, shuffle=True, seed=5)
    for name, table in bulk(events, model="market,mean").tables.items():
        if name in ("abnormal_returns", "cars", "fits"):
            order = table["event_id"].unique(maintain_order=True).to_list()
            assert order == events["event_id"].to_list()


def test_threads_blocks_and_company_change_no_bit(
    bulk: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = made_events(70, TICKERS)
    options: dict[str, Any] = {"model": "market,mean,market_adjusted"}
    one = bulk(events, jobs=1, **options)
    monkeypatch.setattr(estimate, "BLOCK", 4)
    for jobs in (1, 2):
        other = bulk(events, jobs=jobs, **options)
        for name, table in one.tables.items():
            assert other.tables[name].equals(table), name
    alone = sorted_by_key(bulk(events[17:18], **options))
    for name, table in sorted_by_key(one).items():
        own = table.filter(event_id=events["event_id"][17])
        assert own.equals(alone[name]), name


def test_log_returns_are_logs_of_the_simple_ones(bulk: Study) -> None:
    events = made_events(8, TICKERS)
    simple, log = (bulk(events, returns=kind).abnormal_returns for kind in ("simple", "log"))
    np.testing.assert_allclose(np.log1p(simple["return"]), log["return"], rtol=0, atol=1e-14)
    assert simple["abnormal"].sum() != pytest.approx(log["abnormal"].sum(), abs=1e-6)


def test_strict_and_lenient_differ_where_a_day_is_missing(tmp_path: Path, bulk: Study) -> None:
    days = sessions()
    gap = days[352]
    prices = made_prices(TICKERS).filter((pl.col("ticker") != "T0") | (pl.col("date") != gap))
    path = save(prices, tmp_path / "gap.parquet")
    events = pl.concat([one_event("T0", days[350], "gap"), one_event("T1", days[350], "whole")])
    options: dict[str, Any] = {"prices": path, "window": "-3:5", "cars": ["0:1", "0:3", "2:3"]}
    strict, lenient = (bulk(events, missing=how, **options) for how in ("strict", "lenient"))

    # The close of day 2 is missing: neither day 2 nor day 3 has a return.
    daily = strict.abnormal_returns.filter(event_id="gap")
    empty = daily.filter(pl.col("return").is_null())["day"].to_list()
    assert empty == [2, 3]

    def cars(result: StudyResult, event: str) -> list[tuple[int, bool]]:
        rows = result.cars.filter(event_id=event)
        return list(zip(rows["n_days"], rows["car"].is_null(), strict=True))

    assert cars(strict, "gap") == [(2, False), (2, True), (0, True)]
    assert cars(lenient, "gap") == [(2, False), (2, False), (0, True)]
    assert cars(strict, "whole") == [(2, False), (4, False), (2, False)]
    present = daily.filter(pl.col("day").is_between(0, 3))["abnormal"].sum()
    found = lenient.cars.filter(event_id="gap", start=0, end=3)["car"].item()
    assert found == pytest.approx(present, abs=1e-15)
    whole = pl.col("event_id") == "whole"
    assert strict.cars.filter(whole).equals(lenient.cars.filter(whole))


def test_a_return_never_spans_a_gap(tmp_path: Path, bulk: Study) -> None:
    days = sessions()
    prices = made_prices(["T0"])
    gap = prices.filter((pl.col("ticker") != "T0") | (pl.col("date") != days[300]))
    result = bulk(one_event("T0", days[350]), prices=save(gap, tmp_path / "gap.parquet"))
    whole = bulk(one_event("T0", days[350]), prices=save(prices, tmp_path / "whole.parquet"))
    # Two returns fewer: that of the day without a price, and that of the day after it.
    assert whole.fits["n_obs"].item() == 250
    assert result.fits["n_obs"].item() == 248


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    starts=st.lists(st.integers(-8, 8), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_windows_add_up(
    tmp_path_factory: pytest.TempPathFactory, starts: list[int], data: st.DataObject
) -> None:
    """A CAR is the sum of its abnormal returns, and adjoining CARs add up."""
    folder = tmp_path_factory.mktemp("adds")
    end = data.draw(st.integers(max(starts), 9))
    cuts = [*sorted(starts), end + 1]
    parts = [f"{a}:{b - 1}" for a, b in pairwise(cuts)]
    whole = f"{cuts[0]}:{end}"
    events = save(made_events(5, ["T0", "T1"]), folder / "e.parquet")
    prices = save(made_prices(["T0", "T1"]), folder / "p.parquet")
    result = bt.run(events, prices, cache=False, cars=[*parts, whole], window="-8:9")
    for event in result.cars["event_id"].unique():
        rows = result.cars.filter(event_id=event)
        cars = dict(zip(zip(rows["start"], rows["end"], strict=True), rows["car"], strict=True))
        total = cars[cuts[0], end]
        assert math.isclose(
            sum(cars[a, b - 1] for a, b in pairwise(cuts)), total, rel_tol=0, abs_tol=1e-12
        )
        daily = result.abnormal_returns.filter(
            pl.col("event_id") == event, pl.col("day").is_between(cuts[0], end)
        )
        assert math.isclose(daily["abnormal"].sum(), total, rel_tol=0, abs_tol=1e-12)
