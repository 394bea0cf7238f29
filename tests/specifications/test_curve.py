"""The specification curve against single studies, and the arithmetic of agreement."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import CALENDAR

import backtest as bt
from backtest.errors import BadUsage, DataUnavailable
from backtest.specifications.agreement import agreement, by_choice, ranked
from backtest.specifications.grid import Grid, read_grid
from backtest.specifications.tables import MISSING, SPECIFICATIONS, Curve

AMD = "2025-10-06-amd-openai-6gw-warrant"


@pytest.fixture
def amd(cache: Path) -> Curve:
    return bt.curve(CALENDAR, "snapshot", selection=[AMD], tickers=["AMD", "NVDA"], cache=cache)


def test_the_default_grid_has_every_specification_once(amd: Curve) -> None:
    """6 windows × 2 estimations × (simple: 2 × 2 market models, mean, 3 factor models; log: 5)."""
    assert amd.curves["n"].to_list() == [6 * 2 * (8 + 5)] * 2
    assert amd.specifications.select(SPECIFICATIONS.key).is_duplicated().sum() == 0
    assert amd.missing.is_empty()
    one = amd.specifications.filter(pl.col("ticker") == "AMD")
    assert one["rank"].to_list() == list(range(1, 157))
    assert one["car"].is_sorted()
    read = one.group_by("model").agg(pl.col("benchmark").n_unique()).sort("model")
    assert dict(read.iter_rows()) == {
        **dict.fromkeys(("mean", "ff3", "carhart", "ff5"), 1),
        **dict.fromkeys(("market", "market_adjusted"), 2),
    }
    assert one.filter(pl.col("model") == "mean")["benchmark"].null_count() == 24
    assert "no log returns of ff3, carhart, ff5" in amd.warnings[0]


@pytest.mark.parametrize(
    ("market", "model", "returns", "estimation"),
    [("QQQ", "market", "log", "-130:-11"), ("SPY", "ff5", "simple", "-260:-11")],
)
def test_a_specification_is_the_study_of_its_choices(
    amd: Curve, cache: Path, market: str, model: str, returns: str, estimation: str
) -> None:
    study = bt.run(
        CALENDAR,
        "snapshot",
        selection=[AMD],
        model=model,
        benchmark=market,
        returns=returns,  # type: ignore[arg-type]
        estimation=estimation,
        cache=cache,
    )
    figures = ["ticker", "start", "end", "car", "std_error", "t", "dof", "p"]
    ours = amd.specifications.filter(
        pl.col("model") == model,
        pl.col("returns") == returns,
        pl.col("estimation_start") == int(estimation.partition(":")[0]),
        pl.col("benchmark").fill_null(market) == market,
    )
    theirs = study.cars.filter(~pl.col("alternative"), pl.col("ticker").is_in(["AMD", "NVDA"]))
    by = ["ticker", "start", "end"]
    assert ours.select(figures).sort(by).equals(theirs.select(figures).sort(by))


def test_nothing_is_computed_twice(amd: Curve, cache: Path) -> None:
    again = bt.curve(CALENDAR, "snapshot", selection=[AMD], tickers=["AMD", "NVDA"], cache=cache)
    assert amd.provenance.computed > 0
    assert again.provenance.computed == 0
    assert again.specifications.equals(amd.specifications)


def test_what_gave_no_car_is_counted_with_the_reason(cache: Path) -> None:
    """The shipped factors end in April 2026; prices after the event window do too."""
    made = bt.curve(CALENDAR, "snapshot", selection=["2026-05-20-*"], cache=cache)
    total = made.curves["n"] + made.curves["missing"]
    assert (total == 156).all()
    reasons = made.missing["reason"].unique().to_list()
    assert any(reason.startswith("the factor data end 2026-04-30") for reason in reasons)
    assert "a session of the window has no return" in reasons


def _rows(cars: list[float], p: list[float]) -> pl.DataFrame:
    count = len(cars)
    fixed = {
        "event_id": ["e"] * count,
        "ticker": ["T"] * count,
        "benchmark": ["SPY", None] * (count // 2) + ["SPY"] * (count % 2),
        "model": [f"m{i}" for i in range(count)],
        "returns": ["simple"] * count,
        "car": cars,
        "p": p,
    }
    frame = pl.DataFrame(fixed)
    whole = pl.lit(0, pl.Int32)
    names = ("estimation_start", "estimation_end", "start", "end")
    return frame.with_columns(
        *(whole.alias(name) for name in names),
        *(pl.lit(1.0).alias(name) for name in ("std_error", "t", "dof")),
    )


def test_agreement_by_hand() -> None:
    table = ranked(_rows([0.03, -0.01, 0.02, 0.05, -0.04], [0.01, 0.02, 0.2, 0.049, 0.05]))
    assert table["car"].to_list() == [-0.04, -0.01, 0.02, 0.03, 0.05]
    assert table["rank"].to_list() == [1, 2, 3, 4, 5]
    assert agreement(table, MISSING.empty()).to_dicts() == [
        {
            "event_id": "e",
            "ticker": "T",
            "n": 5,
            "missing": 0,
            "positive": 3,
            "negative": 2,
            "share_same_sign": 0.6,
            "significant": 3,
            "significant_same_sign": 2,
            "median": 0.02,
            "low": -0.04,
            "high": 0.05,
        }
    ]


def test_each_choice_alone() -> None:
    table = ranked(_rows([0.03, -0.01, 0.02, 0.05], [0.01, 0.02, 0.2, 0.04]))
    own = by_choice(table).filter(pl.col("choice") == "benchmark")
    assert own.select("value", "n", "share_positive", "significant", "median").rows() == [
        ("none", 2, 0.5, 2, pytest.approx(0.02)),
        ("SPY", 2, 1.0, 1, pytest.approx(0.025)),
    ]


class TestOwnPrices:
    """Tables that have SPY and no QQQ."""

    @pytest.fixture
    def paths(self, tmp_path: Path) -> tuple[Path, Path]:
        tickers = ("T0", "T1")
        events = save(made_events(6, tickers), tmp_path / "events.csv")
        return events, save(made_prices(tickers), tmp_path / "prices.csv")

    def test_a_default_benchmark_without_prices_is_left_out_and_said(
        self, paths: tuple[Path, Path]
    ) -> None:
        made = bt.curve(*paths, cache=False)
        assert set(made.specifications["benchmark"]) == {"SPY", None}
        assert any("without the benchmark QQQ" in note for note in made.warnings)
        assert made.specifications["car"].is_finite().all()

    def test_one_that_was_asked_for_is_an_error(self, paths: tuple[Path, Path]) -> None:
        with pytest.raises(DataUnavailable, match="XLK has no prices"):
            bt.curve(*paths, grid=read_grid("SPY,XLK", "market", "0:0"), cache=False)

    def test_without_any_benchmark_there_is_no_curve(self, paths: tuple[Path, Path]) -> None:
        own = pl.read_csv(paths[1])
        save(own.filter(pl.col("ticker") != "SPY"), paths[1])
        with pytest.raises(DataUnavailable, match="benchmark"):
            bt.curve(*paths, cache=False)

    def test_windows_that_reach_into_the_estimation_are_refused(
        self, paths: tuple[Path, Path]
    ) -> None:
        with pytest.raises(BadUsage, match="reaches into the event window"):
            bt.curve(*paths, grid=read_grid(windows="-20:20"), cache=False)


def test_a_grid_names_each_choice_once() -> None:
    assert read_grid("SPY, QQQ,SPY").benchmarks == ("SPY", "QQQ")
    assert read_grid() == Grid()
    assert str(read_grid(windows="0:3,-2:1").hull) == "-2:3"
    with pytest.raises(BadUsage, match="names nothing"):
        read_grid(models=" , ")
