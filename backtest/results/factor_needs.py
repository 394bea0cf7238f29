"""Which factors a study's models need, and whether the factor data have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from backtest.engine.block import ExpectedReturnModel
from backtest.errors import BadInput, Location, Problem, did_you_mean
from backtest.prices.factor_choice import choose_factors
from backtest.prices.factors import Factors
from backtest.spec import StudySpec, is_ticker

LONG_SHORT = frozenset(("mkt_rf", "smb", "hml", "rmw", "cma", "mom"))
"""Factors that are the difference of two simple returns."""


def factor_columns(model: ExpectedReturnModel) -> tuple[str, ...]:
    """Return the regressors of a model that are columns of the factor data."""
    names = (name.partition("@")[0] for name in model.regressors)  # a lag is the same column
    return tuple(dict.fromkeys(n for n in names if n != "market" and not is_ticker(n)))


def needed_factors(
    models: Sequence[ExpectedReturnModel],
    spec: StudySpec,
    path: Path | None,
    cache_dir: Path | None = None,
) -> Factors | None:
    """Read the factors that the models need; None, and nothing is read, where they need none.

    Args:
        models: the models of the study.
        spec: the study.
        path: the user's table, None for the fetched or the shipped one.
        cache_dir: the cache folder with what was fetched, None to use nothing kept.

    Raises:
        BadInput: the table cannot be read or lacks a factor, or a factor cannot be had in logs;
            every problem at once.
    """
    needs = {model.key: factor_columns(model) for model in models}
    columns = tuple(dict.fromkeys(name for names in needs.values() for name in names))
    if not columns:
        return None
    factors = choose_factors(path, cache_dir)
    where = Location(path) if path else None
    problems = [*_absent(factors, columns, needs, where), *_without_logs(needs, spec)]
    if problems:
        raise BadInput(problems)
    return factors.only(columns)


def _absent(
    factors: Factors,
    columns: Iterable[str],
    needs: dict[str, tuple[str, ...]],
    where: Location | None,
) -> Iterator[Problem]:
    there = factors.columns
    for name in columns:
        if name in there and factors.frame[name].is_finite().any():
            continue
        by = ", ".join(key for key, names in needs.items() if name in names)
        if name in there:
            yield Problem("empty-factor", f"`{name}`, needed by {by}, has no value", where, name)
            continue
        hint = did_you_mean(name, there)
        if "factors" in by.split(", "):
            hint = hint or f"a ticker is written in capitals: {name.upper()}"
        yield Problem(
            "unknown-factor",
            f"there is no factor `{name}`, needed by {by}; there are: {', '.join(there)}",
            where,
            hint=hint,
        )


def _without_logs(needs: dict[str, tuple[str, ...]], spec: StudySpec) -> Iterator[Problem]:
    """A difference of two returns has no logarithm, and no model of logs adds it up."""
    if spec.returns != "log":
        return
    for key, names in needs.items():
        unfit = [name for name in names if name in LONG_SHORT]
        if unfit:
            yield Problem(
                "log-factors",
                f"{key} needs {', '.join(unfit)}: differences of simple returns, which have no "
                "logarithm",
                field="returns",
                hint="use --returns simple; market and capm take log returns too",
            )
