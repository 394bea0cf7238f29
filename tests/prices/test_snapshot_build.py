from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BadInput, BadUsage
from backtest.prices.snapshot_build import build, main

CSV = {
    "AAA": "date,open,high,low,close,volume\n2025-01-02,10,11,9,10,5\n2025-01-03,10,11,9,8,6\n",
    "TRUE": "date,open,high,low,close,volume\n2025-01-02,1,1,1,1,5\n",
    "dividends": "ticker,ex_date,amount\nAAA,2025-01-03,2\n",
    "shares": "ticker,known_from,shares\nAAA,2025-01-02,1000\n",
    "factors": "date,mkt_rf,smb,hml,rmw,cma,mom,rf\n2025-01-02,1.25,0.1,0,0,0,0,0.02\n",
}


def test_a_snapshot_is_built_from_its_csv_files(tmp_path: Path) -> None:
    for name, text in CSV.items():
        (tmp_path / f"{name}.csv").write_text(text)
    out = tmp_path / "out"
    assert build(tmp_path, out) == {"bars": 3, "dividends": 1, "shares": 1, "factors": 1}
    bars = pl.read_parquet(out / "bars.parquet")
    assert bars["ticker"].to_list() == ["AAA", "AAA", "TRUE"]
    assert bars["adj_close"].to_list() == [8.0, 8.0, 1.0]
    factors = pl.read_parquet(out / "factors.parquet").row(0, named=True)
    assert (factors["mkt_rf"], factors["rf"]) == (0.0125, 0.0002)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "factors.csv").write_text(CSV["factors"])
    with pytest.raises(BadInput) as error:
        build(tmp_path, tmp_path / "out")
    missing = {problem.message for problem in error.value.problems}
    names = ("dividends.csv", "shares.csv", "TICKER.csv")
    assert missing == {f"there is no {name}" for name in names}
    with pytest.raises(BadUsage):
        main([])


@pytest.mark.shared
def test_the_shipped_tables_are_those_of_the_sources(tmp_path: Path, shared: Path) -> None:
    build(shared / "data" / "snapshot", tmp_path)
    shipped = files("backtest.prices") / "data"
    for name in ("bars", "dividends", "shares", "factors"):
        table = pl.read_parquet((shipped / f"{name}.parquet").read_bytes())
        assert table.equals(pl.read_parquet(tmp_path / f"{name}.parquet")), name


def test_provenance_is_shipped() -> None:
    text = (files("backtest.prices") / "data" / "PROVENANCE.md").read_text()
    for fact in ("Yahoo Finance", "Kenneth R. French", "2024-08-15", "2026-05-29", "711.00"):
        assert fact in text
