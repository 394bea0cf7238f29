"""Least squares of CARs on attributes by statsmodels: arrays in, coefficients out (METHODS §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from backtest.engine.arrays import Bools, Floats, Ints
from backtest.errors import DataUnavailable

Errors = Literal["hc3", "hc1", "cluster-date"]
ERRORS: tuple[Errors, ...] = get_args(Errors)
LEVEL = 0.95
"""Of the confidence intervals."""

_DEPENDENT = 1e-9
"""A regressor of which less than this share is left beside the others is one of them."""


class Unfit(Exception):
    """These rows cannot be regressed on these columns; the text says why."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Coefficients of one regression; K of them from N rows.

    Attributes:
        coefficient, std_error, t, p, low, high: (K,) with the 95 % interval.
        n: rows.
        dof: degrees of freedom of t: N − K, or clusters − 1.
        r_squared: centred, weighted as the regression is.
        clusters: number of clusters, None without them.
    """

    coefficient: Floats
    std_error: Floats
    t: Floats
    p: Floats
    low: Floats
    high: Floats
    n: int
    dof: int
    r_squared: float
    clusters: int | None


def least_squares(
    y: Floats,
    X: Floats,
    names: Sequence[str],
    *,
    errors: Errors = "hc3",
    weights: Floats | None = None,
    clusters: Ints | None = None,
) -> Estimate:
    """Regress y on X by OLS, or by WLS with weights.

    HC3 is MacKinnon & White 1985, HC1 Hinkley 1977; `cluster-date` is Liang & Zeger 1986 with the
    factor G/(G − 1) · (N − 1)/(N − K) and t(G − 1).

    Args:
        y: (N,) responses.
        X: (N, K) regressors, the constant among them.
        names: (K,) what messages call them.
        errors: the covariance.
        weights: (N,) inverse variances up to a factor, None for OLS.
        clusters: (N,) cluster of each row, for `cluster-date`.

    Raises:
        Unfit: fewer rows than coefficients, a collinear column, a row that alone decides a
            coefficient under HC3, or a single cluster.
        DataUnavailable: statsmodels is not installed.
    """
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    groups = clusters if errors == "cluster-date" else None
    count = None if groups is None else len(np.unique(groups))
    if count is not None and count < 2:
        raise Unfit("all rows share one reaction date, and errors by date need two")
    _refuse_unfit(X, X * root[:, None], names, groups)
    ols, wls = _library()
    # Columns of unit length: attributes may be dollars beside shares, and errors would cancel.
    scale = np.sqrt((X**2).mean(axis=0))
    model = ols(y, X / scale) if weights is None else wls(y, X / scale, weights=weights)
    kind, more = errors.upper(), {}
    if groups is not None:
        kind, more = "cluster", {"groups": groups}
    fit = model.fit(cov_type=kind, cov_kwds=more, use_t=True)
    interval = fit.conf_int(alpha=1.0 - LEVEL) / scale[:, None]
    return Estimate(
        coefficient=np.asarray(fit.params) / scale,
        std_error=np.asarray(fit.bse) / scale,
        t=np.asarray(fit.tvalues),
        p=np.asarray(fit.pvalues),
        low=interval[:, 0],
        high=interval[:, 1],
        n=len(y),
        dof=len(y) - X.shape[1] if count is None else count - 1,
        r_squared=float(fit.rsquared) if len(names) > 1 else 0.0,
        clusters=count,
    )


def _refuse_unfit(X: Floats, design: Floats, names: Sequence[str], groups: Ints | None) -> None:
    n, count = X.shape
    if n <= count:
        raise Unfit(
            f"{n} observation{'' if n == 1 else 's'} for {count} coefficients "
            f"({', '.join(names)}); there must be more"
        )
    unit = design / np.maximum(np.linalg.norm(design, axis=0), np.finfo(np.float64).tiny)
    for place in range(1, count):
        if np.ptp(X[:, place]) == 0:
            raise Unfit(
                f"`{names[place]}` is {X[0, place]:g} in all {n} observations that are left"
            )
        before, own = unit[:, :place], unit[:, place]
        rest = own - before @ np.linalg.lstsq(before, own)[0]
        if np.linalg.norm(rest) < _DEPENDENT:
            raise Unfit(
                f"`{names[place]}` says nothing beside {', '.join(names[:place])}: it is a "
                "combination of them"
            )
    alone = _alone(unit, groups)
    if alone:
        what = "observation" if groups is None else "reaction date"
        raise Unfit(
            f"{alone} {what}{'' if alone == 1 else 's'} alone decide{'s' if alone == 1 else ''} a "
            "coefficient, whose error is not defined then; leave out the attribute that has a "
            "value of its own there"
        )


def _alone(design: Floats, groups: Ints | None) -> int:
    """Count rows, or clusters of rows, that are fitted without fail: their leverage is 1."""
    q, _ = np.linalg.qr(design)
    if groups is None:
        return int(((q**2).sum(axis=1) > 1.0 - _DEPENDENT).sum())
    parts = (q[groups == group] for group in np.unique(groups))
    return sum(bool(np.linalg.norm(part, 2) ** 2 > 1.0 - _DEPENDENT) for part in parts)


def _library() -> tuple[type, type]:
    """Return the OLS and WLS of statsmodels."""
    try:
        from statsmodels.regression.linear_model import OLS, WLS
    except ImportError:
        raise DataUnavailable.because(
            "no-statsmodels",
            "cross-sectional regressions are done by statsmodels, which is not installed",
            hint="pip install 'backtest[regress]'",
        ) from None
    return OLS, WLS


def group_difference(
    y: Floats, first: Bools, *, errors: Errors = "hc3", clusters: Ints | None = None
) -> Estimate:
    """Return the mean of one group minus that of the other.

    Args:
        y: (N,) responses.
        first: (N,) which rows are of the first group.
        errors: the covariance; under HC3 the variance is Σ e²/(n_g − 1)² over both groups.
        clusters: (N,) as in `least_squares`.

    Returns:
        The estimate of the single number.

    Raises:
        Unfit: a group with fewer than two rows, or as `least_squares`.
        DataUnavailable: statsmodels is not installed.
    """
    sizes = int(first.sum()), int((~first).sum())
    if min(sizes) < 2:
        raise Unfit(f"groups of {sizes[0]} and {sizes[1]}; each needs 2 observations")
    X = np.column_stack([np.ones(len(y)), first.astype(np.float64)])
    names = ("intercept", "difference")
    both = least_squares(y, X, names, errors=errors, clusters=clusters)
    vectors = ("coefficient", "std_error", "t", "p", "low", "high")
    return replace(both, **{name: getattr(both, name)[1:] for name in vectors})
