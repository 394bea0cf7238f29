"""The rows of a regression: what each observation did, what is known of it, and who is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from backtest.cross_section.spec import RegressionSpec
from backtest.cross_section.terms import COMPUTED, DEAL_TO_CAP, DEAL_VALUE, Term
from backtest.spec import Window

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

KEY = ("event_id", "ticker")
Y, WEIGHT, DAY0, REASON = "_y", "_weight", "_day0", "_reason"
"""Columns beside the attributes, whose names never start so."""

_UNTOLD = {
    DEAL_VALUE: "no deal value in the currency of the listing",
    DEAL_TO_CAP: "no deal value in the currency of the listing, or no market value before",
}


def responses(
    result: StudyResult, model: str, window: Window, spec: RegressionSpec
) -> pl.DataFrame:
    """Return the main-session observations of one model and window.

    Returns:
        `event_id, ticker`, `Y` (CAR or SCAR), `WEIGHT` (its inverse variance, else 1), `DAY0` (the
        reaction date) and `REASON` (why there is no `Y`, null where there is one).
    """
    import polars as pl

    main = (pl.col("model") == model) & ~pl.col("alternative")
    inside = (pl.col("start") == window.start) & (pl.col("end") == window.end)
    weight = pl.lit(1.0) if spec.weights == "none" else pl.col("std_error") ** -2.0
    measured = result.cars.filter(main & inside).select(
        *KEY, pl.col(spec.response).alias(Y), weight.alias(WEIGHT)
    )
    fits = result.fits.filter(main).select(
        *KEY, pl.col("day0").alias(DAY0), pl.col("reason").alias(REASON)
    )
    nothing = pl.lit(f"no CAR over {window}: a session of it has no return")
    return fits.join(measured, on=KEY, how="left", maintain_order="left").with_columns(
        pl.when(pl.col(Y).is_null()).then(pl.coalesce(REASON, nothing)).alias(REASON)
    )


def deal_sizes(result: StudyResult) -> pl.DataFrame:
    """Return `event_id, ticker, deal_value, deal_to_cap` of the main sessions.

    The market value is that before the event day, or before the event window where it starts
    later. Nothing is converted: a deal value in another currency than the listing's is null.
    """
    import polars as pl

    first = max(0, result.spec.window.start)
    caps = result.market_caps.filter(~pl.col("alternative"), pl.col("day") == first)
    values = result.observations.filter(~pl.col("alternative")).select(*KEY, DEAL_VALUE)
    joined = values.join(caps.select(*KEY, "cap_before"), on=KEY, how="left", maintain_order="left")
    ratio = pl.col(DEAL_VALUE) / pl.col("cap_before")
    positive = pl.col("cap_before") > 0
    return joined.select(*KEY, DEAL_VALUE, pl.when(positive).then(ratio).alias(DEAL_TO_CAP))


def without_missing(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Give a `REASON` to rows in which an attribute is null, or no finite number."""
    import polars as pl

    def lacks(name: str) -> pl.Expr:
        column, known = pl.col(name), pl.col(name).is_not_null()
        return ~(known & column.is_finite() if frame.schema[name] == pl.Float64 else known)

    told = [pl.when(lacks(name)).then(pl.lit(_UNTOLD.get(name, f"no `{name}`"))) for name in names]
    if not told:
        return frame
    joined = pl.concat_str(told, separator="; ", ignore_nulls=True)
    found = pl.when(joined != "").then(joined)
    return frame.with_columns(pl.coalesce(REASON, found).alias(REASON))


def without_lone_classes(
    frame: pl.DataFrame, terms: Sequence[Term], *, by_date: bool
) -> pl.DataFrame:
    """Give a `REASON` to rows whose class nobody shares: its coefficient would be their own CAR.

    Args:
        frame: rows with and without a `REASON`.
        terms: of which those that stand for all classes of an attribute count.
        by_date: whether sharing means on another reaction date.
    """
    import polars as pl

    names = [one.base for one in terms if one.value is None and _is_class(frame, one.base)]
    unit = pl.col(DAY0) if by_date else pl.struct(KEY)
    what = "reaction date" if by_date else "observation"
    while True:
        used = pl.col(REASON).is_null()
        before = frame[REASON].null_count()
        for name in names:
            units = unit.filter(used).n_unique().over(name)
            told = pl.format(f"the only {what} with {name}:{{}}", pl.col(name))
            alone = used & (units < 2)
            frame = frame.with_columns(pl.when(alone).then(told).otherwise(REASON).alias(REASON))
        if frame[REASON].null_count() == before:
            return frame


def _is_class(frame: pl.DataFrame, name: str) -> bool:
    import polars as pl

    return name not in COMPUTED and frame.schema[name] == pl.String
