"""`backtest query`: SQL over the tables of a study."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._options import as_utf8, run_from_options, study_options, tell
from backtest.cli._say import say
from backtest.errors import BadUsage

if TYPE_CHECKING:
    import polars as pl

    from backtest.contracts import Frame
    from backtest.results.sql import Tables

_FORMATS = ("table", "csv", "json", "parquet")


@click.command(
    "query",
    epilog='Example: backtest query "SELECT ticker, car, p FROM cars WHERE p < 0.01 ORDER BY car" '
    "tag:chips --prices snapshot",
)
@click.argument("sql", required=False)
@study_options
@click.option(
    "--from",
    "written",
    type=click.Path(file_okay=False, path_type=Path),
    help="Ask the tables that `run --out` or `trade --out` wrote into this folder, instead of a "
    "study.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Rows printed at most as a table; 0 prints all. csv, json and parquet have all.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="table rounds for reading, the others are exact; parquet with --out only.  "
    "[default: table, or what the name of --out ends in]",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the answer: .csv, .json or .parquet.",
)
def COMMAND(
    sql: str | None,
    written: Path | None,
    rows: int,
    format_: str | None,
    out: Path | None,
    **study: Any,
) -> int:
    """Ask the tables of a study in SQL; without a query, list tables and columns.

    SQL begins with SELECT, WITH or SHOW, in Polars' dialect. SELECTION picks announcements as for
    `run`; the tables are those of the study that the options describe.
    """
    from backtest.results.sql import check_query, run_sql

    chosen = _format(format_, out)
    if sql is None:
        _list(written, chosen, out)
        return 0
    check_query(sql)
    told: dict[str, Any] = {"spec": None, "warnings": [], "provenance": {"tables": str(written)}}
    if written:
        answer = run_sql(_written(written, study["selection"]), sql)
    else:
        result = run_from_options(**study)
        observed = {"headlines": result.headlines, "observations": result.observations}
        answer = run_sql({**result.tables, **observed}, sql)
        told = {
            "spec": result.spec.as_dict(),
            "warnings": list(result.warnings),
            "provenance": result.provenance.as_dict(),
        }
    _put(answer, chosen, out, rows, told)
    if not written:
        tell(result)
    return 0


def _format(format_: str | None, out: Path | None) -> str:
    """Return what is written.

    Raises:
        BadUsage: a file without a format, a table for a file, or Parquet for a terminal.
    """
    if out is None:
        if format_ == "parquet":
            raise BadUsage.because(
                "needs-out", "parquet goes into a file", field="format", hint="--out FILE.parquet"
            )
        return format_ or "table"
    chosen = format_ or out.suffix.lower().removeprefix(".")
    if chosen not in _FORMATS[1:]:
        raise BadUsage.because(
            "bad-format",
            f"{out} is to hold {', '.join(_FORMATS[1:-1])} or {_FORMATS[-1]}",
            field="out",
            hint="end its name in one of these, or say --format",
        )
    return chosen


def _written(folder: Path, selection: tuple[str, ...]) -> Tables:
    from backtest.results.written import read_written

    if selection:
        raise BadUsage.because(
            "no-selection",
            "--from asks tables as they are; events are chosen in the query",
            field="selection",
            hint="WHERE event_id = '…'",
        )
    return read_written(folder)


def _list(folder: Path | None, format_: str, out: Path | None) -> None:
    """List the tables of any study, or those in a folder."""
    from backtest.report._listing import columns_frame, show_listing

    frames = _frames(folder)
    if format_ == "table":
        show_listing(frames, sys.stdout)
    else:
        told: dict[str, Any] = {"spec": None, "warnings": [], "provenance": {}}
        _put(columns_frame(frames), format_, out, 0, told, "columns")


def _frames(folder: Path | None) -> list[Frame]:
    from backtest.contracts import TABLES, TRADING_TABLES
    from backtest.events.table import HEADLINES, OBSERVATIONS

    if folder is None:
        return [*TABLES, HEADLINES, OBSERVATIONS]
    there = _written(folder, ())
    return [frame for frame in (*TABLES, *TRADING_TABLES) if frame.name in there]


def _put(
    frame: pl.DataFrame,
    format_: str,
    out: Path | None,
    rows: int,
    told: dict[str, Any],
    name: str = "query",
) -> None:
    """Print a table, or write it into a file."""
    if out:
        from backtest.files import write_files

        content = {
            "csv": lambda file: file.write(_csv(frame).encode()),
            "json": lambda file: file.write(_json(frame, name, told).encode()),
            "parquet": frame.write_parquet,
        }
        write_files(out.parent, {out.name: content[format_]})
        say(f"wrote {_counted(frame.height)} to {out}")
    elif format_ == "table":
        from backtest.report._frame import show_frame

        shown = frame.head(rows) if rows else frame
        show_frame(shown, sys.stdout)
        more = "" if shown.height == frame.height else f"; the first {shown.height:,} are shown"
        more += ", --rows 0 shows all" if more else ""
        say(f"{_counted(frame.height)}{more}")
    else:
        as_utf8(sys.stdout)
        click.echo(_csv(frame) if format_ == "csv" else _json(frame, name, told), nl=False)


def _csv(frame: pl.DataFrame) -> str:
    from backtest.report.csv import flat

    return flat(frame).write_csv()


def _json(frame: pl.DataFrame, name: str, told: dict[str, Any]) -> str:
    from backtest.contracts import SCHEMA_VERSION

    head = json.dumps({"schema_version": SCHEMA_VERSION})[:-1]
    rest = json.dumps(told, ensure_ascii=False)[1:]
    return f'{head}, "tables": {{{json.dumps(name)}: {frame.write_json()}}}, {rest}\n'


def _counted(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
