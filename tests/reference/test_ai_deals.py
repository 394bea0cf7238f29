"""Our models and tests against the results of other programs on eight real events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from reference.extract import ANSWERS, KEY, extract
from reference.tidy import tidy
from support.studies import SHARED, days_of, needs_shared, run, windows_of

from backtest.engine.arrays import Floats
from backtest.engine.estimates import Estimates
from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.prices.panel import build_panel
from backtest.prices.provider import BARS
from backtest.prices.providers.snapshot import Snapshot
from backtest.spec import StudySpec, Window

EVENTS = pl.read_csv(Path(__file__).with_name("ai_deals_events.csv"), try_parse_dates=True)
TICKERS = ("SPY", *sorted(set(EVENTS["ticker"])))
FOLDER = SHARED / "reference" / "ai_deals"
ROOT_L = np.sqrt([1, 3, 11, 21, 2])
CARS = tuple(Window(*pair) for pair in ((0, 0), (-1, 1), (-5, 5), (-10, 10), (0, 1)))
CUMULATED = tuple(Window(-10, day) for day in range(-9, 10))
SPEC = StudySpec(cars=CARS + CUMULATED)
MODELS = ("market", "market_adjusted", "mean")

# The shipped snapshot's closes are rounded to the cent; its returns agree to 4e-7.
EXACT, ROUNDED = 1e-10, 1e-4


@pytest.fixture(scope="module")
def answers() -> pl.DataFrame:
    return pl.read_parquet(ANSWERS)


@pytest.fixture(scope="module", params=["snapshot", pytest.param("shared", marks=needs_shared)])
def study(request: pytest.FixtureRequest) -> tuple[dict[str, Estimates], float]:
    """Return the estimates of each model, and how near the answers they must come."""
    bars = _shared_bars() if request.param == "shared" else _snapshot_bars()
    sessions = bars.filter(pl.col("ticker") == "SPY")["date"].sort().to_numpy()
    panel, notes = build_panel(bars, sessions.astype("datetime64[D]"), TICKERS)
    assert notes == ()
    rows = panel.rows(EVENTS["ticker"].to_list())
    day0 = panel.index(EVENTS["event_date"].to_numpy())
    estimates = {name: run(panel.returns("simple"), rows, day0, name, SPEC) for name in MODELS}
    return estimates, EXACT if request.param == "shared" else ROUNDED


@pytest.fixture(scope="module")
def ours(study: tuple[dict[str, Estimates], float]) -> pl.DataFrame:
    rows = [
        row
        for name, one in study[0].items()
        for row in tidy(name, one, EVENTS["event_id"].to_list(), SPEC)
    ]
    return pl.DataFrame(rows, schema=(*KEY[1:], "ours"), orient="row").cast(
        {"start": pl.Int8, "end": pl.Int8}
    )


@needs_shared[0]
@needs_shared[1]
def test_the_answer_file_holds_what_the_programs_said(answers: pl.DataFrame) -> None:
    assert answers.equals(extract(FOLDER))


@pytest.mark.parametrize(
    ("program", "quantities", "models"),
    [
        ("formula", ("alpha", "beta"), 1),
        ("formula", ("sigma", "dof", "n_obs"), 3),
        ("formula", ("abnormal", "sar", "car"), 3),
        ("formula", ("scar",), 1),
        ("formula", ("mean", "cross_sectional", "patell", "bmp"), 3),
        ("formula", ("wilcoxon", "sign z"), 3),
        ("formula", ("crude_dependence", "generalized_sign", "rank", "skewness_adjusted"), 3),
        ("formula", ("grank_t", "grank_z"), 1),
        ("EventStudy", ("generalized_sign",), 3),
        ("estudy2", ("crude_dependence", "generalized_sign", "rank"), 3),
        ("EventStudy", ("alpha", "beta", "sigma", "dof", "abnormal", "car"), 3),
        ("EventStudy", ("cross_sectional", "sign z"), 3),
        ("estudy2", ("alpha", "beta", "abnormal", "car"), 3),
        ("estudy2", ("cross_sectional", "bmp", "sign z", "wilcoxon"), 3),
    ],
)
def test_same_numbers(
    program: str,
    quantities: tuple[str, ...],
    models: int,
    answers: pl.DataFrame,
    ours: pl.DataFrame,
    study: tuple[dict[str, Estimates], float],
) -> None:
    chosen = answers.filter(pl.col("program") == program, pl.col("quantity").is_in(quantities))
    assert set(chosen["quantity"]) == set(quantities)
    assert chosen["model"].n_unique() == models
    _agree(chosen, ours, study[1])


def test_forecast_errors_and_patell_of_event_study(
    answers: pl.DataFrame, ours: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    """Its market-adjusted model counts a mean that nobody estimated: √(1 + 1/250) too wide."""
    chosen = answers.filter(
        pl.col("program") == "EventStudy", pl.col("quantity").is_in(["std_error", "patell"])
    )
    estimated = chosen.filter(pl.col("model") != "market_adjusted")
    _agree(estimated, ours, study[1])
    wide = np.sqrt(1 + 1 / 250)
    factor = pl.when(pl.col("quantity") == "patell").then(wide).otherwise(1 / wide)
    corrected = chosen.filter(pl.col("model") == "market_adjusted").with_columns(
        pl.col("value") * factor
    )
    assert 1 / wide == pytest.approx(0.998006, abs=5e-7)
    _agree(corrected, ours, study[1])


def test_bhar_is_the_benchmark_s_in_the_market_adjusted_model(
    answers: pl.DataFrame, ours: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    """The programs hold the benchmark itself for every model; there ours is the model's return."""
    chosen = answers.filter(pl.col("quantity") == "bhar against the benchmark").with_columns(
        quantity=pl.lit("bhar")
    )
    by_model = chosen.filter(pl.col("program") == "formula").pivot(
        "model", index=["event_id", "start", "end"], values="value"
    )
    assert np.allclose(by_model["market"], by_model["market_adjusted"], atol=1e-14, rtol=0)
    _agree(chosen.filter(pl.col("model") == "market_adjusted"), ours, study[1])


def test_errors_that_leave_out_the_coefficients_are_too_small(
    answers: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    theirs = _matrix(answers, "scar, sigma and root L only", "market")
    estimates, tolerance = study
    market = estimates["market"]
    simple = market.car[:, :5] / (market.sigma[:, None] * ROOT_L)
    assert np.allclose(simple, theirs, atol=tolerance * 10, rtol=tolerance)
    assert (np.abs(market.scar[:, :5]) < np.abs(theirs)).all()
    # ORCL over [−10, 10].
    assert (theirs[0, 3], market.scar[0, 3]) == pytest.approx((2.5788, 2.4764), abs=1e-3)


@pytest.mark.parametrize(("model", "coefficients"), [("market_adjusted", 0), ("mean", 1)])
def test_full_error_of_a_window_where_the_factor_is_known(
    model: str,
    coefficients: int,
    answers: pl.DataFrame,
    study: tuple[dict[str, Estimates], float],
) -> None:
    """With nothing estimated S(CAR) = s√L; with a mean of M days it is s√(L + L²/M)."""
    theirs = _matrix(answers, "scar, sigma and root L only", model)
    estimates, tolerance = study
    expected = theirs / np.sqrt(1 + coefficients * ROOT_L**2 / 250)
    assert np.allclose(estimates[model].scar[:, :5], expected, atol=tolerance * 10, rtol=tolerance)


def test_bmp_standardised_by_sigma_alone(
    answers: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    estimates, tolerance = study
    market = estimates["market"]
    days = days_of(market, SPEC)
    by_sigma = market.abnormal / market.sigma[:, None]
    other = Sample(days.columns, by_sigma, by_sigma, by_sigma, days.n_days, days.dof)
    statistic = tests.get("bmp").run(other).statistic
    for program in ("formula", "EventStudy"):
        theirs = _sample(answers, program, "bmp, sigma only")
        assert np.allclose(statistic, theirs, atol=tolerance, rtol=0)
    at_zero = statistic[10], tests.get("bmp").run(days).statistic[10]
    assert at_zero == pytest.approx((1.372292, 1.372012), abs=max(tolerance, 1e-6))


def test_bmp_of_summed_sars(
    answers: pl.DataFrame, ours: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    """The same where each day's error has the same scale; not where the market's return counts."""
    chosen = answers.filter(pl.col("quantity") == "bmp of summed SARs").with_columns(
        quantity=pl.lit("bmp")
    )
    _agree(chosen.filter(pl.col("model") != "market"), ours, study[1])
    row = pl.col("model") == "market", pl.col("start") == -10
    theirs = chosen.filter(row)["value"].item()
    bmp = tests.get("bmp").run(windows_of(study[0]["market"], SPEC)).statistic[3]
    assert (theirs, bmp) == pytest.approx((1.393055, 1.393666), abs=max(study[1], 1e-6))


def test_patell_keeps_the_published_form_for_windows(
    answers: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    estimates, tolerance = study
    sample = windows_of(estimates["market"], SPEC)
    published = tests.get("patell").run(sample).statistic[:5]
    full = sample.scar[:, :5].sum(axis=0) / np.sqrt(8 * 248 / 246)
    theirs = answers.filter(pl.col("quantity") == "patell, full variance")
    by_window = {(row["start"], row["end"]): row["value"] for row in theirs.iter_rows(named=True)}
    expected = [by_window[car.start, car.end] for car in CARS]
    assert np.allclose(full, expected, atol=tolerance * 10, rtol=tolerance)
    assert (published[3], full[3]) == pytest.approx((2.4553, 2.3630), abs=1e-3)


def test_ranks_of_a_window_alone_differ_only_where_days_are_left_out(
    answers: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    """The programs rank anew over estimation and each window; ours are the same for all windows."""
    theirs = answers.filter(
        pl.col("quantity") == "rank, window ranked by itself", pl.col("model") == "market"
    )
    by_window = {(row["start"], row["end"]): row["value"] for row in theirs.iter_rows(named=True)}
    ours = tests.get("rank").run(windows_of(study[0]["market"], SPEC)).statistic[:5]
    off = {car: own - by_window[car.start, car.end] for car, own in zip(CARS, ours, strict=True)}
    # Rounded closes swap a few ranks.
    assert abs(off[Window(-10, 10)]) < max(study[1] * 100, 1e-10)
    assert 0 < abs(off[Window(-5, 5)]) < 0.1
    assert 0 < abs(off[Window(0, 0)]) < 0.02


def test_patell_with_the_wrong_divisor(
    answers: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    estimates, tolerance = study
    statistic = tests.get("patell").run(days_of(estimates["market"], SPEC)).statistic
    theirs = _sample(answers, "estudy2", "patell, sd over M - 1")
    assert np.allclose(theirs, statistic * np.sqrt(249 / 248), atol=tolerance * 10, rtol=tolerance)


def test_a_mean_daily_return_is_not_a_caar(
    answers: pl.DataFrame, ours: pl.DataFrame, study: tuple[dict[str, Estimates], float]
) -> None:
    length = pl.col("end") - pl.col("start") + 1
    chosen = answers.filter(pl.col("quantity") == "mean a day").with_columns(
        pl.lit("mean").alias("quantity"), pl.col("value") * length
    )
    # The named CAR windows of each model but the single day.
    assert chosen.height == 3 * 4
    _agree(chosen, ours, study[1])


def _agree(chosen: pl.DataFrame, ours: pl.DataFrame, tolerance: float) -> None:
    """Assert that every answer has a number of ours, near it or relatively near it."""
    both = chosen.join(ours, on=list(KEY[1:]), how="left", nulls_equal=True)
    assert both.height == chosen.height
    assert both["ours"].null_count() == 0, both.filter(pl.col("ours").is_null())
    scale = pl.max_horizontal(pl.lit(1.0), pl.col("value").abs())
    off = both.filter((pl.col("ours") - pl.col("value")).abs() > tolerance * scale)
    assert off.is_empty(), off


def _matrix(answers: pl.DataFrame, quantity: str, model: str) -> Floats:
    """Return (events, named CAR windows)."""
    chosen = answers.filter(pl.col("quantity") == quantity, pl.col("model") == model)
    by_key = {row[3:6]: row[6] for row in chosen.iter_rows()}
    return np.array([[by_key[event, c.start, c.end] for c in CARS] for event in EVENTS["event_id"]])


def _sample(answers: pl.DataFrame, program: str, quantity: str) -> Floats:
    """Return (days,) of the market model."""
    chosen = answers.filter(
        pl.col("program") == program,
        pl.col("quantity") == quantity,
        pl.col("model") == "market",
        pl.col("start") == pl.col("end"),
    ).sort("start")
    assert chosen.height == 21
    return chosen["value"].to_numpy()


def _snapshot_bars() -> pl.DataFrame:
    return Snapshot().bars(TICKERS, None, None).frame


def _shared_bars() -> pl.DataFrame:
    frames = [
        pl.read_csv(FOLDER / name, try_parse_dates=True) for name in ("prices.csv", "market.csv")
    ]
    table = pl.concat(frames).with_columns(adj_close=pl.col("close"))
    nothing = [
        pl.lit(None, dtype=pl.Float64).alias(name) for name in ("open", "high", "low", "volume")
    ]
    first = pl.col("date") >= frames[0]["date"].min()
    return BARS.check(table.filter(first).with_columns(nothing))
