"""The tables of a study, from the contracts that the program itself checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sitebuild.meanings import meaning
from sitebuild.words import table

if TYPE_CHECKING:
    from backtest.contracts import Frame

_INTRO = """\
# Tables

Where a command has `--out DIR`, it writes its tables as Parquet files. `--format json` has those of
a study under `tables`, and from Python they are attributes of the result.

Returns are decimals (0.36 is 36 %), money is in units of the listing's currency, dates are
sessions, `day`, `start` and `end` are offsets from the event day τ = 0. In a study of volume the
columns in decimals hold log points, in one of volatility multiples of a variance. The version of
this contract is {version}.

What was asked for and is not in the other tables has a row in [`excluded`](#excluded).
"""


def table_page() -> str:
    """Return the page, a section for each contract."""
    from backtest.contracts import SCHEMA_VERSION

    parts = [_INTRO.format(version=SCHEMA_VERSION)]
    for title, frames in groups():
        parts.append(f"## {title}\n")
        parts += map(_section, frames)
    return "\n".join(parts)


def groups() -> list[tuple[str, tuple[Frame, ...]]]:
    """Return what the commands write, and the contracts of it."""
    from backtest.audit.size_table import SIZE
    from backtest.contracts import TABLES, TRADING_TABLES
    from backtest.cross_section import tables as regressions
    from backtest.specifications import tables as curves

    return [
        ("A study: `run`", TABLES),
        ("Trades: `trade`", TRADING_TABLES),
        ("Regressions: `regress`", regressions.TABLES),
        ("A specification curve: `curve`", curves.TABLES),
        ("An audit: `audit size`", (SIZE,)),
    ]


def _section(frame: Frame) -> str:
    rows = [
        [
            f"`{one.name}`",
            one.dtype,
            one.unit,
            meaning(frame.name, one.name) + " (key)" * (one.name in frame.key),
        ]
        for one in frame.columns
    ]
    columns = table(["column", "type", "unit", "holds"], rows)
    return f"### {frame.name}\n\nA row for each {frame.row}.\n\n{columns}\n"
