"""Tables that an earlier run wrote into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from backtest.contracts import TABLES, TRADING_TABLES, Frame
from backtest.errors import BadInput, Location, Problem

if TYPE_CHECKING:
    import polars as pl


def read_written(folder: Path) -> dict[str, pl.LazyFrame]:
    """Open the tables that `--out` wrote; their rows are read when they are asked for.

    Raises:
        BadInput: the folder has none of them, or one that is not ours; all problems at once.
    """
    known = (*TABLES, *TRADING_TABLES)
    found = [frame for frame in known if (folder / f"{frame.name}.parquet").is_file()]
    if not found:
        raise BadInput.because(
            "no-tables",
            "no table of a study is here" if folder.is_dir() else "there is no such folder",
            where=Location(folder),
            hint="`backtest run --out DIR` and `backtest trade --out DIR` write them",
        )
    problems: list[Problem] = []
    opened = {}
    for frame in found:
        try:
            opened[frame.name] = _open(frame, folder / f"{frame.name}.parquet")
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    return opened


def _open(frame: Frame, path: Path) -> pl.LazyFrame:
    import polars as pl
    from polars.exceptions import PolarsError

    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
        frame.check(pl.DataFrame(schema=schema))
    except (OSError, PolarsError, TypeError) as error:
        said = str(error).split("\n", maxsplit=1)[0]
        raise BadInput.because(
            "not-our-table",
            f"is not the table `{frame.name}` of a study ({said})",
            where=Location(path),
            hint="write it anew: `backtest run --out DIR`",
        ) from None
    return table
