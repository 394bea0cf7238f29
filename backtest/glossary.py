"""What the columns of the tables mean, in a few words each, for readers of listings and workbooks.

Types and units stand in `backtest.contracts`; a column means the same in every table unless one of
them says otherwise.
"""

from __future__ import annotations

TABLES = {
    "abnormal_returns": "returns, what the model expected, and the difference, day by day",
    "cars": "cumulative abnormal returns over each window",
    "fits": "the estimated models, and why one could not be estimated",
    "sample_tests": "averages over groups of observations, with every test",
    "market_caps": "market values around the event",
    "claims": "headline numbers with their verdicts",
    "excluded": "what was asked for and left out, with the reason",
    "sample_designs": "what each group looks like, and the test to trust for it",
    "event_tests": "tests of single events beside the t test, which stands in cars",
    "headlines": "titles of the announcements and when they were made",
    "observations": "who was studied, in which role, on which session",
}
"""What each table holds."""

_COLUMNS = {
    "event_id": "id of the announcement",
    "ticker": "the security",
    "model": "key of the expected-return model",
    "day": "session offset from the event day, which is 0",
    "date": "the session",
    "return": "observed return of the day",
    "expected": "return that the model expected",
    "abnormal": "observed less expected return",
    "std_error": "standard error of a prediction, estimation error included",
    "sar": "abnormal return ÷ its standard error",
    "alternative": "whether this is the second candidate session of an unknown hour",
    "start": "first session of the window",
    "end": "last session of the window",
    "n_days": "sessions summed",
    "car": "cumulative abnormal return",
    "t": "car ÷ its standard error",
    "dof": "degrees of freedom",
    "p": "two-sided p-value",
    "scar": "standardised CAR",
    "bhar": "buy-and-hold abnormal return",
    "day0": "the session that reacts",
    "n_obs": "days of estimation with a return",
    "sigma": "standard deviation of the residuals, a day",
    "r_squared": "share of the variance that the model explains",
    "alpha": "constant of the model, a day",
    "beta": "slope on the benchmark",
    "coefficients": "all coefficients of the model by name",
    "status": "ok or excluded",
    "reason": "why there is no figure",
    "group": "all, or a tag, role or attribute with its value",
    "n": "observations",
    "mean": "average abnormal return: CAAR over a window",
    "median": "median abnormal return",
    "share_positive": "share of observations above 0",
    "test": "key of the test",
    "statistic": "value of the test statistic",
    "p_holm": "p adjusted for all groups and windows shown together (Holm)",
    "p_bh": "the same by false discovery rate (Benjamini & Hochberg)",
    "events": "distinct announcements",
    "securities": "distinct securities",
    "dates": "distinct reaction dates",
    "shared_date": "the reaction date that most observations share",
    "shared": "observations that share it",
    "overlapping": "observations whose widest window overlaps another's",
    "repeated": "securities that recur with overlapping windows",
    "missing": "share of days without an abnormal return",
    "skewness": "of the standardised CARs",
    "r_bar": "mean cross-correlation over the first window",
    "r_bar_widest": "mean cross-correlation over the widest window",
    "headline": "key of the test to trust",
    "why": "why it is that one",
    "shares": "shares outstanding as known by the day",
    "shares_as_of": "day since which that count was known",
    "cap_before": "market value at the close of the session before",
    "cap": "market value at the close",
    "change": "cap less cap_before",
    "peak_change": "the same at the day's high",
    "abnormal_change": "abnormal return × cap_before",
    "currency": "currency of the listing",
    "claim_id": "name of the claim within its announcement",
    "quantity": "return, market_cap_change or market_cap",
    "basis": "the price that the claim speaks of",
    "claimed": "the figure claimed: decimal for a return, else money",
    "measured": "the figure that the prices give, in the same unit",
    "verdict": "confirmed, contradicted or unverifiable",
    "best_basis": "the basis on which a contradicted claim would hold",
    "source": "who claimed it, where and when",
    "stage": "sessions, prices, estimation or valuation",
    "title": "what was announced",
    "announced": "when, as far as known",
    "reaction": "when, and which session reacts",
    "session": "the session that reacts",
    "exchange": "market whose sessions count, by its ISO 10383 code",
    "role": "part of the security in the announcement",
    "deal_value": "value announced",
}

_OWN = {
    ("abnormal_returns", "std_error"): "standard error of the abnormal return",
    ("cars", "std_error"): "standard error of the CAR",
    ("fits", "reason"): "why it was excluded",
    ("claims", "reason"): "the comparison in a sentence",
    ("claims", "start"): "first session that the claim speaks of",
    ("claims", "end"): "last session that the claim speaks of",
    ("excluded", "reason"): "why it was left out",
    ("excluded", "stage"): "where it was lost: sessions, prices, estimation or valuation",
    ("event_tests", "n"): "values that the statistic is ranked among",
}
"""Where a column means something else than elsewhere."""


def meaning(table: str, column: str) -> str:
    """Return what a column of a table of the contract means.

    Raises:
        KeyError: there is no such column.
    """
    return _OWN.get((table, column)) or _COLUMNS[column]
