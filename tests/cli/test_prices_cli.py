"""`backtest prices`, in-process, against a server on this machine."""

import datetime as dt
import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from yahoo_server import TOO_MANY, Security, YahooServer

from backtest.cli._app import invoke


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[YahooServer]:
    """Yahoo with ORCL, AMD and SPY, a cache folder of our own, and no waiting."""
    server = YahooServer()
    days = [dt.date(2025, 9, 1) + dt.timedelta(days=n) for n in range(5)]
    for ticker in ("ORCL", "AMD", "SPY"):
        closes: list[float | None] = [100.0, 101.0, 102.0, 103.0, 104.0]
        server.securities[ticker] = Security(days, closes)
    server.start()
    monkeypatch.setenv("BACKTEST_YAHOO_URL", server.url)
    monkeypatch.setenv("BACKTEST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    yield server
    server.stop()


Output = pytest.CaptureFixture[str]


def test_pull_status_verify(yahoo: YahooServer, capsys: Output) -> None:
    assert invoke(["prices", "pull", "orcl", "AMD"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "ORCL       new        2025-09-01 to 2025-09-05  5 sessions",
        "AMD        new        2025-09-01 to 2025-09-05  5 sessions",
    ]
    assert err == ""
    assert invoke(["prices", "status", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["ticker"] for row in document["prices"]] == ["AMD", "ORCL"]
    assert document["prices"][1]["last"] == "2025-09-05"
    assert document["prices"][1]["currency"] == "USD"
    assert invoke(["prices", "status"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == [
        "ticker", "first", "last", "rows", "currency", "closes", "provider", "retrieved_at",
    ]  # fmt: skip
    assert "shipped snapshot, 12 securities to 2026-05-29" in err
    assert invoke(["prices", "verify", "--check", "damaged,order,currency"]) == 0
    assert capsys.readouterr().err == "2 securities, 10 rows checked: nothing found\n"
    # What is pulled should reach to the last finished session, and this is long over.
    assert invoke(["prices", "verify", "--check", "stale"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in out if line.startswith("stale")] == [
        ["stale", ticker, "2025-09-05"] for ticker in ("AMD", "ORCL")
    ]


def test_without_tickers_what_is_stored_is_pulled(yahoo: YahooServer, capsys: Output) -> None:
    assert invoke(["prices", "pull"]) == 2
    assert "name tickers, or --events" in capsys.readouterr().err
    assert invoke(["prices", "pull", "ORCL"]) == 0
    capsys.readouterr()
    assert invoke(["prices", "pull"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["ORCL", "skipped"]


def test_events_name_the_tickers(yahoo: YahooServer, tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "events.csv"
    table.write_text("event_id,ticker,date\nA1,AMD,2025-09-03\nA2,AMD,2025-09-04\n")
    assert invoke(["prices", "pull", "--events", str(table)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["AMD", "SPY"]
    announcement = tmp_path / "one.yaml"
    announcement.write_text(
        "id: one\ntitle: Oracle says something\nannounced: 2025-09-03\n"
        "parties: [{ticker: ORCL, role: issuer}, {name: Nobody, role: partner}]\n"
    )
    assert invoke(["prices", "pull", "--events", str(announcement)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["ORCL", "SPY"]


def test_since(yahoo: YahooServer, capsys: Output) -> None:
    assert invoke(["prices", "pull", "ORCL", "--since", "2025-09-03"]) == 0
    assert "2025-09-03 to 2025-09-05  3 sessions" in capsys.readouterr().out
    assert invoke(["prices", "pull", "ORCL", "--since", "soon"]) == 2
    assert invoke(["prices", "pull", "ORCL", "--rate", "0"]) == 2


def test_a_missing_ticker_is_exit_3(yahoo: YahooServer, capsys: Output) -> None:
    assert invoke(["prices", "pull", "DEAD", "ORCL"]) == 3
    out, err = capsys.readouterr()
    assert "ORCL" in out
    assert "missing: DEAD: Yahoo Finance has nothing for it" in err


def test_a_rate_limit_is_exit_4_and_the_next_pull_goes_on(
    yahoo: YahooServer, capsys: Output
) -> None:
    yahoo.faults_for_good["chart ORCL"] = TOO_MANY
    assert invoke(["prices", "pull", "AMD", "ORCL", "SPY"]) == 4
    out, err = capsys.readouterr()
    assert out.split()[0] == "AMD"
    assert "Yahoo Finance asks us to slow down; 1 of 3 securities are saved" in err
    assert "try again in an hour" in err
    yahoo.faults_for_good.clear()
    yahoo.requests.clear()
    assert invoke(["prices", "pull", "AMD", "ORCL", "SPY"]) == 0
    assert [path.split("/")[-1] for path, _ in yahoo.requests if "chart" in path] == ["ORCL", "SPY"]


def test_no_connection_is_exit_3(yahoo: YahooServer, capsys: Output) -> None:
    yahoo.stop()
    assert invoke(["prices", "pull", "ORCL"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: Yahoo Finance cannot be reached (")
    assert "0 of 1 securities are saved" in err


def test_ctrl_c_is_exit_130(
    yahoo: YahooServer, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    from backtest.prices.providers.yahoo import Yahoo

    real = Yahoo.bars

    def interrupted(self: Yahoo, tickers: list[str], *rest: dt.date | None) -> object:
        if "ORCL" in tickers:
            raise KeyboardInterrupt
        return real(self, tickers, *rest)

    monkeypatch.setattr(Yahoo, "bars", interrupted)
    assert invoke(["prices", "pull", "AMD", "ORCL"]) == 130
    capsys.readouterr()
    assert invoke(["prices", "status", "--format", "json"]) == 0
    assert [r["ticker"] for r in json.loads(capsys.readouterr().out)["prices"]] == ["AMD"]


@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [(errno.ENOSPC, 3, "the disk is full"), (errno.EROFS, 2, "cannot be written to")],
)
def test_a_cache_that_takes_nothing(
    yahoo: YahooServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    number: int,
    code: int,
    expected: str,
) -> None:
    assert invoke(["prices", "pull", "AMD"]) == 0

    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert invoke(["prices", "pull", "ORCL"]) == code
    err = capsys.readouterr().err
    assert expected in err
    assert "--cache" in err
    assert invoke(["prices", "verify", "--check", "damaged"]) == 0
    assert capsys.readouterr().err == "1 security, 5 rows checked: nothing found\n"


def test_a_damaged_file_is_exit_1_and_pulled_anew(
    yahoo: YahooServer, tmp_path: Path, capsys: Output
) -> None:
    assert invoke(["prices", "pull", "ORCL"]) == 0
    (table,) = (tmp_path / "cache" / "prices").glob("ORCL.bars.*")
    table.write_bytes(b"")
    capsys.readouterr()
    assert invoke(["prices", "verify", "--check", "damaged"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[:3] == ["damaged", "ORCL", "-"]
    assert "is not what was written" in out
    assert "fetches a damaged one anew" in err
    assert invoke(["prices", "pull", "ORCL"]) == 0
    assert "its stored file was damaged" in capsys.readouterr().err
    assert invoke(["prices", "verify", "--check", "damaged"]) == 0


def test_another_cache_folder(yahoo: YahooServer, tmp_path: Path, capsys: Output) -> None:
    there = tmp_path / "there"
    assert invoke(["prices", "pull", "ORCL", "--cache", str(there)]) == 0
    assert (there / "prices" / "ORCL.json").is_file()
    capsys.readouterr()
    assert invoke(["prices", "status"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing is stored" in err


def test_import(yahoo: YahooServer, tmp_path: Path, capsys: Output) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("date,ticker,close\n2025-09-01,MINE,1\n2025-09-02,MINE,0\n")
    assert invoke(["prices", "import", str(table)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[:4] == ["MINE", "2025-09-01", "2025-09-01", "2"]
    assert err.splitlines()[0] == f"{table}: 2 rows read, 2 kept, of 1 security"
    assert err.splitlines()[1].startswith("note: 1 price is zero, negative")
    assert invoke(["prices", "import", str(table)]) == 2
    assert "already: MINE" in capsys.readouterr().err
    assert invoke(["prices", "import", str(table), "--replace"]) == 0


def test_progress_goes_to_a_terminal_only(
    yahoo: YahooServer, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert invoke(["prices", "pull", "ORCL"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("ORCL       new ")
    assert "pulling" in err


def test_what_cannot_be_a_ticker_is_exit_2(yahoo: YahooServer, capsys: Output) -> None:
    assert invoke(["prices", "pull", "ORCL", "../x", "US68389X1054"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: tickers: `../x`: not a ticker as Yahoo writes it (ORCL, 9984.T, ^GSPC)",
        "error: tickers: `US68389X1054`: this is an ISIN; Yahoo Finance is asked by ticker",
    ]
    assert yahoo.requests == []


def test_import_with_share_counts(tmp_path: Path, capsys: Output) -> None:
    from backtest.prices.store import price_store

    table, counts = tmp_path / "mine.csv", tmp_path / "counts.csv"
    table.write_text("date,ticker,close\n2025-09-01,MINE,1\n2025-09-01,YOURS,1\n")
    counts.write_text("Ticker,Known from,Shares\nMINE,2025-08-01,2e9\nOTHER,2025-08-01,3\n")
    cache = tmp_path / "there"
    arguments = ["prices", "import", str(table), "--shares", str(counts), "--cache", str(cache)]
    assert invoke(arguments) == 0
    held = price_store(cache).read("MINE")
    assert held is not None
    assert held.shares.rows() == [("MINE", dt.date(2025, 8, 1), 2e9)]
    other = price_store(cache).read("YOURS")
    assert other is not None
    assert other.shares.is_empty()
    counts.write_text("ticker,known_from,shares\nMINE,soon,1\nMINE,2025-08-01,many\n")
    capsys.readouterr()
    assert invoke([*arguments, "--replace"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"error: {counts}:2: known_from: `soon` is not a date (write it as 2025-08-01)",
        f"error: {counts}:3: shares: `many` is no count (write it as 2808000000)",
    ]


def test_the_settings_say_how_fast_and_by_which_benchmark(
    yahoo: YahooServer, tmp_path: Path, capsys: Output
) -> None:
    """The benchmark of one's studies is what is pulled beside their events."""
    (tmp_path / "backtest.toml").write_text(
        '[study]\nbenchmark = "AMD"\nevents = "none"\n[prices]\nrate = 50\n'
    )
    table = tmp_path / "events.csv"
    table.write_text("event_id,ticker,date\nA1,ORCL,2025-09-03\n")
    assert invoke(["prices", "pull", "--events", str(table)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["ORCL", "AMD"]
    (tmp_path / "backtest.toml").write_text("[prices]\nrate = 0\n")
    assert invoke(["prices", "pull", "SPY"]) == 2
    assert "backtest.toml:2:8: prices.rate: the number `0`" in capsys.readouterr().err


def test_status_shows_what_was_revised(
    yahoo: YahooServer, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    assert invoke(["prices", "pull", "ORCL", "AMD"]) == 0
    assert invoke(["prices", "status"]) == 0
    assert "revised" not in capsys.readouterr().out
    monkeypatch.setattr("backtest.prices.pull.JUST_NOW", dt.timedelta(0))
    yahoo.securities["ORCL"].closes[3] = 103.5
    assert invoke(["prices", "pull", "ORCL", "AMD"]) == 0
    assert "ORCL       revised" in capsys.readouterr().out
    assert invoke(["prices", "status"]) == 0
    (line,) = (one for one in capsys.readouterr().out.splitlines() if "revised" in one)
    assert line.startswith("ORCL: version of 20")
    assert line.endswith(": close of 2025-09-04 was 103, is 103.5; 1 of 5 sessions differ")
    assert invoke(["prices", "status", "--format", "json"]) == 0
    amd, orcl = json.loads(capsys.readouterr().out)["prices"]
    assert amd["revisions"] == []
    assert orcl["revisions"][0]["why"].startswith("close of 2025-09-04 was 103, is 103.5")
    assert orcl["revisions"][0]["rows"] == 5
