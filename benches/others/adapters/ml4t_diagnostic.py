"""ml4t-diagnostic: Polars tables filtered event by event and day by day."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, ESTIMATION, MARKET, Answer, Ints, Study, Task, long, wide

REQUIREMENT = "ml4t-diagnostic==0.1.0b2"
COMPUTES = "AR, CAR; t, BMP and Corrado of the mean CAR, one of them a run"
CAUTION = "its Corrado statistic is 0 whatever the returns: it ranks events among each other"
RETURNS = "simple"
EVENTS = 100
"""Few: every step filters a table of all their securities, so that more events are slower."""


def eligible(task: Task) -> Ints:
    return np.arange(len(task.rows))


def prepare(task: Task) -> Study:
    import polars as pl
    from ml4t.diagnostic.config import EventConfig
    from ml4t.diagnostic.config.event_config import WindowSettings
    from ml4t.diagnostic.evaluation.event_analysis import EventStudyAnalysis

    names = task.names
    returns = pl.from_pandas(long(task, session="date", name="asset", value="return"))
    market = pl.from_pandas(wide(task)[MARKET].rename("return").reset_index())
    days = pl.Series(task.dates[task.days].astype("datetime64[ns]"))
    events = pl.DataFrame({"date": days, "asset": [names[row] for row in task.rows]})
    windows = WindowSettings(
        estimation_start=-BEFORE - ESTIMATION,
        estimation_end=-BEFORE - 1,
        event_start=-BEFORE,
        event_end=AFTER,
    )

    def analysis(test: str) -> EventStudyAnalysis:
        return EventStudyAnalysis(returns, events, market, EventConfig(window=windows, test=test))

    def study() -> Answer:
        one = analysis("boehmer")
        sample = one.run()
        found = {int(each.event_id): each.car for each in sample.individual_results}
        cars = np.array([found.get(event, np.nan) for event in range(len(events))])
        corrado = one._corrado_test(
            sample.individual_results,
            {0: [each.ar_by_day[0] for each in sample.individual_results]},
        )
        return Answer(cars, tests={"BMP": sample.test_statistic, "Corrado": corrado[0]})

    return study
