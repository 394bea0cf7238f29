"""eventstudy: one statsmodels regression an event, then averages over the sample."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, ESTIMATION, MARKET, Answer, Ints, Study, Task, wide

REQUIREMENT = "eventstudy==0.1a12"
COMPUTES = "AR, CAR and a t of each; one t of the CAAR"
CAUTION = "residual variance over 250 where 248 are free; the errors leave out those of α and β"
RETURNS = "simple"
EVENTS = 3_000


def eligible(task: Task) -> Ints:
    return np.arange(len(task.rows))


def prepare(task: Task) -> Study:
    from eventstudy import Multiple, Single

    table = wide(task)
    # As `import_returns` keeps them; it only takes a file, whose size would cost minutes here.
    columns = {name: table[name].to_numpy() for name in table}
    Single._parameters["returns"] = {"date": table.index.to_numpy(), **columns}
    names, dates = task.names, task.dates.astype("datetime64[ns]")

    def study() -> Answer:
        events = [
            Single.market_model(
                security_ticker=names[row],
                market_ticker=MARKET,
                event_date=dates[day],
                event_window=(-BEFORE, AFTER),
                estimation_size=ESTIMATION,
                buffer_size=0,
            )
            for row, day in zip(task.rows, task.days, strict=True)
        ]
        sample = Multiple(events)
        return Answer(
            np.array([event.CAR[-1] for event in events]),
            np.sqrt([event.var_CAR[-1] for event in events]),
            {"t of the CAAR": float(sample.tstat[-1])},
        )

    return study
