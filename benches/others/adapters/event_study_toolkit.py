"""event-study-toolkit: pandas groups and statsmodels formulas, fitted anew by every step."""

from __future__ import annotations

import numpy as np

from others.task import AFTER, BEFORE, ESTIMATION, MARKET, Answer, Ints, Study, Task, long, wide

REQUIREMENT = "event-study-toolkit==1.0.0"
COMPUTES = "CAR, SCAR; t of both, Patell, sign, Cowan's sign"
CAUTION = (
    "its calendar ends 2023-07-10, later events vanish; events of one security are one regression"
)
RETURNS = "simple"
EVENTS = 500
LAST = np.datetime64("2023-06-20")


def eligible(task: Task) -> Ints:
    return task.one_each(task.dates[task.days] <= LAST)


def prepare(task: Task) -> Study:
    import pandas as pd
    from event_study_toolkit.eventstudy import eventstudy

    market = wide(task)[MARKET].rename("vwretd").reset_index()
    returns = long(task, session="date", name="permno", value="ret_dlst_adj")
    returns = returns.assign(permno=returns["permno"].str.slice(1).astype(int)).merge(market)
    events = pd.DataFrame({"permno": task.rows, "EVT_DATE": task.dates[task.days], "all": 1})
    events["EVT_DATE"] = events["EVT_DATE"].astype("datetime64[ns]")
    windows = {"estperiod": ESTIMATION, "gap": 0, "start": -BEFORE, "end": AFTER}

    class Keeping(eventstudy):
        """Keeps the CARs on which it computes its tests, so as not to ask for them twice."""

        def getCARS(self, modelType: str) -> pd.DataFrame:  # noqa: N802
            self.kept = super().getCARS(modelType)
            return self.kept

    def study() -> Answer:
        one = Keeping(**windows, data=returns, events=events, groups=["all"])
        tests = one.getFullSampleTestStatistic("market").iloc[0]
        cars = one.kept.set_index("permno").reindex(task.rows)
        return Answer(
            cars["car"].to_numpy(float),
            (cars["car"] / cars["scar"]).to_numpy(float),
            {name: float(tests[name]) for name in ("car_t", "scar_t", "tpatell", "gen_z")},
        )

    return study
