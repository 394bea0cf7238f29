"""Prices in an object store: an S3-compatible server on this machine, spoken to over HTTP.

`test_object_store.py` runs these in a process of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import Command

pytest.importorskip("moto.server", reason="moto is not installed")

from support.s3_server import S3Server

from backtest.errors import BadInput, BadUsage, DataUnavailable
from backtest.prices.closes import Closes
from backtest.prices.provider import PriceProvider
from backtest.prices.source import open_source

NOW = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
DAY = dt.date(2025, 1, 2)
PRICES = made_prices(("AAA", "BBB"))


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """A bucket with one table of each format, and two folders of one file a ticker."""
    server = S3Server()
    server.start()
    one = pl.DataFrame({"date": [DAY], "ticker": ["A"], "close": [1.0], "adj_close": [0.5]})
    own = pl.DataFrame({"date": [DAY], "close": [2.0]})
    server.put(
        "bucket",
        {
            "prices.parquet": parquet(PRICES),
            "one.parquet": parquet(one),
            "one.csv": one.write_csv().encode(),
            "each/AAA.parquet": parquet(own),
            "each/BBB.parquet": parquet(own.with_columns(close=3.0)),
            "csv/AAA.csv": own.write_csv().encode(),
            "csv/BRK.B.csv": own.write_csv().encode(),
            "both/AAA.parquet": parquet(own),
            "both/BBB.csv": own.write_csv().encode(),
            "broken.parquet": b"PAR1 but nothing else that Parquet has PAR1",
            "empty.csv": b"",
            "cut.csv": b"date,ticker,close,volume\n2025-01-02,A,754.69,\n2025-01-03,A,75",
        },
    )
    yield server
    server.stop()


@pytest.fixture
def s3(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, and the environment that leads there."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


def opened(word: str) -> PriceProvider:
    return open_source(word, cache_dir=Path("unused"), now=NOW)


@pytest.mark.parametrize("name", ["one.parquet", "one.csv"])
def test_one_table(s3: S3Server, name: str) -> None:
    source = opened(f"s3://bucket/{name}")
    assert source.key == "object_store"
    out = source.bars(["A", "B"], None, None)
    assert out.frame.select("ticker", "date", "close", "adj_close").rows() == [("A", DAY, 1.0, 0.5)]
    assert out.missing == {"B": f"not in {name}"}
    assert out.closes == {"A": Closes.BOTH}
    assert source.describe() == f"s3://bucket/{name}, 1 security to 2025-01-02"
    assert source.fingerprint() is None


@pytest.mark.parametrize(
    ("place", "tickers"),
    [
        ("each/", ["AAA", "BBB"]),
        ("each/*.parquet", ["AAA", "BBB"]),
        ("csv/*.csv", ["AAA", "BRK.B"]),
        ("csv/", ["AAA", "BRK.B"]),
        ("both/", ["AAA", "BBB"]),
    ],
)
def test_files_that_bear_the_names_of_tickers(s3: S3Server, place: str, tickers: list[str]) -> None:
    source = opened(f"s3://bucket/{place}?close=split-adjusted")
    out = source.bars(tickers, None, None)
    assert sorted(out.frame["ticker"]) == tickers
    assert set(out.closes.values()) == {Closes.SPLIT_ONLY}


def test_a_study_on_prices_in_a_bucket(s3: S3Server, cli: Command, tmp_path: Path) -> None:
    events = save(made_events(6, ("AAA", "BBB")), tmp_path / "events.csv")
    local = save(PRICES, tmp_path / "prices.parquet")
    study = ("run", "--events", events, "--format", "json", "--no-cache", "--prices")
    remote = cli(*study, "s3://bucket/prices.parquet")
    assert remote.code == 0, remote.err
    assert remote.json["provenance"]["prices"].startswith("s3://bucket/prices.parquet, 3 securiti")
    assert remote.json["provenance"]["prices"].endswith("; close: unknown")
    assert remote.json["tables"]["cars"] == cli(*study, local).json["tables"]["cars"]


def test_an_import_from_a_bucket(s3: S3Server, cli: Command) -> None:
    ran = cli("prices", "import", "s3://bucket/one.csv")
    assert ran.code == 0
    assert ran.err == "s3://bucket/one.csv: 1 row read, 1 kept, of 1 security\n"


REFUSED = {
    "no bucket": ("s3://nobody/p.parquet", "there is no bucket `nobody`"),
    "no bucket, pattern": ("s3://nobody/*.csv", "there is no bucket `nobody`"),
    "no object": ("s3://bucket/none.parquet", "there is no such file (check bucket and path)"),
    "no csv": ("s3://bucket/none.csv", "there is no such file (check bucket and path)"),
    "empty folder": ("s3://bucket/none/", "no object is there"),
}


@pytest.mark.parametrize(("place", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_is_exit_3(s3: S3Server, cli: Command, place: str, why: str) -> None:
    line = cli("run", "--prices", place).refused(3)
    assert line.startswith(f"error: {place}: could not be fetched: {why}")


def test_a_row_that_breaks_off(s3: S3Server, cli: Command) -> None:
    for command in (("prices", "import"), ("prices", "verify", "--prices")):
        line = cli(*command, "s3://bucket/cut.csv").refused(2)
        assert line.startswith("error: s3://bucket/cut.csv:3: the row breaks off: 3 of 4 values")


@pytest.mark.parametrize("lost", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_no_credentials_is_exit_3(
    s3: S3Server, cli: Command, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.delenv(lost)
    assert cli("run", "--prices", "s3://bucket/one.csv").refused(3) == (
        f"error: s3://bucket/one.csv: there are no credentials: {lost} is not set "
        "(set them in the environment, or AWS_SKIP_SIGNATURE=true for a public bucket)"
    )


def test_credentials_of_a_file_are_not_taken(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[default]\naws_access_key_id = key\naws_secret_access_key = not-a-secret\n"
    (tmp_path / "credentials").write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(DataUnavailable, match="there are no credentials"):
        opened("s3://bucket/one.csv").bars(["A"], None, None)


def test_without_a_signature_a_private_bucket_is_refused(
    s3: S3Server, cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    line = cli("run", "--prices", "s3://bucket/one.csv").refused(3)
    assert "could not be fetched: access is refused (403 Forbidden)" in line


def test_nobody_listens_is_exit_3(
    s3: S3Server, cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    line = cli("run", "--prices", "s3://bucket/one.parquet").refused(3)
    assert line.lower().startswith(
        "error: s3://bucket/one.parquet: could not be fetched: connection refused"
    )


def test_a_secret_in_the_address_is_refused_and_not_repeated(cli: Command) -> None:
    ran = cli("run", "--prices", "s3://AKIAEXAMPLE:hunter2@bucket/one.csv")
    line = ran.refused(2)
    assert line.startswith("error: s3://bucket/one.csv: a user or password does not belong")
    assert "hunter2" not in ran.err + ran.out


@pytest.mark.parametrize(
    ("name", "expected"),
    [("broken.parquet", "cannot be read"), ("empty.csv", "the file is empty")],
)
def test_objects_that_are_no_table(s3: S3Server, name: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        opened(f"s3://bucket/{name}").bars(["A"], None, None)


def test_a_url_of_another_kind(tmp_path: Path) -> None:
    frame = pl.DataFrame({"date": [DAY], "ticker": ["A"], "close": [1.0]})
    frame.write_parquet(tmp_path / "p.parquet")
    remote = opened(f"file://{tmp_path}/p.parquet")
    assert remote.bars(["A"], None, None).frame.height == 1


@pytest.mark.parametrize("place", ["s3://bucket/prices.xlsx", "s3://bucket/prices"])
def test_another_format(s3: S3Server, place: str) -> None:
    with pytest.raises(BadInput, match=r"an address ends with /, \.csv or \.parquet"):
        opened(place).bars(["A"], None, None)


def test_a_path_is_no_address() -> None:
    with pytest.raises(BadUsage, match="`somewhere` is no address"):
        opened("object_store:somewhere")


def test_an_address_that_does_not_answer() -> None:
    """Port 9 of this machine is closed; the address is told as it was typed."""
    address = "http://127.0.0.1:9/a/p.parquet"
    with pytest.raises(DataUnavailable) as error:
        opened(address).bars(["AAA"], None, None)
    (problem,) = error.value.problems
    assert str(problem).startswith(f"{address}: could not be fetched: ")
    assert "connection refused" in problem.message.lower()
    assert "retries" not in problem.message
    assert problem.hint is not None
    assert "download the file" in problem.hint
