"""ffjr-eventstudies: a fork of eventstudy with weights, outliers and more models."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, ESTIMATION, MARKET, Answer, Ints, Study, Task, wide

REQUIREMENT = "ffjr-eventstudies==0.2.0"
COMPUTES = "AR, CAR and a t of each; one t of the CAAR"
CAUTION = (
    "a return of 0 on the first or last day of its windows shifts them by a day, unsaid; "
    "a missing return counts as 0; errors as in eventstudy"
)
RETURNS = "simple"
EVENTS = 1_000


def eligible(task: Task) -> Ints:
    return np.arange(len(task.rows))


def prepare(task: Task) -> Study:
    from eventstudies import MultipleEvents, SingleEvent

    SingleEvent.import_returns(dataframe=wide(task))
    names, dates = task.names, task.dates.astype("datetime64[ns]")

    def study() -> Answer:
        events = [
            SingleEvent.MarketModel(
                ticker=names[row],
                mkt_idx=MARKET,
                event_date=dates[day],
                event_window=(-BEFORE, AFTER),
                est_size=ESTIMATION,
                buffer_size=0,
            )
            for row, day in zip(task.rows, task.days, strict=True)
        ]
        sample = MultipleEvents(events)
        return Answer(
            np.array([event.CAR[-1] for event in events]),
            np.sqrt([event.var_CAR[-1] for event in events]),
            {"t of the CAAR": float(sample.tstat[-1])},
        )

    return study
