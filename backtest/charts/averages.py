"""Average cumulative abnormal returns by session with the standard error of a sample test.

A test is of one window; a band needs the standard error of the average CAR from the first session
to every other, in units of returns. Three tests have one (METHODS §5):

- `cross_sectional`: sd(CAR) / √N.
- `bmp`: it lets the event multiply every observation's forecast variance S_i² by the same factor,
  which it estimates by var(SCAR). So Var(CAAR) = var(SCAR) · Σ S_i² / N².
- `bmp_adjusted`: the errors of two observations are correlated by r̄ on average, and var(SCAR)
  estimates that factor times 1 − r̄. So

      Var(CAAR) = var(SCAR) / (1 − r̄) · [(1 − r̄) Σ S_i² + r̄ (Σ S_i)²] / N².

Where all S_i are equal, CAAR over this standard error is the test's statistic; where they are not,
the tests give those observations more weight whose returns are less noisy, CAAR gives all the same.

r̄ depends on how many sessions windows share, so on their length: it is known for the lengths that
the study tested, from the ratio of two statistics, and interpolated between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.charts.cumulated import Cumulated, cumulated
from backtest.charts.selection import members_of, model_of
from backtest.engine.arrays import Floats, Ints
from backtest.errors import BadUsage
from backtest.inference._columns import mean_and_sd
from backtest.spec import Window

if TYPE_CHECKING:
    from backtest.results.result import StudyResult

BMP, ADJUSTED, CROSS = "bmp", "bmp_adjusted", "cross_sectional"
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Averages:
    """Averages of a group by session.

    Attributes:
        group, model: what was averaged.
        days: (L,) sessions from the event day.
        n: (L,) observations that have a CAR up to the day.
        events: how many events they are of.
        aar, caar: (L,) average abnormal return, and average of the CARs up to the day.
        std_error: (L,) of `caar` after the test named, NaN where fewer than 2 observations.
        low, high: (L,) the band: Student's quantile of N − 1 degrees of freedom times that.
        test: the key of the test whose standard error it is, None where there is none.
        headline: the group's headline test.
        approximate: whether a part of the standard error is interpolated between tested windows.
    """

    group: str
    model: str
    days: Ints
    n: Ints
    events: int
    aar: Floats
    caar: Floats
    std_error: Floats
    low: Floats
    high: Floats
    test: str | None
    headline: str | None
    approximate: bool


def averages(
    result: StudyResult,
    group: str = "all",
    model: str | None = None,
    window: Window | None = None,
) -> Averages:
    """Average a group's abnormal returns, and the CARs from the first session of a window.

    Args:
        result: the study; main sessions only.
        group: one of its groups.
        model: one of its models, by default the first.
        window: the sessions, by default the whole event window.

    Raises:
        BadUsage: the study has no such group or model, or the window is not inside its own.
    """
    chosen_model = model_of(result, model)
    paths = cumulated(result, members_of(result, group), chosen_model, _inside(result, window))
    headline = _headline(result, group, chosen_model)
    n, caar = _mean(paths.car)
    test = _band_test(result, headline) if (n >= 2).any() else None
    correlation = np.zeros(len(n))
    if test == ADJUSTED:
        correlation = _cross_correlation(result, group, chosen_model, len(paths.days))
    error = _standard_error(paths, test, correlation) if test else np.full(len(n), np.nan)
    reach = _quantile(n) * error
    return Averages(
        group=group,
        model=chosen_model,
        days=paths.days,
        n=n,
        events=paths.keys["event_id"].n_unique(),
        aar=_mean(paths.abnormal)[1],
        caar=caar,
        std_error=error,
        low=caar - reach,
        high=caar + reach,
        test=test,
        headline=headline,
        approximate=test in (BMP, ADJUSTED) and not paths.exact,
    )


def _inside(result: StudyResult, window: Window | None) -> Window:
    whole = result.spec.window
    if window is not None and window not in whole:
        raise BadUsage.because(
            "bad-window",
            f"{window} is not inside the study's event window {whole}",
            field="window",
            hint="run the study with a longer window",
        )
    return window or whole


def _mean(values: Floats) -> tuple[Ints, Floats]:
    """Return (L,) how many values there are, and their mean."""
    n = np.isfinite(values).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return n, np.where(np.isfinite(values), values, 0.0).sum(axis=0) / n


def _headline(result: StudyResult, group: str, model: str) -> str | None:
    import polars as pl

    own = pl.col("group") == group, pl.col("model") == model
    found = result.sample_designs.filter(*own)["headline"].to_list()
    return found[0] if found else None


def _band_test(result: StudyResult, headline: str | None) -> str:
    """Return the headline test if it has a standard error, else the nearest that has one.

    Rank and sign tests have none in units of returns.
    """
    if headline in (ADJUSTED, BMP, CROSS):
        return headline
    return next((key for key in (ADJUSTED, BMP) if key in result.spec.tests), CROSS)


def _standard_error(paths: Cumulated, test: str, correlation: Floats) -> Floats:
    """Return (L,) the standard error of the average CAR after one of the three tests."""
    if test == CROSS:
        n, _, sd = mean_and_sd(paths.car)
        with np.errstate(divide="ignore", invalid="ignore"):
            plain: Floats = sd / np.sqrt(n)
            return plain
    with np.errstate(divide="ignore", invalid="ignore"):
        n, _, factor = mean_and_sd(paths.car / paths.std_error)
        errors = np.where(np.isfinite(paths.car), paths.std_error, 0.0)
        own, together = (errors**2).sum(axis=0), errors.sum(axis=0) ** 2
        spread = (1 - correlation) * own + correlation * together
        variance = factor**2 / (1 - correlation) * spread / n**2
        result: Floats = np.sqrt(np.where(variance > 0, variance, np.nan))
    return result


def _cross_correlation(result: StudyResult, group: str, model: str, longest: int) -> Floats:
    """Return (longest,) r̄ of windows of 1, 2, … sessions, linear between those that are known.

    bmp_adjusted = bmp · √((1 − r̄) / (1 + (N−1) r̄)), so with f the square of bmp over bmp_adjusted
    r̄ = (f − 1) / (f + N − 1). Without `bmp` in the study `sample_designs` has two values.
    """
    import polars as pl

    own = (pl.col("group") == group) & (pl.col("model") == model)
    tested = result.sample_tests.filter(own)
    pair = tested.filter(test=BMP).join(
        tested.filter(test=ADJUSTED), on=["start", "end"], suffix="_adjusted"
    )
    f = (pl.col("statistic") / pl.col("statistic_adjusted")) ** 2
    known = (
        pair.filter(pl.col("statistic").abs() > 1e-6, pl.col("statistic_adjusted") != 0)
        .select(
            (pl.col("end") - pl.col("start") + 1).alias("length"),
            ((f - 1) / (f + pl.col("n") - 1)).alias("r"),
        )
        .group_by("length")
        .agg(pl.col("r").mean())
        .sort("length")
    )
    if known.is_empty():
        cars = result.spec.cars
        design = result.sample_designs.filter(own)
        points = {len(cars[0]): "r_bar", max(len(car) for car in cars): "r_bar_widest"}
        known = pl.DataFrame(
            {"length": sorted(points), "r": [design[points[at]][0] or 0.0 for at in sorted(points)]}
        )
    lengths = np.arange(1, longest + 1)
    r: Floats = np.interp(lengths, known["length"].to_numpy(), known["r"].to_numpy())
    return r


def _quantile(n: Ints) -> Floats:
    """Return Student's quantile of N − 1 degrees of freedom for a band of `LEVEL`."""
    from scipy.special import stdtrit

    dof = np.maximum(n - 1, 1).astype(np.float64)
    result: Floats = np.where(n >= 2, stdtrit(dof, (1 + LEVEL) / 2), np.nan)
    return result
