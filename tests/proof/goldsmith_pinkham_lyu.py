"""The simulation of Goldsmith-Pinkham & Lyu (2025), Table 1, with our fits and tests.

A two-factor world made of daily market and size factors: 500 firms, some of which earn 3 % more on
one day. Who is treated may depend on the size loading, and the day on the size factor. Average
effects are estimated by simple means (treated less untreated), by CAPM residuals of the treated,
and by residuals of the true factors.

All returns are simulated; the factors' days are real ones, drawn at random.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import stdtr

from backtest.engine.abnormal import abnormal_returns
from backtest.engine.arrays import Bools, Floats
from backtest.engine.block import Block, Regressor
from backtest.engine.linear import fit_excess, fit_linear
from backtest.engine.sample import Sample
from backtest.inference import tests
from backtest.spec import Window

FIRMS, DAYS, EVENT, LENGTH = 500, 500, 240, 11
NOISE, LOADING, EFFECT, TREATED = 0.011526361927606676, 0.3, 0.03, 0.1
SIGNIFICANT = 0.05

TOLERANCE = {"E(Bias)": 0.1, "MAD": 0.1, "Coverage": 0.03}
"""By measure: how near the published figure own random numbers come with `ENOUGH` simulations."""
ENOUGH = 200

ESTIMATORS = ("Simple Means", "CAPM", "Correct Factor Structure")


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of the table.

    Attributes:
        name: its letter and title, as published.
        by_loading: whether firms with a small size loading are treated more often.
        by_factor: whether the event is on the day of the largest size factor.
    """

    name: str
    by_loading: bool
    by_factor: bool


PANELS = (
    Panel("Panel A: Random Assignment + Random Timing", False, False),
    Panel("Panel B: Assignment Selection + Random Timing", True, False),
    Panel("Panel C: Random Assignment + Timing Selection", False, True),
    Panel("Panel D: Assignment Selection + Timing Selection", True, True),
)


@dataclass(frozen=True, slots=True)
class World:
    """One simulated world around its event.

    Attributes:
        past, event: (firms, 239) and (firms, 11) returns; the event is the first of the 11 days.
        factors: by name (days,) of both windows together.
        treated: (firms,).
    """

    past: Floats
    event: Floats
    factors: dict[str, Floats]
    treated: Bools


def world(panel: Panel, history: dict[str, Floats], rng: np.random.Generator) -> World:
    """Draw a world from the days of `history` (mktrf, smb, rf)."""
    days = rng.choice(len(history["rf"]), DAYS, replace=False)
    factors = {name: values[days] for name, values in history.items()}
    market_loading, size_loading = rng.normal(1.0, LOADING, (2, FIRMS, 1))
    returns = market_loading * factors["mktrf"] + size_loading * factors["smb"] + factors["rf"]
    returns += rng.normal(0.0, NOISE, (FIRMS, DAYS))
    chance = np.full(FIRMS, TREATED)
    if panel.by_loading:
        slope = np.log(TREATED) / size_loading.mean()
        chance = 1.0 / (1.0 + np.exp(-slope * size_loading[:, 0]))
    treated = rng.random(FIRMS) < chance
    largest = int(factors["smb"][EVENT : DAYS - LENGTH + 1].argmax())
    day = EVENT + largest * panel.by_factor
    returns[treated, day] += EFFECT
    past, event = slice(day - EVENT + 1, day), slice(day, day + LENGTH)
    around = np.r_[past, event]
    return World(
        returns[:, past],
        returns[:, event],
        {name: values[around] for name, values in factors.items()},
        treated,
    )


def estimates(one: World) -> Iterator[tuple[Floats, Floats]]:
    """Yield the average effect and its p on each of the 11 days, by estimator."""
    yield difference_in_means(one.event, one.treated)
    length = one.past.shape[1]
    block = Block(
        one.past,
        one.event,
        np.zeros(FIRMS, dtype=np.int64),
        {
            name: Regressor(values[None, :length], values[None, length:])
            for name, values in one.factors.items()
        },
    )
    capm = abnormal_returns(block.event, fit_excess(block, ("mktrf",), ("alpha", "mktrf"))).abnormal
    # The authors fit the raw return and take r_f off the residual.
    both = fit_linear(block, ("mktrf", "smb"), ("alpha", "beta", "smb"))
    correct = abnormal_returns(block.event, both).abnormal - one.factors["rf"][length:]
    for abnormal in (capm, correct):
        chosen = abnormal[one.treated]
        # With HC1, a regression on a constant has the standard error of the cross-sectional t.
        yield chosen.mean(axis=0), tests.get("cross_sectional").run(sample_of(chosen)).p


def difference_in_means(returns: Floats, treated: Bools) -> tuple[Floats, Floats]:
    """Return treated less untreated on each day and its p: OLS on a dummy, HC1 errors."""
    groups = (returns[treated], returns[~treated])
    effect: Floats = groups[0].mean(axis=0) - groups[1].mean(axis=0)
    meat = sum(group.var(axis=0) / len(group) for group in groups)
    freedom = len(returns) - 2
    error = np.sqrt(len(returns) / freedom * meat)
    return effect, 2.0 * stdtr(freedom, -np.abs(effect / error))


def sample_of(abnormal: Floats) -> Sample:
    """Return the sample of (N, days) abnormal returns for a test that looks at nothing else."""
    days = tuple(Window(day, day) for day in range(abnormal.shape[1]))
    ones = np.ones(abnormal.shape, dtype=np.int64)
    return Sample(days, abnormal, abnormal, abnormal, ones, np.full(len(abnormal), EVENT - 3))


def measures(biases: Floats, rejected: Bools) -> dict[str, float]:
    """Return the published measures of one estimator, in per cent but for the rates.

    Args:
        biases: (simulations, 11) estimate less truth; the event is the first day.
        rejected: (simulations, 11) at 5 %.
    """
    parts = {"All": slice(None), "Treated": slice(1), "Untreated": slice(1, None)}
    out: dict[str, float] = {}
    for name, days in parts.items():
        total, count = biases[:, days].sum(axis=1), biases[:, days].shape[1]
        out[f"{name} Periods: E(Bias)"] = 100 * total.mean() / count
        out[f"{name} Periods: MAD"] = 100 * np.abs(total).mean() / count
        if name == "All":
            out[f"{name} Periods: RMSE"] = 100 * np.sqrt((total**2).mean())
        else:
            out[f"{name} Periods: Coverage"] = rejected[:, days].mean()
    return out


def simulate(history: dict[str, Floats], simulations: int, seed: int) -> pl.DataFrame:
    """Return `panel, row, col, ours` of all panels, estimators and measures."""
    truth = np.r_[EFFECT, np.zeros(LENGTH - 1)]
    rows = []
    for number, panel in enumerate(PANELS):
        rng = np.random.default_rng((seed, number))
        found = [list(estimates(world(panel, history, rng))) for _ in range(simulations)]
        for which, estimator in enumerate(ESTIMATORS):
            biases = np.array([one[which][0] - truth for one in found])
            rejected = np.array([one[which][1] < SIGNIFICANT for one in found])
            rows += [
                (panel.name, estimator, name, value)
                for name, value in measures(biases, rejected).items()
            ]
    return pl.DataFrame(rows, schema=["panel", "row", "col", "ours"], orient="row")


def compared(folder: Path, simulations: int, seed: int) -> pl.DataFrame:
    """Return the simulation beside the published table of a folder."""
    factors = pl.read_csv(folder / "ff_daily.csv")
    history = {name: factors[name].to_numpy() for name in ("mktrf", "smb", "rf")}
    published = pl.read_csv(folder / "table1.csv")
    return published.join(
        simulate(history, simulations, seed), on=["panel", "row", "col"], how="left"
    )


def farthest(table: pl.DataFrame) -> dict[str, float]:
    """Return the largest difference from the published figures, by measure."""
    gap = (pl.col("ours") - pl.col("published")).abs().max()
    return {
        measure: table.filter(pl.col("col").str.ends_with(f": {measure}")).select(gap).item()
        for measure in TOLERANCE
    }


def main() -> int:
    """Print the table, published | ours, and return 1 where they disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="with ff_daily.csv and table1.csv")
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2025)
    chosen = parser.parse_args()
    table = compared(chosen.folder, chosen.simulations, chosen.seed)
    print("Goldsmith-Pinkham & Lyu (2025), Table 1: published | ours (simulated, ", end="")
    print(f"{chosen.simulations:,} worlds a panel, seed {chosen.seed})")
    print("bias, MAD and RMSE in per cent; rejected: share of days with p < 5 %")
    for (panel,), rows in table.group_by("panel", maintain_order=True):
        print(f"\n{panel}")
        _print_panel(rows)
    print()
    off = 0
    for measure, gap in farthest(table).items():
        print(f"largest difference of {measure}: {gap:.3f}, tolerated {TOLERANCE[measure]}")
        off += gap > TOLERANCE[measure]
    return int(off > 0 and chosen.simulations >= ENOUGH)


COLUMNS = {
    "event bias": "Treated Periods: E(Bias)",
    "MAD": "Treated Periods: MAD",
    "rejected": "Treated Periods: Coverage",
    "other bias": "Untreated Periods: E(Bias)",
    "MAD ": "Untreated Periods: MAD",
    "rejected ": "Untreated Periods: Coverage",
    "all: bias": "All Periods: E(Bias)",
    "MAD  ": "All Periods: MAD",
    "RMSE": "All Periods: RMSE",
}


def _print_panel(rows: pl.DataFrame) -> None:
    print("".join([" " * 26, *(f"{name.strip():>15}" for name in COLUMNS)]))
    for estimator in ESTIMATORS:
        cells = []
        for column in COLUMNS.values():
            one = rows.filter(row=estimator, col=column).row(0, named=True)
            cells.append(f"{one['published']:6.2f} |{one['ours']:6.2f}".rjust(15))
        print(f"  {estimator:<24}" + "".join(cells))


if __name__ == "__main__":
    sys.exit(main())
