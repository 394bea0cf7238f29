"""The tables of a study, from the contracts that the program itself checks."""

from __future__ import annotations

from pathlib import Path

from sitebuild.words import table

MEANINGS = {
    "abnormal": "abnormal return of the day, AR",
    "abnormal_change": "abnormal return × market value of the session before",
    "alpha": "constant of the model, daily",
    "alternative": "true for the second candidate session, where the hour is not known",
    "basis": "price that the claim is measured at",
    "best_basis": "basis on which the claim would be true, where there is one",
    "beta": "slope on the benchmark",
    "bhar": "buy-and-hold abnormal return",
    "cap": "market value at the close",
    "cap_before": "market value at the close of the session before",
    "car": "cumulative abnormal return, CAR",
    "change": "market value at the close less that of the session before",
    "claim_id": "name of the claim within its announcement",
    "claimed": "the number as it was claimed: decimal for returns, else money",
    "coefficients": "every coefficient of the model by name",
    "currency": "currency of the listing, ISO 4217",
    "date": "session",
    "dates": "different reaction dates",
    "day": "session offset from τ = 0",
    "day0": "the session that reacts, τ = 0",
    "dof": "degrees of freedom; null for a distribution without any",
    "end": "last session of the window",
    "event_id": "name of the announcement",
    "events": "different announcements",
    "expected": "expected return of the day",
    "group": "`all`, `tag:x`, `role:x`, … or the group column of a bulk table",
    "headline": "key of the test to trust for this sample",
    "mean": "AAR of a day, CAAR of a window",
    "measured": "the same number as measured; null where it cannot be",
    "median": "median over the observations",
    "missing": "share of the days that have no abnormal return",
    "model": "key of the expected-return model",
    "n": "observations; in `event_tests` what the statistic is held against",
    "n_days": "sessions that were cumulated",
    "n_obs": "valid sessions of the estimation window",
    "overlapping": "observations whose widest window shares sessions with another's",
    "p": "two-sided p-value",
    "p_bh": "adjusted for the false-discovery rate (Benjamini & Hochberg)",
    "p_holm": "adjusted for several tests (Holm)",
    "peak_change": "market value at the day's high less that of the session before",
    "quantity": "`return`, `market_cap_change` or `market_cap`",
    "r_bar": "mean cross-correlation r̄ of the first CAR window",
    "r_bar_widest": "the same of the widest window",
    "r_squared": "share of the variance that the model explains",
    "reason": "why there is no number, or why it was left out; of a claim, what was measured",
    "repeated": "securities that occur more than once with overlapping windows",
    "return": "realised return of the day",
    "sar": "abnormal return over its standard error, SAR",
    "scar": "CAR over its standard error, SCAR",
    "securities": "different securities",
    "share_positive": "share of observations above zero",
    "shared": "observations on the commonest reaction date",
    "shared_date": "that date",
    "shares": "shares outstanding known by then, on the price's split basis",
    "shares_as_of": "day on which that count became known",
    "sigma": "residual standard deviation s, daily",
    "skewness": "bias-corrected skewness of the SCARs over the first CAR window",
    "source": "who claimed it",
    "stage": "where it was left out: `sessions`, `prices`, `estimation` or `valuation`",
    "start": "first session of the window",
    "statistic": "the test statistic",
    "status": "`ok` or `excluded`",
    "std_error": "forecast standard error, with the error of the estimated coefficients",
    "t": "CAR over its standard error",
    "test": "key of the test",
    "ticker": "security",
    "verdict": "`confirmed`, `contradicted` or `unverifiable`",
    "why": "why that test, in a sentence",
}
"""What columns hold, by name."""

_INTRO = """\
# Tables

`backtest run --out DIR` writes each of these as a Parquet file; `--format json` has them under
`tables`, and from Python they are attributes of the result. Returns are decimals (0.36 is 36 %),
money is in units of the listing's currency, dates are sessions, `day`, `start` and `end` are
offsets from the event day τ = 0. In a study of volume the columns in decimals hold log points, in
one of volatility multiples of a variance. The version of this contract is {version}.

What was asked for and is not in the other tables has a row in [`excluded`](#excluded).
"""


def table_page() -> str:
    """Return the page, a section for each contract."""
    from backtest.contracts import SCHEMA_VERSION, TABLES

    parts = [_INTRO.format(version=SCHEMA_VERSION)]
    for frame in TABLES:
        rows = [
            [f"`{c.name}`", c.dtype, c.unit, _meaning(c.name) + (" (key)" * (c.name in frame.key))]
            for c in frame.columns
        ]
        columns = table(["column", "type", "unit", "holds"], rows)
        parts.append(f"## {frame.name}\n\nA row for each {frame.row}.\n\n{columns}\n")
    return "\n".join(parts)


def _meaning(column: str) -> str:
    if column not in MEANINGS:
        raise KeyError(f"a new column: say in {Path(__file__).name} what `{column}` holds")
    return MEANINGS[column]
