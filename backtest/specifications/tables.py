"""The tables of a specification curve, and what holds them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.contracts import SCHEMA_VERSION, Frame, frame_columns
from backtest.files import write_tables
from backtest.results.result import Provenance
from backtest.specifications.grid import Grid

if TYPE_CHECKING:
    import polars as pl

_SPECIFICATION = (
    "benchmark:String model:String returns:String estimation_start:Int32:sessions "
    "estimation_end:Int32:sessions"
)
SPECIFICATIONS = Frame(
    "specifications",
    "event × ticker × specification",
    (
        *("event_id", "ticker", "benchmark", "model", "returns"),
        *("estimation_start", "estimation_end", "start", "end"),
    ),
    frame_columns(
        f"event_id:String ticker:String rank:Int32 {_SPECIFICATION} start:Int32:sessions "
        "end:Int32:sessions car::decimal std_error::decimal t dof p"
    ),
)
CURVES = Frame(
    "curves",
    "event × ticker",
    ("event_id", "ticker"),
    frame_columns(
        "event_id:String ticker:String n:Int32 missing:Int32 positive:Int32 negative:Int32 "
        "share_same_sign significant:Int32 significant_same_sign:Int32 median::decimal "
        "low::decimal high::decimal"
    ),
)
MISSING = Frame(
    "missing",
    "event × ticker × specification without a CAR",
    (),
    frame_columns(
        f"event_id:String ticker:String {_SPECIFICATION} start:Int32:sessions end:Int32:sessions "
        "reason:String"
    ),
)
TABLES = (SPECIFICATIONS, CURVES, MISSING)


@dataclass(frozen=True, slots=True)
class Curve:
    """Every specification's CAR, and how far they agree.

    Attributes:
        grid: the choices.
        specifications: `SPECIFICATIONS`, of each event × ticker from the lowest CAR to the highest;
            `benchmark` is null for a model that reads none.
        curves: `CURVES`; the sign that specifications agree in is the median's, and significant
            means p < 5 % by the t of the prediction error.
        missing: `MISSING`, specifications that gave no CAR, and why.
        provenance: where the numbers come from.
        warnings: sentences for the user.
    """

    grid: Grid
    specifications: pl.DataFrame
    curves: pl.DataFrame
    missing: pl.DataFrame
    provenance: Provenance
    warnings: tuple[str, ...]

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables by name."""
        return {frame.name: getattr(self, frame.name) for frame in TABLES}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document as plain values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "grid": self.grid.as_dict(),
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "warnings": list(self.warnings),
            "provenance": self.provenance.as_dict(),
        }

    def write(self, folder: str | Path) -> list[Path]:
        """Write each table as `<folder>/<table>.parquet` and return the paths."""
        return write_tables(self.tables, Path(folder))
