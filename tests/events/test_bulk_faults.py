"""Tables of events: everything that can be wrong is told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from support.clocks import clocks
from support.event_tables import problems, read_parquet

from backtest.errors import BadInput
from backtest.events.bulk import read_bulk


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        "event_id,ticker,date\n"
        ",A,2025-09-10\n"
        "b, ,2025-09-10\n"
        "c,A,2025-13-45\n"
        "d,A,\n"
        "\n"
        "e,A,2025-09-10T16:05\n"
        "f,A,2025-09-10\n"
        "f,A,2025-09-11\n"
        "f,B,2025-09-11\n",
    ) == [
        "events.csv: row 1: `event_id` is empty",
        "events.csv: row 2: `ticker` is empty",
        "events.csv: row 3: `2025-13-45` is not a date (write 2025-10-06)",
        "events.csv: row 4: `date` is empty",
        "events.csv: row 6: `2025-09-10T16:05` has an hour, but `date` is the session itself "
        "(call the column `announced` to let the hour decide)",
        "events.csv: row 8: event `f` names A again, after row 7",
    ]


def test_bad_moments_are_told(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        "event_id,ticker,announced,session\n"
        "a,A,tomorrow,\n"
        "b,A,2025-09-09T25:00Z,\n"
        "c,A,2025-09-09T16:05+99:00,\n"
        "d,A,2025-09-09,lunch\n"
        "e,A,2025-03-09T02:30,\n"
        "f,A,2025-11-02T01:30[America/New_York],\n"
        "g,A,2025-11-02T01:30[America/Nowhere],\n"
        "h,A,2025-09-09T16:05-04:00[America/New_York],\n"
        "i,A, ,\n",
    ) == [
        f"events.csv: row {row}: {told}"
        for row, told in enumerate(
            [
                "`tomorrow` is not a date or time (write 2025-10-06 or 2025-10-06T07:00:00-04:00)",
                "`2025-09-09T25:00Z` is not a date or time "
                "(write 2025-10-06 or 2025-10-06T07:00:00-04:00)",
                "`2025-09-09T16:05+99:00` is not a date or time "
                "(write 2025-10-06 or 2025-10-06T07:00:00-04:00)",
                "`lunch` is no part of a day (one of pre, intraday, post, unknown)",
                "`2025-03-09T02:30` is no moment in America/New_York: unknown zone, or an hour "
                "its clock skips or repeats (give the UTC offset)",
                "`2025-11-02T01:30[America/New_York]` is no moment in America/New_York: unknown "
                "zone, or an hour its clock skips or repeats (give the UTC offset)",
                "`2025-11-02T01:30[America/Nowhere]` is no moment in America/Nowhere: unknown "
                "zone, or an hour its clock skips or repeats (give the UTC offset)",
                "`2025-09-09T16:05-04:00[America/New_York]` is not a date or time "
                "(write 2025-10-06 or 2025-10-06T07:00:00-04:00)",
                "`announced` is empty",
            ],
            start=1,
        )
    ]


def test_only_twenty_bad_rows_are_shown(tmp_path: Path) -> None:
    told = problems(
        tmp_path, "event_id,ticker,date\n" + "".join(f"e{i},A,x\n" for i in range(1234))
    )
    assert len(told) == 21
    assert told[19].startswith("events.csv: row 20: `x` is not a date")
    assert told[20] == "events.csv: 1,214 more problems in other rows, 1,234 in all"
    told = problems(tmp_path, "event_id,ticker,date\n" + "".join(f"e{i},A,x\n" for i in range(21)))
    assert told[20] == "events.csv: 1 more problem in another row, 21 in all"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "id,Ticker,when\na,A,2025-09-09\n",
            [
                "events.csv: no column `event_id`; there are: `id`, `Ticker`, `when`",
                "events.csv: no column `ticker`; there are: `id`, `Ticker`, `when` "
                "(did you mean `Ticker`?)",
                "events.csv: no column `date` (or `announced`); there are: `id`, `Ticker`, `when`",
            ],
        ),
        (
            "event_id,ticker,anounced\na,A,2025-09-09\n",
            [
                "events.csv: no column `date` (or `announced`); there are: `event_id`, `ticker`, "
                "`anounced` (did you mean `anounced`?)"
            ],
        ),
        (
            "event_id;ticker;date\na;A;2025-09-09\n",
            [
                f"events.csv: no column {name}; there are: `event_id;ticker;date` "
                "(separate the columns by commas)"
                for name in ("`event_id`", "`ticker`", "`date` (or `announced`)")
            ],
        ),
        (
            "event_id,ticker,date,announced,alternative\na,A,2025-09-09,2025-09-09,true\n",
            [
                "events.csv: has both `date` and `announced` (keep `date` if it is the reaction "
                "session itself, else `announced`)",
                "events.csv: column `alternative` is ours (rename it)",
            ],
        ),
        (
            "event_id,ticker,date,ticker\na,A,2025-09-09,B\n",
            ["events.csv: two columns are named `ticker`"],
        ),
        ("event_id,ticker,date\n", ["events.csv: holds no events"]),
        (
            "",
            ["events.csv: is not a .csv table: empty CSV (a CSV is UTF-8 text with commas)"],
        ),
    ],
)
def test_bad_columns(tmp_path: Path, text: str, told: list[str]) -> None:
    assert problems(tmp_path, text) == told


def test_bad_column_types(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"`ticker` holds List\(String\), expected text"):
        read_parquet(tmp_path, event_id=["a"], ticker=[["A"]], date=[dt.date(2025, 9, 9)])
    with pytest.raises(BadInput, match="`date` holds Int64, expected dates or times"):
        read_parquet(tmp_path, event_id=["a"], ticker=["A"], date=[20250909])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("events.csv", b"event_id,ticker,date\n\xff\xfe,A,2025-09-09\n", "is not a .csv table"),
        ("events.csv", b"event_id,ticker,date\na,A,2025-09-09,too,many\n", "is not a .csv table"),
        ("events.parquet", b"event_id,ticker,date\n", "is not a .parquet table"),
        ("events.xlsx", b"PK", "is neither a .csv nor a .parquet file"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_bulk(path, clocks)
    assert str(caught.value).startswith(f"{path}: {told}")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        read_bulk(tmp_path / "none.csv", clocks)


def test_problems_of_a_file_read_in_chunks_are_told(tmp_path: Path) -> None:
    # few bad rows in several chunks: polars 2.1 panics when it formats these as they are
    bad = {2857, 6666, 19_995}
    lines = [f"e{i},A,2025-03-0{9 if i in bad else 7}T02:30:00" for i in range(20_000)]
    told = problems(tmp_path, "event_id,ticker,announced\n" + "\n".join(lines) + "\n")
    assert [line.partition(":")[2].partition(":")[0] for line in told] == [
        " row 2858",
        " row 6667",
        " row 19996",
    ]
