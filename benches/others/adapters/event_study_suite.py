"""EventStudySuite: a statsmodels formula an event, one average over all of them."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, DAYS, ESTIMATION, MARKET, Answer, Ints, Study, Task, wide

REQUIREMENT = "EventStudySuite==0.1.3.1 ClickSQL pandas scipy statsmodels"
"""It declares nothing that it needs."""

COMPUTES = "AR; the sum of their averages and one t of it"
CAUTION = (
    "estimates on a day more than asked for; its t takes how the daily averages scatter in the "
    "event window itself for their error; its p is one-sided"
)
RETURNS = "simple"
EVENTS = 300


def eligible(task: Task) -> Ints:
    # Further events of a security copy the whole table once more.
    return task.one_each()


def prepare(task: Task) -> Study:
    import pandas as pd
    from EventStudySuite.core.es_base import EventStudy
    from EventStudySuite.model.MarketModel import MarketModel

    class Keeping(EventStudy):
        """Keeps the abnormal returns of single events, so as not to ask for them twice."""

        @property
        def residual(self) -> pd.DataFrame:
            self.kept = super().residual
            return self.kept

    table = wide(task).rename(columns={MARKET: "Mkt_RF"}).rename_axis("Date").reset_index()
    names, dates = task.names, [str(date) for date in task.dates]
    events = {names[row]: dates[day] for row, day in zip(task.rows, task.days, strict=True)}
    by_day: dict[str, list[int]] = {}
    for place, date in enumerate(events.values()):
        by_day.setdefault(date, []).append(place)
    order = [place for places in by_day.values() for place in places]

    def study() -> Answer:
        one = Keeping(
            table.copy(), events, model=MarketModel, event_info=(ESTIMATION, DAYS - 1, BEFORE, 1)
        )
        t = one.result["t_stats"].loc[AFTER]
        cars = np.empty(len(order))
        cars[order] = one.kept.sum(axis=0, min_count=DAYS).to_numpy(float)
        return Answer(cars, tests={"t of the CAAR": float(t)})

    return study
