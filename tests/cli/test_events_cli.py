"""`backtest events`: what it prints where, what it writes, and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.events_cli import ADD, run

from backtest.cli import _event_views
from backtest.cli.events import COMMAND
from backtest.errors import BacktestError, BadInput, BadUsage
from backtest.events.exchanges import EXCHANGES
from backtest.events.json_schema import SCHEMA_FILE
from backtest.events.load import load_announcements

pytestmark = pytest.mark.usefixtures("here")

SHIPPED = Path(__file__).parents[2] / "events"
AMD = "2025-10-06-amd-openai-6gw-warrant"


def document(result: Result, table: str) -> list[dict[str, Any]]:
    parsed = json.loads(result.stdout)
    assert sorted(parsed) == ["provenance", "schema_version", "spec", "tables", "warnings"]
    return list(parsed["tables"][table])


def test_list_prints_a_line_each_to_stdout(here: Path) -> None:
    result = run("list", "--events", str(SHIPPED))
    header, *lines = result.stdout.splitlines()
    assert header.split() == ["announced", "id", "title", "tickers"]
    assert len(lines) == 44
    amd = next(line for line in lines if AMD in line)
    assert amd.startswith("2025-10-06 pre ")
    assert "AMD NVDA AVGO" in amd
    assert result.stderr == ""
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("columns", [40, 80, 100, 160])
def test_list_fits_the_terminal(columns: int) -> None:
    items = load_announcements(SHIPPED)
    lines = list(_event_views.listing(items, columns))
    assert max(map(len, lines)) <= columns
    assert sum(AMD[: columns - 25] in line for line in lines) == 1


@pytest.mark.parametrize("columns", [40, 100])
def test_the_width_asked_for_holds_in_a_pipe(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run("list", "--events", str(SHIPPED)).stdout.splitlines()
    assert columns - 10 < max(map(len, lines)) <= columns
    title = run("show", AMD, "--events", str(SHIPPED)).stdout.splitlines()[1]
    assert columns - 20 < len(title) <= columns


@pytest.mark.parametrize("columns", ["", "0", "wide", None])
def test_a_pipe_without_a_width_is_not_cut(
    columns: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
    assert "…" not in run("list", "--events", str(SHIPPED)).stdout


def test_list_filters(here: Path) -> None:
    arguments = (
        "--tag",
        "chips",
        "--ticker",
        "amd",
        "--since",
        "2025-10-01",
        "--until",
        "2025-10-31",
    )
    rows = document(
        run("list", "--events", str(SHIPPED), *arguments, "--format", "json"), "announcements"
    )
    assert AMD in [row["event_id"] for row in rows]
    for row in rows:
        assert "chips" in row["tags"]
        assert "AMD" in row["tickers"]
        assert "2025-10-01" <= row["announced"][:10] <= "2025-10-31"


def test_list_by_role_and_text() -> None:
    arguments = (
        "--role",
        "competitor",
        "--ticker",
        "NVDA",
        "--text",
        "one cent",
        "--format",
        "json",
    )
    rows = document(run("list", "--events", str(SHIPPED), *arguments), "announcements")
    assert [row["event_id"] for row in rows] == [AMD]


def test_nothing_found_is_said_on_stderr() -> None:
    result = run("list", "--events", str(SHIPPED), "--tag", "cips")
    assert result.stdout == ""
    assert "did you mean `chips`?" in result.stderr
    result = run("list", "--events", str(SHIPPED), "--until", "1999-01-01", "--format", "json")
    assert document(result, "announcements") == []
    assert result.stderr == "no announcement matches\n"


def test_the_calendar_here_comes_before_the_shipped_one(here: Path) -> None:
    assert AMD in run("list").stdout
    run(*ADD, "--id", "mine")
    assert [line.split()[2] for line in run("list").stdout.splitlines()[1:]] == ["mine"]


def test_show_tells_everything_and_the_session(here: Path) -> None:
    shown = run("show", AMD, "--events", str(SHIPPED)).stdout
    for part in (
        "announced    2025-10-06 pre",
        "before the",
        "→ reacts Mon 6 Oct 2025",
        "AMD              counterparty",
        "financing: equity-warrant, definitive",
        "market value rose by nearly $70 billion in one day",
        "AMD market_cap_change 70 bn (close, on day 0), tolerance 5.0%",
        "AMD return +23.71% (close, on day 0)",
        "2025-10-07 report on thin margins of Oracle's chip rental (ORCL, NVDA)",
        f"{AMD}.yaml:2",
    ):
        assert part in shown
    assert max(map(len, shown.splitlines())) <= 140
    assert list(here.iterdir()) == []


def test_show_tells_both_candidates_of_an_unknown_hour(here: Path) -> None:
    run(*ADD[:2], "--announced=2025-10-10", *ADD[3:], "--id", "friday")
    shown = " ".join(run("show", "friday").stdout.split())
    assert "hour unknown → reacts Fri 10 Oct 2025, also studied at Mon 13 Oct 2025" in shown


def test_show_after_the_close_abroad_and_without_a_session(here: Path) -> None:
    run(
        "add", "--title=Results", "--announced=2025-09-09T16:05:00-04:00", "--party=ORCL:issuer",
        "--party=9984.T:investor", "--party=X.NOWHERE:peer", "--id=orcl",
    )  # fmt: skip
    shown = " ".join(run("show", "orcl").stdout.split())
    assert (
        "ORCL: announced Tue 9 Sep 2025 16:05 ET, after the close → reacts Wed 10 Sep 2025" in shown
    )
    assert "9984.T: announced Wed 10 Sep 2025 05:05 JST, before the open → reacts Wed 10" in shown
    assert "`X.NOWHERE` ends in `.NOWHERE`" in shown


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--value=5e9", "--years=1"], "deal         5 bn USD over 1 year\n"),
        (["--value=5e9", "--years=1.5"], "deal         5 bn USD over 1.5 years\n"),
        (["--years=1"], "deal         1 year\n"),
    ],
)
def test_show_counts_years(flags: list[str], told: str) -> None:
    run(*ADD, *flags, "--id=deal")
    assert told in run("show", "deal").stdout


def test_show_as_yaml_can_be_loaded(tmp_path: Path) -> None:
    for selection, count in ((AMD, 1), ("tag:chips", 2)):
        text = run("show", selection, "--events", str(SHIPPED), "--format", "yaml").stdout
        path = tmp_path / "copy.yaml"
        path.write_text(text)
        copies = [item.announcement for item in load_announcements(path)]
        assert len(copies) >= count
        originals = {item.id: item.announcement for item in load_announcements(SHIPPED)}
        assert all(copy == originals[copy.id] for copy in copies)


def test_show_as_json() -> None:
    result = run("show", AMD, "--events", str(SHIPPED), "--format", "json")
    (row,) = document(result, "announcements")
    assert row["id"] == AMD
    assert row["announced"] == "2025-10-06"
    assert row["parties"][0] == {
        "ticker": "AMD", "role": "counterparty", "note": "supplier and issuer of the warrant",
    }  # fmt: skip


def test_show_of_something_unknown() -> None:
    with pytest.raises(BadUsage, match="did you mean"):
        run("show", AMD.replace("amd", "adm"), "--events", str(SHIPPED))


def test_schema_is_the_committed_one() -> None:
    assert run("schema").stdout == (SHIPPED / SCHEMA_FILE).read_text(encoding="utf-8")


def test_import_writes_files_and_says_where(here: Path) -> None:
    (here / "deals.csv").write_text("event_id,ticker,date\na,AMD,2025-10-06\na,NVDA,2025-10-06\n")
    result = run("import", "deals.csv", "--role", "peer", "--events", "mine")
    assert result.stdout == "mine/a.yaml\n"
    assert result.stderr == "1 announcement written to mine\n"
    event = load_announcements(here / "mine")[0].announcement
    assert [(party.ticker, party.role) for party in event.parties] == [
        ("AMD", "peer"),
        ("NVDA", "peer"),
    ]


def test_exchanges_lists_what_the_messages_do_not() -> None:
    header, *lines = run("exchanges").stdout.splitlines()
    assert header.split() == ["suffixes", "codes", "currency", "time", "zone"]
    assert len(lines) == len(EXCHANGES)
    assert lines[0].split()[:3] == ["(none)", "XNYS", "XNAS"]
    assert any(line.split()[:2] == [".T", "XTKS"] for line in lines)


def test_import_of_bad_rows_writes_nothing(here: Path) -> None:
    (here / "deals.csv").write_text("event_id,ticker,date\na,amd,2025-10-06\nb,AMD,soon\n")
    with pytest.raises(BadInput) as caught:
        run("import", "deals.csv")
    assert [problem.field for problem in caught.value.problems] == [
        "row 1, ticker",
        "row 2, announced",
    ]
    assert not (here / "events").exists()


def test_check_finds_and_returns_one(here: Path) -> None:
    run(*ADD, "--source-title=x", "--source-publisher=y")
    run(*ADD, "--id=again", "--source-title=x", "--source-publisher=y")
    result = run("check")
    assert result.return_value == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith(
        "warning[overlapping-windows]: events/again.yaml:2:1:"
    ) or line.startswith("warning[overlapping-windows]: events/2025-10-06-amd-openai.yaml:2:1:")
    assert result.stderr == "2 announcements, 1 warning, 0 notes\n"
    quiet = run("check", "--ignore", "overlapping-windows")
    assert quiet.return_value == 0
    assert quiet.stdout == ""


def test_check_knows_the_shipped_prices(here: Path) -> None:
    run(*ADD[:3], "--party=AMD:issuer", "--party=ZZZZ:peer", "--source-title=x", "--source-url=y")
    rows = document(run("check", "--format", "json"), "findings")
    assert [(row["code"], row["severity"], row["field"]) for row in rows] == [
        ("unknown-ticker", "warning", "parties[1].ticker")
    ]
    assert "ZZZZ" in rows[0]["message"]


def test_a_note_is_no_failure(here: Path) -> None:
    arguments = ("--announced=2025-10-05", "--session=pre", "--party=AMD:x", "--source-url=y")
    run("add", "--title=On a Sunday", *arguments)
    result = run("check")
    assert result.return_value == 0
    assert result.stdout.startswith("note[no-session-that-day]: events/")


def test_check_of_a_broken_file_is_bad_input(here: Path) -> None:
    run(*ADD)
    (here / "events" / "bad.yaml").write_text("titel: x\n")
    with pytest.raises(BadInput, match="did you mean `title`"):
        run("check")


def test_check_refuses_a_window_that_is_none(here: Path) -> None:
    run(*ADD)
    with pytest.raises(BadUsage, match="is not a window"):
        run("check", "--window", "ten")


@pytest.mark.parametrize(
    "command", ["list", "show", "check", "add", "schema", "exchanges", "import"]
)
def test_help_has_an_example(command: str) -> None:
    shown = CliRunner().invoke(COMMAND, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: backtest events {command}" in " ".join(shown.output.split())


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_no_calendar_exits_with_two(here: Path, path: str) -> None:
    (here / "empty").mkdir()
    with pytest.raises(BacktestError) as caught:
        run("list", "--events", path)
    assert caught.value.exit_code == 2


def test_list_stays_light() -> None:
    code = (
        "import sys; from backtest.cli.events import COMMAND;"
        f"COMMAND(['list', '--events', {str(SHIPPED)!r}], standalone_mode=False);"
        "heavy = 'polars numpy pandas pyarrow yfinance rich exchange_calendars'.split();"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
