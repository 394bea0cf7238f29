"""event-studies: a model object an event, NumPy and a merge of two tables in it."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, DAYS, ESTIMATION, MARKET, Answer, Ints, Study, Task, wide

REQUIREMENT = "event-studies==0.1.4"
COMPUTES = "AR, CAR and SCAR with full errors, ranks; no sample test"
CAUTION = "where the market has no price on a day, the security's own is filled in"
RETURNS = "log"
EVENTS = 150


def eligible(task: Task) -> Ints:
    return np.arange(len(task.rows))


def prepare(task: Task) -> Study:
    from event_studies.models.finance.market_model import MarketModel

    table = wide(task, prices=True).reset_index()
    names = task.names

    def study() -> Answer:
        model = MarketModel(table[["date", MARKET]], MARKET, "date")
        cars, errors = [], []
        for row, day in zip(task.rows, task.days, strict=True):
            name, first = names[row], day - BEFORE
            # Prices: a return more than the window has needs the close before it.
            past = table.loc[first - ESTIMATION - 1 : first - 1, ["date", name]]
            around = table.loc[first - 1 : day + AFTER, ["date", name]]
            model.fit(past, name, "date")
            found = model.abnormal_return_aggregations(0, DAYS - 1, around, name, "date")
            cars.append(found["parametric"]["car"])
            errors.append(np.sqrt(found["parametric"]["var_car"]))
        return Answer(np.array(cars), np.array(errors))

    return study
