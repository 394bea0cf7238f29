"""robust-eventstudy: pandas tables an event, and a test that allows for correlated events."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, ESTIMATION, MARKET, Answer, Ints, Study, Task, wide

REQUIREMENT = "robust-eventstudy==0.1.0"
COMPUTES = "AR, CAR and its SCAR; the Kolari-Pynnönen t, for events that share their dates"
CAUTION = "counts calendar days (here sessions are numbered as days); errors leave out α's and β's"
RETURNS = "simple"
EVENTS = 300


def eligible(task: Task) -> Ints:
    return np.arange(len(task.rows))


def prepare(task: Task) -> Study:
    import pandas as pd
    from robust_eventstudy import MarketModel

    table = wide(task)
    days = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(len(task.dates)), unit="D")
    table.index = days[1:]
    model = MarketModel(ESTIMATION - 1, BEFORE, market_proxy=MARKET)
    model.set_market_returns(table[MARKET])
    names = task.names

    def study() -> Answer:
        found = [
            model.compute_abnormal_returns(table[names[row]], days[day], (-BEFORE, AFTER))
            for row, day in zip(task.rows, task.days, strict=True)
        ]
        cars = np.array([one["car"] for one in found])
        return Answer(cars, cars / np.array([one["sar"] for one in found]))

    return study
