"""The `claims` table: every headline number with its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.contracts import CLAIMS
from backtest.engine.arrays import Bools, Floats, Ints
from backtest.engine.windows import gather
from backtest.prices.panel import Panel
from backtest.spec import Window
from backtest.stages import count, stage
from backtest.valuation.claims import BASES, Asked, Measured, judge, measure
from backtest.valuation.shares import ShareCounts

if TYPE_CHECKING:
    import polars as pl


_COPIED = ("event_id", "claim_id", "ticker", "quantity", "basis", "start", "end", "source")
_NO_PRICE = "no price"


@dataclass(frozen=True, slots=True)
class Located:
    """Claims whose securities stand in one panel.

    Attributes:
        panel, counts: prices and share counts.
        claims: (n,) rows of the statements, ascending.
        rows: (n,) the security's row of the panel.
        day0: (n,) session index of τ = 0.
        unit: (n,) money that one unit of the price is: 0.01 where it is quoted in pence.
    """

    panel: Panel
    counts: ShareCounts
    claims: Ints
    rows: Ints
    day0: Ints
    unit: Floats

    def take(self, chosen: Bools) -> Located:
        """Return some of the claims."""
        own = (self.claims[chosen], self.rows[chosen], self.day0[chosen], self.unit[chosen])
        return Located(self.panel, self.counts, *own)


@stage("claims")
def claims_table(
    statements: pl.DataFrame,
    located: Sequence[Located],
    absent: Mapping[tuple[str, str], str],
) -> pl.DataFrame:
    """Judge every claim of `statements` on the event's main session.

    Args:
        statements: claims as made.
        located: where their securities stand; a claim that is in none of them has no price.
        absent: why a security has no price, by (event, ticker).
    """
    import polars as pl

    keys = statements.select("event_id", "ticker").rows()
    count("claims", len(keys))
    asked = Asked(
        statements["quantity"].to_list(),
        statements["basis"].to_list(),
        statements["comparison"].to_list(),
        statements["value"].to_numpy(),
        statements["tolerance"].to_numpy(),
    )
    verdicts = judge(asked, _measure_all(statements, located))
    priced = np.zeros(len(keys), dtype=bool)
    for one in located:
        priced[one.claims] = True
    for at in np.flatnonzero(~priced):
        verdicts.reason[at] = absent.get(keys[at], _NO_PRICE)
    answers = pl.DataFrame(
        {
            "measured": pl.Series(verdicts.measured, dtype=pl.Float64, nan_to_null=True),
            "verdict": pl.Series(verdicts.verdict, dtype=pl.String),
            "best_basis": pl.Series(verdicts.best_basis, dtype=pl.String),
            "reason": pl.Series(verdicts.reason, dtype=pl.String),
        }
    )
    copied = statements.select(*_COPIED, pl.col("value").alias("claimed"))
    return CLAIMS.check(copied.hstack(answers))


def _measure_all(statements: pl.DataFrame, located: Sequence[Located]) -> Measured:
    """Measure all claims, those of one panel and window together; NaN for those without price."""
    count = len(statements)
    whole = Measured(
        np.full(count, np.nan), np.full((len(BASES), count), np.nan), np.full(count, np.nan)
    )
    windows = statements.select("start", "end").to_numpy()
    for one in located:
        own = windows[one.claims]
        for start, end in np.unique(own, axis=0):
            part = one.take((own == (start, end)).all(axis=1))
            measured = _measure(part, Window(int(start), int(end)))
            whole.before[part.claims] = measured.before
            whole.prices[:, part.claims] = measured.prices
            whole.shares[part.claims] = measured.shares
    return whole


def _measure(located: Located, window: Window) -> Measured:
    """Measure claims over one window of one panel."""
    panel, rows, day0 = located.panel, located.rows, located.day0

    def cut(name: str, sessions: Window = window) -> Floats:
        prices = panel.prices.get(name)
        if prices is None:
            return np.full((len(rows), len(sessions)), np.nan)
        return gather(prices, rows, day0, sessions)

    last = day0 + window.end
    inside = (last >= 0) & (last < len(panel.sessions))
    dates = panel.sessions[last.clip(0, len(panel.sessions) - 1)]
    known = np.where(inside, dates, np.datetime64("NaT", "D"))
    shares, _ = located.counts.known(rows, known)
    before = cut("close", Window(window.start - 1, window.start - 1))[:, 0]
    return measure(
        before, cut("close"), cut("high"), cut("low"), cut("open"), shares * located.unit
    )
