"""Record what other programs say of made-up returns, for the tests of the performance measures.

In an environment of its own (the programs ask for older libraries than the project's):

    pip install empyrical-reloaded==0.7.1 quantstats==0.0.86 'pandas<3'
    python tests/reference/performance.py

It writes `performance.json`: the returns and, of each, what each program answers. A year has 252
sessions and the riskless rate is 0. Names are ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import empyrical
import numpy as np
import pandas as pd
import quantstats

ANSWERS = Path(__file__).with_name("performance.json")
YEAR = 252


def made_returns() -> dict[str, list[float]]:
    """SIMULATED returns of a session: of two years, of a quarter, of a loser, of a rare trader."""
    rng = np.random.default_rng(20_120_214)
    noise = rng.standard_t(5, 504) * 0.01
    persistent = noise.copy()
    persistent[1:] += 0.3 * noise[:-1]
    rare = np.where(rng.random(300) < 0.1, rng.normal(0.004, 0.03, 300), 0.0)
    made = {
        "two years": persistent + 0.0008,
        "a quarter": rng.normal(0.001, 0.015, 63),
        "a loser": rng.normal(-0.002, 0.02, 252),
        "rarely invested": rare,
    }
    return {name: [float(f"{one:.6g}") for one in values] for name, values in made.items()}


def by_empyrical(returns: np.ndarray) -> dict[str, float]:
    """What empyrical-reloaded says."""
    return {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns),
        "volatility": empyrical.annual_volatility(returns),
        "drawdown": empyrical.max_drawdown(returns),
        "sharpe": empyrical.sharpe_ratio(returns),
        "sortino": empyrical.sortino_ratio(returns),
    }


def by_quantstats(returns: np.ndarray) -> dict[str, float]:
    """What quantstats says; its drawdowns in sessions, one a calendar day, as days are numbered."""
    series = pd.Series(returns, index=pd.date_range("2020-01-01", periods=len(returns)))
    stats = quantstats.stats
    spells = stats.drawdown_details(stats.to_drawdown_series(series))
    return {
        "total_return": stats.comp(series),
        "volatility": stats.volatility(series, periods=YEAR, annualize=True),
        "drawdown": stats.max_drawdown(series),
        "sharpe": stats.sharpe(series, periods=YEAR),
        "sortino": stats.sortino(series, periods=YEAR),
        "longest spell below": int(spells["days"].max()),
    }


def main() -> None:
    """Write the answers."""
    answers: dict[str, Any] = {
        "programs": {
            "empyrical-reloaded": empyrical.__version__,
            "quantstats": quantstats.__version__,
        },
        "series": {},
    }
    for name, values in made_returns().items():
        returns = np.array(values)
        said = {"empyrical-reloaded": by_empyrical(returns), "quantstats": by_quantstats(returns)}
        answers["series"][name] = {
            "returns": values,
            "answers": {
                program: {key: float(value) for key, value in one.items()}
                for program, one in said.items()
            },
        }
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
