"""Which securities have prices on their exchange's sessions, and which follow another calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.prices.checks._prices import FINDINGS
from backtest.results.axes import SHARE_OF_SESSIONS

if TYPE_CHECKING:
    import polars as pl

    from backtest.engine.arrays import Dates
    from backtest.events.sessions import SessionClock

_FEW = 5
"""So many days that are no sessions are a calendar; fewer are found one by one."""
_OWN = "the table itself"
_SHIFTS = {-1: "a day earlier", 1: "a day later"}


@dataclass(frozen=True, slots=True)
class Calendars:
    """What the closes of securities are held against.

    Attributes:
        exchange: by ticker, a key of `sessions`; a security whose calendar nobody shares has none.
        sessions: ascending datetime64[D]; where most follow no exchange, their own dates.
        findings: `FINDINGS` about securities that do not follow their exchange, or all of them.
    """

    exchange: Mapping[str, str]
    sessions: Mapping[str, Dates]
    findings: pl.DataFrame


def calendars(
    bars: pl.DataFrame, exchange: Mapping[str, str], clocks: Callable[[str], SessionClock]
) -> Calendars:
    """Find which securities follow their exchange.

    Args:
        bars: `BARS` rows.
        exchange: ISO 10383 code by ticker.
        clocks: session clock by code.
    """
    import polars as pl

    closes = bars.select("ticker", "date", "close").filter(
        (pl.col("close") > 0) & pl.col("close").is_finite()
    )
    homes, sessions, found = dict(exchange), {}, [FINDINGS.empty()]
    for mic in sorted(set(exchange.values())):
        own = pl.Series([ticker for ticker, at in exchange.items() if at == mic])
        sessions[mic] = clocks(mic).dates.astype("datetime64[D]")
        rows = closes.filter(pl.col("ticker").is_in(own.implode()))
        odd = _strays(rows, sessions[mic])
        if odd.is_empty():
            continue
        names = odd["ticker"]
        theirs = rows.filter(pl.col("ticker").is_in(names.implode()))
        most = 2 * len(names) > rows["ticker"].n_unique()
        for name in names:
            homes.pop(name)
        if most and len(names) > 1:
            key = f"{_OWN} ({mic})" if _OWN in sessions else _OWN
            homes |= dict.fromkeys(names, key)
            sessions[key] = np.sort(theirs["date"].unique().to_numpy()).astype("datetime64[D]")
            odd = _together(odd)
        found.append(_told(odd, mic, _shift(theirs, sessions[mic])))
    return Calendars(homes, sessions, pl.concat(found))


def _strays(closes: pl.DataFrame, sessions: Dates) -> pl.DataFrame:
    """Return the securities that do not follow the sessions: how many days, and how many are none.

    Days before the first known session and after the last one say nothing.
    """
    import polars as pl

    known = pl.Series(sessions)
    inside = closes.filter(pl.col("date").is_between(known[0], known[-1]))
    stray = ~pl.col("date").is_in(known.implode())
    return (
        inside.group_by("ticker")
        .agg(
            days=pl.len(),
            strays=stray.sum(),
            date=pl.col("date").filter(stray).min(),
            until=pl.col("date").filter(stray).max(),
        )
        .filter(
            pl.col("strays") >= _FEW,
            pl.col("strays") > (1 - SHARE_OF_SESSIONS) * pl.col("days"),
        )
        .sort("ticker")
    )


def _together(odd: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return odd.select(
        pl.lit(None, dtype=pl.String).alias("ticker"),
        pl.col("days", "strays").sum(),
        pl.col("date").min(),
        pl.col("until").max(),
        securities=pl.len(),
    )


def _shift(closes: pl.DataFrame, sessions: Dates) -> str:
    """Say whether the dates would be sessions a day earlier or later."""
    dates = closes["date"].unique().to_numpy().astype("datetime64[D]")
    dates = dates[(dates > sessions[0]) & (dates < sessions[-1])]
    for by, said in _SHIFTS.items():
        if np.isin(dates + by, sessions).mean() >= SHARE_OF_SESSIONS:
            return f"; {said} they would be sessions"
    return "; they are of another market, or made up"


def _told(odd: pl.DataFrame, mic: str, shift: str) -> pl.DataFrame:
    import polars as pl

    who = pl.lit("does")
    if "securities" in odd.columns:
        who = pl.format("{} securities do", "securities")
    why = pl.format(
        "{} not follow {}: {} of {} closes are on days that are no sessions{}",
        who,
        pl.lit(mic),
        "strays",
        "days",
        pl.lit(shift),
    )
    return FINDINGS.check(
        odd.select(
            pl.lit("gap").alias("check"),
            "ticker",
            "date",
            "until",
            pl.lit("date").alias("column"),
            pl.col("strays").cast(pl.Float64).alias("value"),
            why.alias("why"),
        )
    )
