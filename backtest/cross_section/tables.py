"""The tables of cross-sectional regressions, and what holds them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backtest.contracts import SCHEMA_VERSION, Frame, frame_columns
from backtest.cross_section.spec import RegressionSpec
from backtest.results.result import Provenance
from backtest.spec import StudySpec

if TYPE_CHECKING:
    import polars as pl

_WHICH = "model:String start:Int32:sessions end:Int32:sessions"
_FIGURES = "std_error t p low high"

COEFFICIENTS = Frame(
    "coefficients",
    "model × window × regressor",
    ("model", "start", "end", "name"),
    frame_columns(f"{_WHICH} name:String coefficient {_FIGURES} n:Int32"),
)
REGRESSIONS = Frame(
    "regressions",
    "model × window",
    ("model", "start", "end"),
    frame_columns(
        f"{_WHICH} n:Int32 left_out:Int32 r_squared dof:Int32 response:String weights:String "
        "errors:String clusters:Int32 references:String reason:String"
    ),
)
DIFFERENCES = Frame(
    "differences",
    "model × window × pair of groups",
    ("model", "start", "end", "first", "second"),
    frame_columns(
        f"{_WHICH} first:String second:String n_first:Int32 n_second:Int32 mean_first mean_second "
        f"difference {_FIGURES} dof:Int32 reason:String"
    ),
)
LEFT_OUT = Frame(
    "left_out",
    "event × ticker × model × window left out of the regression",
    ("event_id", "ticker", "model", "start", "end"),
    frame_columns(f"event_id:String ticker:String {_WHICH} reason:String"),
)

TABLES = (COEFFICIENTS, REGRESSIONS, DIFFERENCES, LEFT_OUT)


@dataclass(frozen=True, slots=True)
class CrossSection:
    """Regressions of a study's CARs on attributes.

    Attributes:
        spec: what was asked for.
        study: the specification of the study.
        coefficients: `COEFFICIENTS`, of the regressions that could be made.
        regressions: `REGRESSIONS`, one row for each; `references` names the class that each set
            of dummies is measured against, `reason` says why a regression could not be made.
        differences: `DIFFERENCES`.
        left_out: `LEFT_OUT`, the rows that a regression could not use, with the reason.
        provenance: where the study's numbers come from.
        warnings: sentences for the user.
    """

    spec: RegressionSpec
    study: StudySpec
    coefficients: pl.DataFrame
    regressions: pl.DataFrame
    differences: pl.DataFrame
    left_out: pl.DataFrame
    provenance: Provenance
    warnings: tuple[str, ...] = ()

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables by name."""
        return {frame.name: getattr(self, frame.name) for frame in TABLES}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document as plain values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "spec": {**self.study.as_dict(), "regression": self.spec.as_dict()},
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_dict(),
        }
