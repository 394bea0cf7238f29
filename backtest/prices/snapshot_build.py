"""Rebuild the shipped snapshot from its CSV files: `python -m backtest.prices.snapshot_build DIR`.

`DIR` holds one CSV a ticker (`date,open,high,low,close,volume`), `dividends.csv`
(`ticker,ex_date,amount`), `shares.csv` (`ticker,known_from,shares`) and `factors.csv` (in
percent). `data/PROVENANCE.md` says where the figures come from.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, BadUsage, Location, Problem
from backtest.prices.factors import FACTORS
from backtest.prices.provider import BARS, DIVIDEND, SHARES
from backtest.prices.total_return import with_total_return

if TYPE_CHECKING:
    import polars as pl

TARGET = Path(__file__).parent / "data"
_TABLES = ("dividends", "shares", "factors")


def build(source: Path, target: Path = TARGET) -> dict[str, int]:
    """Write `bars`, `dividends`, `shares` and `factors` as Parquet; return their row counts.

    Raises:
        BadInput: files are missing from the source folder.
    """
    bar_files = sorted(path for path in source.glob("*.csv") if path.stem not in _TABLES)
    absent = [name for name in _TABLES if not (source / f"{name}.csv").is_file()]
    if absent or not bar_files:
        names = [f"{name}.csv" for name in absent] + ([] if bar_files else ["TICKER.csv"])
        raise BadInput(
            Problem("missing-file", f"there is no {name}", Location(source)) for name in names
        )
    dividends = _read(source / "dividends.csv").select("ticker", "ex_date", "amount")
    tables = {
        "bars": _bars(bar_files, dividends),
        "dividends": dividends.sort("ticker", "ex_date"),
        "shares": _shares(_read(source / "shares.csv")),
        "factors": _factors(_read(source / "factors.csv")),
    }
    target.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(target / f"{name}.parquet", compression="zstd")
    return {name: table.height for name, table in tables.items()}


def _read(path: Path) -> pl.DataFrame:
    import polars as pl

    return pl.read_csv(path, try_parse_dates=True, schema_overrides={"ticker": pl.String})


def _bars(files: list[Path], dividends: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    prices = pl.concat(
        _read(path).with_columns(
            pl.lit(path.stem).alias("ticker"),
            pl.col("open", "high", "low", "close", "volume").cast(pl.Float64),
        )
        for path in files
    )
    paid = dividends.select("ticker", pl.col("ex_date").alias("date"), value="amount")
    return BARS.check(with_total_return(prices, paid.with_columns(kind=pl.lit(DIVIDEND))))


def _shares(table: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return SHARES.check(table.cast({"shares": pl.Float64})).sort("ticker", "known_from")


def _factors(table: pl.DataFrame) -> pl.DataFrame:
    """Turn percent into decimals; dividing by 100 keeps the published two digits exact."""
    import polars as pl

    names = [name for name in FACTORS.names if name != "date"]
    return FACTORS.check(table.with_columns(pl.col(names).cast(pl.Float64) / 100)).sort("date")


def main(arguments: list[str]) -> int:
    """Build from the folder named on the command line; print what was written."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise BadUsage.because(
            "no-folder", "name the folder with the CSV files", hint="snapshot_build SRC_DIR"
        )
    for name, rows in build(Path(arguments[0])).items():
        print(f"{name}.parquet: {rows} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
