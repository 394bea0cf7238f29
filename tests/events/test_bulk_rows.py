"""Tables of events: rows kept as text, and those left out with a reason."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
from support.clocks import clocks
from support.event_tables import read_csv, read_parquet, sessions

from backtest.contracts import EXCLUDED
from backtest.errors import DataUnavailable
from backtest.events.bulk import read_bulk
from backtest.events.exchanges import Exchange
from backtest.events.sessions import SessionClock


def test_text_stays_text(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path,
        "event_id,ticker,date,group,sic,share,flag,note,nothing\n"
        "007,TRUE,2025-09-10,1,0100,0.10,true,NA,\n"
        "1e3, NA ,2025-09-10,02,7372,-1e-3,FALSE,3,\n"
        "12,NAN,2025-09-10,3,2834,,,x,\n",
    )
    frame = events.frame
    assert frame["event_id"].to_list() == ["007", "1e3", "12"]
    assert frame["ticker"].to_list() == ["TRUE", "NA", "NAN"]
    assert frame["group"].to_list() == ["1", "02", "3"]
    assert frame["sic"].to_list() == ["0100", "7372", "2834"]
    assert frame["share"].to_list() == [0.1, -0.001, None]
    assert frame["flag"].to_list() == [True, False, None]
    assert frame["note"].to_list() == ["NA", "3", "x"]
    assert frame["nothing"].to_list() == [None, None, None]


def test_parquet_types_are_kept_but_for_the_keys(tmp_path: Path) -> None:
    events = read_parquet(
        tmp_path,
        event_id=[7, 8],
        ticker=pl.Series(["A", "B"], dtype=pl.Categorical),
        date=[dt.datetime(2025, 9, 10), dt.datetime(2025, 9, 11)],
        group=[1, None],
        tags=[["x"], []],
    )
    assert events.frame.schema == {
        "event_id": pl.String,
        "ticker": pl.String,
        "session": pl.Date,
        "alternative": pl.Boolean,
        "group": pl.String,
        "tags": pl.List(pl.String),
    }
    assert events.frame["event_id"].to_list() == ["7", "8"]
    assert events.frame["group"].to_list() == ["1", None]


def test_what_lies_outside_is_excluded_with_the_reason(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path,
        "event_id,ticker,date\n"
        "late,A,2031-01-02\n"
        "kept,A,2025-09-10\n"
        "class,BRK.B,2025-09-10\n"
        "early,A.T,1999-01-04\n",
    )
    assert sessions(events) == [("kept", "A", "2025-09-10", False)]
    assert events.excluded.rows() == [
        ("late", "A", "sessions", "date after 2026-12-31, the last session known of XNYS"),
        (
            "class",
            "BRK.B",
            "sessions",
            "`BRK.B` ends in `.B`, which is no exchange suffix we know "
            "(Yahoo writes a US share class with a hyphen: BRK-B)",
        ),
        ("early", "A.T", "sessions", "date before 2023-01-04, the first session known of XTKS"),
    ]
    assert EXCLUDED.check(events.excluded).height == 3


def test_second_candidate_outside_excludes_the_event(tmp_path: Path) -> None:
    events = read_csv(
        tmp_path, "event_id,ticker,announced,session\na,A,2026-12-31,\nb,A,2026-12-31,pre\n"
    )
    assert sessions(events) == [("b", "A", "2026-12-31", False)]
    assert events.excluded["reason"].to_list() == [
        "announced after 2026-12-31, the last session known of XNYS"
    ]


def test_exchange_without_calendar_excludes_its_events(tmp_path: Path) -> None:
    def no_athens(exchange: Exchange) -> SessionClock:
        if exchange.mic == "ASEX":
            raise DataUnavailable.because("no-sessions", "no sessions today", hint="wait")
        return clocks(exchange)

    path = tmp_path / "events.csv"
    path.write_text("event_id,ticker,date\na,OPAP.AT,2025-09-10\nb,A,2025-09-10\n")
    events = read_bulk(path, no_athens)
    assert sessions(events) == [("b", "A", "2025-09-10", False)]
    assert events.excluded.rows() == [("a", "OPAP.AT", "sessions", "no sessions today (wait)")]


def test_all_events_excluded_leaves_an_empty_frame(tmp_path: Path) -> None:
    events = read_csv(tmp_path, "event_id,ticker,date,x\na,A,1901-01-02,1\n")
    assert events.frame.height == 0
    assert events.frame.columns == ["event_id", "ticker", "session", "alternative", "group", "x"]
    assert events.excluded.height == 1


def test_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(
        b"\xef\xbb\xbfevent_id,ticker,date\r\na,A,2025-09-09\r\n\r\nb,B,2025-09-09\r\n\r\n"
    )
    assert [row[:2] for row in sessions(read_bulk(path, clocks))] == [("a", "A"), ("b", "B")]


def test_each_exchange_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def counting(exchange: Exchange) -> SessionClock:
        asked.append(exchange.mic)
        return clocks(exchange)

    path = tmp_path / "events.parquet"
    tickers = ["A", "B.T", "BF-B", "C.T", "^GSPC", "D.L"] * 50
    pl.DataFrame(
        {"event_id": [str(i) for i in range(300)], "ticker": tickers, "date": ["2025-09-09"] * 300}
    ).write_parquet(path)
    assert read_bulk(path, counting).frame.height == 300
    assert sorted(asked) == ["XLON", "XNYS", "XTKS"]


def test_tickers_not_in_capitals_are_told(tmp_path: Path) -> None:
    rows = ["amd", "NVDA", "brk-b", "amd", "Acme Corp", "sap.de", "Orcl", "msft", "spy", "^gspc"]
    text = "".join(f"e{i},{ticker},2025-09-10\n" for i, ticker in enumerate(rows))
    assert read_csv(tmp_path, f"event_id,ticker,date\n{text}").notes == (
        "tickers not in capitals, looked up as written: `amd` (did you mean `AMD`?), `brk-b` "
        "(did you mean `BRK-B`?), `Orcl` (did you mean `ORCL`?) and 3 more",
    )
