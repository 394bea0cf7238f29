"""Everything a rule may ask of an event × ticker, and from which auction on it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.engine.arrays import Ints
from backtest.engine.block import Pooled
from backtest.engine.shifts import reach
from backtest.errors import BadUsage
from backtest.models import models
from backtest.strategy.bars import TradeBars
from backtest.strategy.moments import RESERVED
from backtest.strategy.timing import TOLD, after_reaction, first_auctions, part_of_day

if TYPE_CHECKING:
    import polars as pl

    from backtest.events.sessions import SessionClock
    from backtest.results.result import StudyResult
    from backtest.spec import StudySpec

KEY = ["event_id", "ticker"]
KNOWN = ("event_id", "ticker", "role", "day", "hour", "tags", "deal_value", "deal_to_cap", "cap")
"""What is known of every candidate when it is announced; attributes come besides."""
MEASURED = ("ar", "ret", "sar")
"""What is known after the close of the reaction's session."""
ESTIMATED = ("alpha", "beta", "sigma")
"""What is estimated on the sessions before."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Event × ticker that could be traded on some bars, n of them.

    Attributes:
        frame: `KNOWN`, `MEASURED`, `ESTIMATED`, the attributes, `reacts` (Date) and `told` (when it
            was announced, in words).
        row: (n,) row of the bars, −1 for none.
        day0: (n,) session of the reaction.
        announced: (n,) first auction that can act on the announcement.
        reacted: (n,) first auction that can act on the reaction.
    """

    frame: pl.DataFrame
    row: Ints
    day0: Ints
    announced: Ints
    reacted: Ints

    def __len__(self) -> int:
        return len(self.row)


def candidates(
    result: StudyResult,
    moments: pl.DataFrame,
    bars: TradeBars,
    clock: SessionClock,
    latency: float,
) -> Candidates:
    """Join what the study measured to what was announced.

    Args:
        result: the study.
        moments: `moments.read_moments`.
        bars: prices of one exchange.
        clock: that exchange's; parties listed elsewhere are left out.
        latency: minutes from an announcement to an order.
    """
    import polars as pl

    main = ~pl.col("alternative")
    model = result.spec.models[0]
    observed = result.observations.filter(main, pl.col("exchange") == clock.exchange.mic)
    zero = result.abnormal_returns.filter(main, pl.col("model") == model, pl.col("day") == 0)
    fits = result.fits.filter(main, pl.col("model") == model, pl.col("status") == "ok")
    caps = result.market_caps.filter(main, pl.col("day") == 0)
    ours = {*KNOWN, *MEASURED, *ESTIMATED, "currency", "reacts", "told"} - {*RESERVED}
    told = moments.drop([name for name in moments.columns if name in ours])
    frame = (
        observed.select(*KEY, "role", "deal_value", "currency", reacts="session")
        .join(told, on=KEY, how="inner", maintain_order="left")
        .join(zero.select(*KEY, ar="abnormal", ret="return", sar="sar"), on=KEY, how="left")
        .join(fits.select(*KEY, *ESTIMATED), on=KEY, how="left")
        .join(caps.select(*KEY, cap="cap_before"), on=KEY, how="left")
        .sort("day", *KEY, maintain_order=True)
    )
    ratio = pl.col("deal_value") / pl.col("cap")
    auctions = first_auctions(frame, clock, bars.sessions, latency)
    frame = frame.with_columns(
        pl.when(pl.col("cap") > 0).then(ratio).alias("deal_to_cap"),
        pl.col("day").cast(pl.String),
        pl.Series("told", _told(frame, clock), dtype=pl.String),
        pl.Series("hour", part_of_day(frame, clock), dtype=pl.String),
    )
    reacts = np.searchsorted(bars.sessions, frame["reacts"].to_numpy().astype("datetime64[D]"))
    return Candidates(
        frame,
        bars.rows(frame["ticker"].to_list()),
        np.asarray(reacts, dtype=np.int64),
        auctions,
        np.maximum(auctions, after_reaction(reacts + _reads_on(result.spec))),
    )


def columns_of(given: Candidates) -> list[str]:
    """Return what a condition may read."""
    hidden = {"instant", "reacts", "told", "currency"}
    return [name for name in given.frame.columns if name not in hidden]


def refuse_hindsight(spec: StudySpec) -> None:
    """Refuse a study whose estimates a trader could not have had.

    Raises:
        BadUsage: it measures something else than returns, or estimates after the announcement.
    """
    if spec.measure != "return":
        raise BadUsage.because(
            "no-returns", f"there is no trading on {spec.measure}; study returns", field="measure"
        )
    if spec.estimation.end >= 0:
        raise BadUsage.because(
            "hindsight",
            f"the estimation window {spec.estimation} reaches the announcement: nobody knew these "
            "coefficients then",
            field="estimation",
            hint="end it before the event day, as -260:-11 does",
        )


def _reads_on(spec: StudySpec) -> int:
    """Return how many sessions after the reaction's its abnormal return still depends on.

    A model with leads reads the benchmark later, one that compares with other securities wants
    them to have prices over the whole event window.
    """
    model = models.get(spec.models[0])
    _, leads = reach([model])
    return max(leads, spec.window.end if isinstance(model, Pooled) else 0)


def _told(frame: pl.DataFrame, clock: SessionClock) -> list[str]:
    """Say when each was announced."""
    import polars as pl

    local = frame["instant"].dt.replace_time_zone("UTC").dt.convert_time_zone(clock.exchange.zone)
    times = local.dt.strftime(f"%Y-%m-%d %H:%M {clock.exchange.label}")
    days = frame["day"].cast(pl.String)
    words = frame["hour"].replace(TOLD)
    return [time or f"{day}, {word}" for time, day, word in zip(times, days, words, strict=True)]
