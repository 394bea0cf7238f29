import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BadInput
from backtest.prices.factors import FACTORS, load_factors


def test_the_shipped_factors_are_decimals() -> None:
    factors = load_factors()
    assert FACTORS.check(factors.frame).height == 428
    first = factors.frame.row(0, named=True)
    assert first["date"] == dt.date(2024, 8, 15)
    # Published as 1.77, 0.96 and 0.02 percent.
    assert (first["mkt_rf"], first["smb"], first["rf"]) == (0.0177, 0.0096, 0.0002)
    assert factors.last_date == dt.date(2026, 4, 30)
    assert factors.notes == ()


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "f.csv"
    path.write_text(text)
    return path


def test_names_as_the_library_writes_them(tmp_path: Path) -> None:
    text = "Date,Mkt-RF,SMB,mine\n20250103,0.01,,0.5\n20250102,-0.02,0.001,0.4\n"
    factors = load_factors(table(tmp_path, text))
    assert factors.frame.columns == ["date", "mkt_rf", "smb", "mine"]
    assert factors.frame["date"].to_list() == [dt.date(2025, 1, 2), dt.date(2025, 1, 3)]
    assert factors.frame["smb"].to_list() == [0.001, None]


def test_an_infinite_factor_is_none(tmp_path: Path) -> None:
    factors = load_factors(table(tmp_path, "date,smb\n2025-01-02,inf\n2025-01-03,0.001\n"))
    assert factors.frame["smb"].to_list() == [None, 0.001]
    assert factors.notes == ()


def test_percent_is_noticed(tmp_path: Path) -> None:
    text = "date,mkt_rf,rf\n2025-01-02,1.25,0.0002\n2025-01-03,-0.6,0.0002\n"
    (note,) = load_factors(table(tmp_path, text)).notes
    assert note.startswith("mkt_rf reach 1.25, which looks like percent")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("day,mkt_rf\n2025-01-02,0.01\n", "there is no column `date`"),
        ("date,name\n2025-01-02,x\n", "no numeric factor column"),
        ("date,rf\n2025-01-02,0\n2025-01-02,0.1\n", "2025-01-02 is there more than once"),
        ("date,rf\nsoon,0\n", "1 dates cannot be read"),
        ("date,rf\n2025-01-02,0\n2025-01-03,x\n", "f.csv:3: rf: `x` is not a number"),
        ("", "the file is empty"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        load_factors(table(tmp_path, text))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        load_factors(tmp_path / "none.parquet")


@pytest.mark.shared
def test_the_snapshot_agrees_with_the_long_table(shared: Path) -> None:
    long = load_factors(shared / "data" / "market" / "factors.parquet")
    both = load_factors().frame.join(long.frame, on="date")
    assert both.height == 428
    assert long.notes == ()
    for name in FACTORS.names[1:]:
        assert (both[name] - both[f"{name}_right"]).abs().max() < 1e-9, name
    assert long.frame["mom"].null_count() == 63
    assert pl.Date == long.frame.schema["date"]
