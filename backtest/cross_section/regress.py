"""Regressions of a study's CARs on attributes of its events (METHODS §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.contracts import Frame
from backtest.cross_section.attributes import Attributes, read_attributes
from backtest.cross_section.compare import classes_of, compared
from backtest.cross_section.design import design
from backtest.cross_section.regression import Errors, Estimate, Unfit, least_squares
from backtest.cross_section.rows import (
    DAY0,
    KEY,
    REASON,
    WEIGHT,
    Y,
    deal_sizes,
    responses,
    without_lone_classes,
    without_missing,
)
from backtest.cross_section.spec import RegressionSpec, Response, Weights
from backtest.cross_section.tables import (
    COEFFICIENTS,
    DIFFERENCES,
    LEFT_OUT,
    REGRESSIONS,
    CrossSection,
)
from backtest.cross_section.terms import (
    COMPUTED,
    Pair,
    Term,
    attributes_of,
    pairs,
    terms,
    unknown_class,
)
from backtest.errors import BadUsage, Problem
from backtest.spec import Window

if TYPE_CHECKING:
    import polars as pl

    from backtest.results.result import StudyResult

FEW_DATES = 20
"""Reaction dates below which errors by date are known to be too small."""

_FIGURES = ("coefficient", "std_error", "t", "p", "low", "high")


def regress(
    result: StudyResult,
    on: str | Sequence[str] = (),
    *,
    events: str | Path | None = None,
    differences: str | Sequence[str] = (),
    windows: Iterable[Window | str] = (),
    response: Response = "car",
    weights: Weights = "none",
    errors: Errors = "hc3",
) -> CrossSection:
    """Regress the CARs of a study, main sessions only, on attributes of its events.

    Args:
        result: the study.
        on: attributes, by comma or one by one; see `RegressionSpec`.
        events: the events of the study; default the calendar, as for `run`.
        differences: groups to compare, each as `role`, `role:issuer` or `role:issuer,competitor`.
        windows: CAR windows; default all of the study.
        response: `car` or `scar`.
        weights: `none` or `inverse-variance`.
        errors: `hc3`, `hc1` or `cluster-date`.

    Raises:
        BadUsage: an attribute or window that is not there, or no regression that could be made.
        BadInput: events that cannot be read.
        DataUnavailable: statsmodels is not installed.
    """
    words = on.split(",") if isinstance(on, str) else on
    spec = RegressionSpec(
        on=tuple(word.strip() for word in words if word.strip()),
        differences=(differences,) if isinstance(differences, str) else tuple(differences),
        windows=tuple(Window.parse(w) if isinstance(w, str) else w for w in windows),
        response=response,
        weights=weights,
        errors=errors,
    )
    return prepare(spec, read_attributes(Path(events) if events else None)).of(result)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A regression whose every name was found, before the study it is of is run."""

    spec: RegressionSpec
    terms: tuple[Term, ...]
    pairs: tuple[Pair, ...]
    attributes: pl.DataFrame

    def of(self, result: StudyResult) -> CrossSection:
        """Regress the CARs of a study.

        Raises:
            BadUsage: a window that is none of the study's, or no regression that could be made.
            DataUnavailable: statsmodels is not installed.
        """
        windows = self.spec.windows or result.spec.cars
        _refuse_windows(windows, result.spec.cars)
        known = deal_sizes(result).join(self.attributes, on=KEY, how="left", maintain_order="left")
        rows: dict[str, list[dict[str, Any]]] = {
            one.name: [] for one in (COEFFICIENTS, REGRESSIONS, DIFFERENCES, LEFT_OUT)
        }
        for model, window in product(result.spec.models, windows):
            measured = responses(result, model, window, self.spec)
            frame = measured.join(known, on=KEY, how="left", maintain_order="left")
            which = {"model": model, "start": window.start, "end": window.end}
            if self.terms:
                _regress(self, frame, which, rows)
            rows[DIFFERENCES.name] += [
                {**which, **one} for one in compared(frame, self.pairs, self.spec.errors)
            ]
        _refuse_nothing(rows)
        made = rows[REGRESSIONS.name]
        return CrossSection(
            self.spec,
            result.spec,
            **{one.name: _table(one, rows[one.name]) for one in _FRAMES},
            provenance=result.provenance,
            warnings=(*result.warnings, *_warnings(made)),
        )


_FRAMES = (COEFFICIENTS, REGRESSIONS, DIFFERENCES, LEFT_OUT)


def prepare(spec: RegressionSpec, attributes: Attributes) -> Prepared:
    """Find every attribute and class that a regression names.

    Raises:
        BadUsage: names that nothing is known by, with what there is.
    """
    on, groups = terms(spec.on, attributes.known), pairs(spec.differences, attributes.known)
    names = dict.fromkeys(attributes_of(on, groups, attributes.known))
    frame = attributes.frame([name for name in names if name not in COMPUTED])
    _refuse_classes(frame, on, groups)
    return Prepared(spec, on, groups, frame.unique(KEY, keep="first", maintain_order=True))


def _refuse_classes(frame: pl.DataFrame, on: Iterable[Term], groups: Iterable[Pair]) -> None:
    asked: list[tuple[str, str | None, str]] = []
    asked += [(term.base, term.value, "on") for term in on if term.value is not None]
    asked += [(one.base, one.first, "difference") for one in groups]
    asked += [(one.base, one.second, "difference") for one in groups]
    for base, value, field in asked:
        if base in frame.columns and frame.schema[base].is_numeric():
            raise BadUsage.because(
                "no-class",
                f"`{base}` is a number, and groups are made of classes",
                field=field,
                hint=f"regress on it: --on {base}",
            )
        there = classes_of(frame, base)
        if value is not None and value not in there:
            raise unknown_class(base, value, there, field)


def _refuse_windows(windows: Iterable[Window], there: Sequence[Window]) -> None:
    problems = [
        Problem(
            "unknown-window",
            f"the study has no CAR over {window}; it has {', '.join(map(str, there))}",
            field="measure-window",
            hint="name it among --cars too",
        )
        for window in windows
        if window not in there
    ]
    if problems:
        raise BadUsage(problems)


def _refuse_nothing(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Stop where regressions were asked for and none could be made."""
    made = rows[REGRESSIONS.name]
    if made and all(one["reason"] for one in made):
        reasons: dict[str, str] = {}
        for one in made:
            reasons.setdefault(one["reason"], f"{one['model']} {one['start']}:{one['end']}")
        common = _commonest(rows[LEFT_OUT.name])
        raise BadUsage(
            Problem("no-regression", f"{which}: {reason}", field="on", hint=common)
            for reason, which in reasons.items()
        )


def _commonest(left: Sequence[dict[str, Any]]) -> str | None:
    reasons = [one["reason"] for one in left]
    if not reasons:
        return None
    most = max(dict.fromkeys(reasons), key=reasons.count)
    return f"most often left out: {most}"


def _regress(
    asked: Prepared,
    frame: pl.DataFrame,
    which: dict[str, Any],
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    """Add one regression to the rows of the tables."""
    import polars as pl

    spec, by_date = asked.spec, asked.spec.errors == "cluster-date"
    frame = without_missing(frame, dict.fromkeys(term.base for term in asked.terms))
    frame = without_lone_classes(frame, asked.terms, by_date=by_date)
    lost, kept = frame.filter(pl.col(REASON).is_not_null()), frame.filter(pl.col(REASON).is_null())
    rows[LEFT_OUT.name] += [
        {**which, **one}
        for one in lost.select(*KEY, pl.col(REASON).alias("reason")).iter_rows(named=True)
    ]
    told = {
        **which,
        "n": len(kept),
        "left_out": len(lost),
        "response": spec.response,
        "weights": spec.weights,
        "errors": spec.errors,
        "reason": None,
    }
    try:
        made = design(kept, asked.terms)
        found = least_squares(
            kept[Y].to_numpy(),
            made.X,
            made.names,
            errors=spec.errors,
            weights=None if spec.weights == "none" else kept[WEIGHT].to_numpy(),
            clusters=kept[DAY0].to_physical().to_numpy(),
        )
    except Unfit as why:
        rows[REGRESSIONS.name].append({**told, "reason": str(why)})
        return
    fitted = {"r_squared": found.r_squared, "dof": found.dof, "clusters": found.clusters}
    told |= {**fitted, "references": ", ".join(made.references) or None}
    rows[REGRESSIONS.name].append(told)
    rows[COEFFICIENTS.name] += [{**which, **one} for one in _coefficients(made.names, found)]


def _coefficients(names: Sequence[str], found: Estimate) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(names):
        figures = {figure: float(getattr(found, figure)[place]) for figure in _FIGURES}
        yield {"name": name, **figures, "n": found.n}


def _table(frame: Frame, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    import polars as pl

    return frame.check(pl.DataFrame(rows, schema=frame.schema(), orient="row"))


def _warnings(made: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in made:
        which = f"{one['model']} {one['start']}:{one['end']}"
        if one["reason"]:
            yield f"no regression of {which}: {one['reason']}"
        elif one["clusters"] is not None and one["clusters"] < FEW_DATES:
            yield (
                f"{which}: errors by date rest on {one['clusters']} dates; fewer than {FEW_DATES} "
                "make them too small"
            )
