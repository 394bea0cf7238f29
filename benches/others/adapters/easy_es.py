"""easy-es: one table of all events and days, then a statsmodels regression an event."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, ESTIMATION, MARKET, Answer, Ints, Study, Task, long, wide

REQUIREMENT = "easy-es==0.1.2"
COMPUTES = "AR, CAR, SAR, SCAR; one t of the mean CAR, its p rounded to 0.001"
CAUTION = "looks back 270 calendar days for 260 sessions: the estimation window is cut to some 175"
RETURNS = "simple"
EVENTS = 300


def eligible(task: Task) -> Ints:
    return np.arange(len(task.rows))


def prepare(task: Task) -> Study:
    import pandas as pd
    from easy_es import EventStudy, calculate_car_stats

    returns = long(task, session="Date", name="ticker", value="Ret").assign(Volume=1.0)
    returns["Date"] = returns["Date"].dt.date
    market = wide(task)[MARKET].rename("Mkt-RF").rename_axis("Date").reset_index()
    factors = market.assign(Date=market["Date"].dt.date, RF=0.0)
    names = task.names
    events = pd.DataFrame(
        {"ticker": [names[row] for row in task.rows], "event_date": task.dates[task.days]}
    )

    def study() -> Answer:
        one = EventStudy(
            estimation_days=ESTIMATION,
            gap_days=0,
            window_before=BEFORE,
            window_after=AFTER,
            estimator_type="capm",
            n_cores=1,  # more processes were slower: they are sent a table an event
        )
        one.add_returns(ret_df=returns.copy())
        one.add_factors(factors)
        found = one.run_study(events)
        test = calculate_car_stats(found).loc[AFTER, "t_stat"]
        last = found[found["Offset"] == AFTER].set_index("event_id").reindex(range(len(events)))
        return Answer(
            last["car"].to_numpy(float),
            (last["car"] / last["scar"]).to_numpy(float),
            {"t of the mean CAR": float(test)},
        )

    return study
