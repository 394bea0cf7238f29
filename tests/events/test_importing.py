"""Tables become announcement files: all of them or none, with every bad row named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from backtest.errors import BacktestError, BadInput, BadUsage
from backtest.events import importing
from backtest.events.importing import import_table, read_announcements
from backtest.events.json_schema import SCHEMA_FILE
from backtest.events.load import load_announcements
from backtest.events.schema import Announcement

DEALS = """\
event_id,ticker,date,role,title,tags,group,value,financing,beta,size,firm,url
amd-openai,AMD,2025-10-06,counterparty,"AMD and OpenAI, 6 GW",openai;chips,big,60e9,equity_warrant,1.5,large,true,https://x.org
amd-openai,NVDA,2025-10-06,competitor,,,,,,2.1,large,true,
On Semi,ON,2025-10-11,,,,,,,0.9,small,false,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS)
    return path


def csv(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(path: Path, folder: Path) -> list[str]:
    with pytest.raises(BacktestError) as caught:
        import_table(path, folder)
    assert not folder.exists()
    return [str(problem).replace(str(path), "T") for problem in caught.value.problems]


def test_rows_of_one_event_become_its_parties(table: Path, tmp_path: Path) -> None:
    written = import_table(table, tmp_path / "events")
    assert [path.name for path in written] == ["amd-openai.yaml", "on-semi.yaml"]
    amd, semi = (item.announcement for item in load_announcements(tmp_path / "events"))
    assert [(party.ticker, party.role) for party in amd.parties] == [
        ("AMD", "counterparty"),
        ("NVDA", "competitor"),
    ]
    assert amd.title == "AMD and OpenAI, 6 GW"
    assert amd.tags == ("openai", "chips", "big")
    assert amd.deal.value == 60e9
    assert amd.deal.financing == "equity-warrant"
    assert amd.sources[0].url == "https://x.org"
    assert semi.parties[0].ticker == "ON"
    assert semi.parties[0].role == "issuer"
    assert semi.title == "ON on 2025-10-11"


def test_columns_that_vary_within_an_event_belong_to_parties(table: Path, tmp_path: Path) -> None:
    amd, semi = read_announcements(table)
    assert amd.attributes == {"size": "large", "firm": True}
    assert [party.attributes for party in amd.parties] == [{"beta": 1.5}, {"beta": 2.1}]
    assert semi.attributes == {"size": "small", "firm": False}
    assert semi.parties[0].attributes == {"beta": 0.9}


def test_a_date_is_the_reaction_session_itself(table: Path) -> None:
    amd, _ = read_announcements(table)
    assert amd.announced == dt.date(2025, 10, 6)
    assert not isinstance(amd.announced, dt.datetime)
    assert amd.session == "intraday"
    assert amd.timing


@pytest.mark.parametrize(
    ("announced", "session", "zone", "expected"),
    [
        ("2025-10-06T07:00:00-04:00", "", None, "2025-10-06T11:00:00+00:00"),
        ("2025-10-06 16:05", "", "America/New_York", "2025-10-06T20:05:00+00:00"),
        ("2025-10-06T16:05Z", "", "America/New_York", "2025-10-06T16:05:00+00:00"),
        ("2025-10-06", "post", "America/New_York", "2025-10-06"),
    ],
)
def test_announced_is_a_moment(
    tmp_path: Path, announced: str, session: str, zone: str | None, expected: str
) -> None:
    path = csv(tmp_path, "id,ticker,announced,session", f"a,AMD,{announced},{session}")
    (event,) = read_announcements(path, zone=zone)
    moment = event.announced
    in_utc = moment.astimezone(dt.UTC) if isinstance(moment, dt.datetime) else moment
    assert in_utc.isoformat() == expected
    assert event.session == (session or None)


def parquet(tmp_path: Path, **columns: Sequence[object]) -> Path:
    path = tmp_path / "table.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    moment = dt.datetime(2025, 9, 9, 16, 5)
    path = parquet(
        tmp_path,
        event_id=["orcl", "amd"],
        ticker=["ORCL", "AMD"],
        announced=pl.Series([moment, moment]).dt.replace_time_zone("America/New_York"),
        tags=[["results", "cloud"], []],
        value=[317e9, None],
        count=[3, 4],
        ratio=[0.5, float("nan")],
        day=[dt.date(2025, 1, 2), None],
        text=["007", "true"],
    )
    orcl, amd = read_announcements(path)
    assert isinstance(orcl.announced, dt.datetime)
    assert orcl.announced.astimezone(dt.UTC) == dt.datetime(2025, 9, 9, 20, 5, tzinfo=dt.UTC)
    assert orcl.tags == ("results", "cloud")
    assert orcl.deal.value == 317e9
    assert orcl.attributes["count"] == 3
    assert orcl.attributes["day"] == "2025-01-02"
    assert amd.deal.value is None
    assert "ratio" not in amd.attributes


def test_parquet_dates_stay_dates(tmp_path: Path) -> None:
    path = parquet(tmp_path, event_id=["a"], ticker=["AMD"], date=[dt.datetime(2025, 10, 6)])
    assert read_announcements(path)[0].announced == dt.date(2025, 10, 6)


def test_all_bad_rows_at_once(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "event_id,ticker,date,role,value,title",
        "good,AMD,2025-10-06,issuer,,",
        ",AMD,2025-10-06,issuer,,",
        "no-ticker,,2025-10-06,issuer,,",
        "bad-ticker,amd,2025-10-06,issuer,,",
        "bad-date,AMD,06/10/2025,issuer,,",
        "two,AMD,2025-10-06,issuer,,",
        "two,NVDA,2025-10-07,issuer,,",
        "Two,ORCL,2025-10-07,issuer,,",
        "twice,AMD,2025-10-06,issuer,,",
        "twice,AMD,2025-10-06,issuer,,",
        "minus,AMD,2025-10-06,issuer,-1,",
        "words,AMD,2025-10-06,issuer,lots,x",
        "no-date,AMD,,issuer,,",
    )
    told = refused(path, tmp_path / "events")
    assert [line.split(": ")[1] for line in told] == [
        "row 2, event_id",
        "row 3, ticker",
        "row 4, ticker",
        "row 5, announced",
        "row 7, date",
        "row 8, event_id",
        "row 10, ticker",
        "row 11, value",
        "row 12, title",
        "row 12, value",
        "row 13, announced",
    ]
    assert told[0] == "T:3: row 2, event_id: names no event"
    assert "write AMD" in told[2]
    assert "`2025-10-07`, but `2025-10-06` in an earlier row of two" in told[4]
    assert "would both be called two" in told[5]
    assert "AMD is a party already" in told[6]


def test_line_numbers_count_quoted_line_breaks(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,ticker,date,notes", 'a,AMD,2025-10-06,"x\ny"', "b,amd,2025-10-06,")
    assert refused(path, tmp_path / "events")[0].startswith("T:4: row 2, ticker")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["event,ticker,date", "a,AMD,2025-10-06"], "no column `event_id` or `id`"),
        (["event_id,symbol,date", "a,AMD,2025-10-06"], "no column `ticker`"),
        (["event_id,ticker,day", "a,AMD,2025-10-06"], "no column `date` or `announced`"),
        (["id,ticker,date,announced", "a,AMD,2025-10-06,2025-10-06"], "has both `date` and"),
        (["id,ticker,date,date", "a,AMD,2025-10-06,x"], "several columns are named date"),
        (["id,ticker,date", "a,AMD,2025-10-06,x"], "row 1 has 4 cells, the header 3"),
        (["id,ticker,date"], "the table holds no rows"),
        ([""], "the table holds no rows"),
        (["id,ticker,date", 'a,"AMD'], "is not a CSV table"),
    ],
)
def test_tables_that_cannot_be_meant(tmp_path: Path, lines: list[str], message: str) -> None:
    assert message in refused(csv(tmp_path, *lines), tmp_path / "events")[0]


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    assert "cannot be read" in refused(tmp_path / "none.csv", folder)[0]
    assert "neither a .csv nor a .parquet" in refused(tmp_path / "x.xlsx", folder)[0]
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 not really")
    assert "is not a Parquet table" in refused(bad, folder)[0]
    latin = tmp_path / "latin.csv"
    latin.write_bytes("id,ticker,date,title\na,AMD,2025-10-06,caf\xe9\n".encode("latin-1"))
    assert "T:2:21: byte 0xe9" in refused(latin, folder)[0]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbfid,ticker,date\r\na,AMD,2025-10-06\r\n")
    assert read_announcements(path)[0].id == "a"


def test_existing_files_and_ids_are_kept(table: Path, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "mine.yaml").write_text(
        "id: on-semi\ntitle: Mine\nannounced: 2025-10-06\nparties: [{name: X, role: y}]\n"
    )
    with pytest.raises(BadUsage, match="`on-semi` is the id of"):
        import_table(table, folder)
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_takes_everything_back(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    real = importing.write_checked

    def failing(path: Path, text: str) -> None:
        if path.name == "on-semi.yaml":
            raise error
        real(path, text)

    monkeypatch.setattr(importing, "write_checked", failing)
    with pytest.raises(type(error)):
        import_table(table, tmp_path / "events")
    assert [path.name for path in (tmp_path / "events").iterdir()] == [SCHEMA_FILE]


def test_what_is_imported_is_what_is_loaded(table: Path, tmp_path: Path) -> None:
    read: list[Announcement] = read_announcements(table)
    import_table(table, tmp_path / "events")
    assert [item.announcement for item in load_announcements(tmp_path / "events")] == read


def test_bad_input_exits_with_two() -> None:
    assert BadInput.exit_code == BadUsage.exit_code == 2
