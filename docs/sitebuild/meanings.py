"""What columns hold, for readers; those of a study are explained by the program itself."""

from __future__ import annotations

from backtest import glossary

MEANINGS = {
    "added": "return that was added on day 0",
    "benchmark": "ticker of the benchmark; null for a model that reads none",
    "car": "cumulative abnormal return, CAR",
    "clusters": "clusters of the errors; null without",
    "coefficient": "estimate; decimal for a CAR and a regressor of 0 and 1",
    "curves.high": "highest CAR",
    "curves.low": "lowest CAR",
    "curves.median": "median CAR over the specifications",
    "curves.missing": "specifications without a CAR",
    "curves.n": "specifications",
    "design": "how the samples were drawn: random dates, or one date for all",
    "difference": "mean of the first group less that of the second",
    "dof": "degrees of freedom; null for a distribution without any",
    "effective": "independent samples that would vary as much",
    "end": "last session of the window",
    "errors": "kind of standard errors",
    "estimation_end": "last session of the estimation window",
    "estimation_start": "first session of the estimation window",
    "event_id": "name of the announcement",
    "first": "the one group",
    "high": "upper end of the 95 % interval",
    "known_failure": "why the test is known to miss its level here; null where it is not",
    "left_out": "observations that could not be used",
    "level": "nominal level",
    "low": "lower end of the 95 % interval",
    "mean_first": "mean of the first group",
    "mean_second": "mean of the second group",
    "median": "median over the observations",
    "missing": "share of the days that have no abnormal return",
    "model": "key of the expected-return model",
    "n": "observations; in `event_tests` what the statistic is held against",
    "n_first": "observations of the first group",
    "n_second": "observations of the second group",
    "name": "the regressor",
    "negative": "specifications with a CAR below zero",
    "p": "two-sided p-value",
    "positive": "specifications with a CAR above zero",
    "r_squared": "share of the variance that the model explains",
    "rank": "place of the specification, 1 for the lowest CAR of the event and ticker",
    "rate": "rejected ÷ tested",
    "reason": "why there is no number, or why it was left out; of a claim, what was measured",
    "references": "classes that the coefficients are measured against",
    "rejected": "samples in which p is at most the level",
    "response": "what is regressed: `car` or `scar`",
    "returns": "`simple` or `log`",
    "samples": "samples drawn",
    "second": "the other group",
    "share_same_sign": "share of specifications with the sign of the median",
    "significant": "specifications with p below 5 %",
    "significant_same_sign": "of these, those with the sign of the median",
    "size.n": "events in a sample",
    "start": "first session of the window",
    "std_error": "forecast standard error, with the error of the estimated coefficients",
    "t": "CAR over its standard error",
    "test": "key of the test",
    "tested": "samples in which the test is defined",
    "ticker": "security",
    "weights": "`none` or `inverse-variance`",
}
"""By name, of tables that are no study's; `table.column` where one means something else by it."""


def meaning(table: str, column: str) -> str:
    """Return what a column holds.

    Raises:
        KeyError: nobody has said it yet.
    """
    if table in glossary.TABLES:
        try:
            return glossary.meaning(table, column)
        except KeyError:
            raise KeyError(f"glossary.py does not say what {table}.{column} holds") from None
    found = MEANINGS.get(f"{table}.{column}", MEANINGS.get(column))
    if found is None:
        raise KeyError(f"sitebuild/meanings.py does not say what {table}.{column} holds")
    return found
