"""`backtest events add`: flags, questions, what is written and what is told."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from support.events_cli import ADD, run

from backtest.cli import _event_ask
from backtest.errors import BadInput, BadUsage
from backtest.events.json_schema import SCHEMA_FILE, json_schema_text
from backtest.events.load import load_announcements

pytestmark = pytest.mark.usefixtures("here")


def test_add_writes_what_the_flags_say(here: Path) -> None:
    result = run(
        *ADD,
        "--value=60e9",
        "--currency=USD",
        "--years=5",
        "--financing=equity-warrant",
        "--tag=openai",
        "--tag=chips",
        "--claim=AMD market_cap_change 70e9: rose by nearly $70 billion in one day",
        "--claim=AMD return 36% intraday_high at_least -1:1: soared 36 %: a record",
        "--claim=AMD return 0.2371: closed 23.7 % higher",
        "--source-title=AMD jumps",
        "--source-publisher=A paper",
        "--source-date=2025-10-06",
        "--source-url=https://example.org/amd",
    )
    path = here / "events" / "2025-10-06-amd-openai.yaml"
    assert result.stdout == "events/2025-10-06-amd-openai.yaml\n"
    assert "backtest events show" in result.stderr
    event = load_announcements(path)[0].announcement
    assert [(party.ticker, party.name, party.role) for party in event.parties] == [
        ("AMD", None, "counterparty"),
        (None, "OpenAI", "customer"),
    ]
    assert (event.deal.value, event.deal.years, event.deal.financing) == (60e9, 5, "equity-warrant")
    assert event.tags == ("openai", "chips")
    assert [
        (claim.id, claim.quantity, claim.value, claim.basis, claim.comparison, claim.window)
        for claim in event.claims
    ] == [
        ("amd-market-cap-change", "market_cap_change", 70e9, "close", "about", (0, 0)),
        ("amd-return", "return", 0.36, "intraday_high", "at_least", (-1, 1)),
        ("amd-return-2", "return", 0.2371, "close", "about", (0, 0)),
    ]
    assert event.claims[1].says == "soared 36 %: a record"
    assert event.sources == (event.claims[0].source,)
    assert (here / "events" / SCHEMA_FILE).read_text() == json_schema_text()


def test_add_names_all_missing_flags(here: Path) -> None:
    with pytest.raises(BadUsage) as caught:
        run("add")
    (problem,) = caught.value.problems
    assert problem.message == "missing: --title, --announced, --party"
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        (["--party=AMD", "--party=:x"], ["--party", "--party"]),
        (["--claim=AMD return 3%: up"], ["--claim"]),
        (["--source-title=x", "--claim=AMD retrun 3%: up"], ["--claim", "--claim"]),
        (["--source-title=x", "--claim=AMD return up"], ["--claim", "--claim"]),
        (["--announced=yesterday", "--value=-1"], ["--announced", "--value"]),
        (["--session=pre"], ["--session"]),
        (["--id=Not A Slug", "--currency=usd"], ["--id", "--currency"]),
        (["--source-url=x", "--source-date=soon"], ["--source-date"]),
        (["--source-title=x", "--claim=NVDA return 3%: up"], ["--claim"]),
        (["--party=amd.:x"], []),
    ],
)
def test_add_tells_all_that_is_wrong(here: Path, flags: list[str], fields: list[str]) -> None:
    if not fields:
        run(*ADD, *flags)
        return
    with pytest.raises(BadUsage) as caught:
        run(*ADD, *flags)
    assert [problem.field for problem in caught.value.problems] == fields
    assert caught.value.exit_code == 2
    assert list(here.iterdir()) == []


def test_add_never_overwrites(here: Path) -> None:
    run(*ADD)
    path = here / "events" / "2025-10-06-amd-openai.yaml"
    path.write_text(f"# my comment\n{path.read_text()}")
    before = path.read_text()
    with pytest.raises(BadUsage, match="the file exists"):
        run(*ADD)
    with pytest.raises(BadUsage, match="the file exists"):
        run(*ADD, "--title=Another title")
    run(*ADD, "--id=another")
    assert path.read_text() == before


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_event_ask, "on_terminal", lambda: True)


def test_add_asks_on_a_terminal(here: Path, terminal: None) -> None:
    keys = "Oracle results\n2025-09-09\npost\nORCL:issuer, NVDA:supplier\n\n"
    result = run("add", "--tag", "results", keys=keys)
    assert result.stdout.splitlines()[-1] == "events/2025-09-09-orcl-nvda.yaml"
    assert "Error" not in result.stderr
    event = load_announcements(here / "events")[0].announcement
    assert event.title == "Oracle results"
    assert event.session == "post"
    assert [party.ticker for party in event.parties] == ["ORCL", "NVDA"]


def test_add_tries_every_answer_at_once_and_asks_again(here: Path, terminal: None) -> None:
    run(*ADD, "--id=taken")
    claim = ("--claim=ORCL return 36%: soared", "--source-title=x")
    answers = {
        "Title": [("x", "too short: 1 of at least 3 characters"), ("Results", "")],
        "Announced": [
            ("2025-13-45", "`2025-13-45` is not a date or time; write 2025-10-06 or"),
            ("2025-09-09T16:05", "`2025-09-09T16:05` has no zone; add the UTC offset"),
            ("2025-09-09", ""),
        ],
        "Session": [("lunch", "'lunch' is not one of 'pre'"), ("post", "")],
        "Parties": [
            (",", "write TICKER:role, for example ORCL:issuer"),
            ("nonsense", "`nonsense` is not TICKER:role (for example ORCL:issuer"),
            ("ORCL:Big Cloud", "`Big Cloud` is not lower-case words"),
            ("ORCL:issuer, ORCL:peer", "ORCL is a party already"),
            ("NVDA:peer", "claim `orcl-return` is about ORCL, which is no party"),
            ("ORCL:issuer", ""),
        ],
        "Id": [
            ("Not a Slug", "`Not a Slug` is not lower-case words"),
            ("taken", "the file exists"),
            ("   ", "nothing was answered"),
            ("", ""),
        ],
    }
    keys = [key for tried in answers.values() for key, _ in tried]
    result = run("add", *claim, keys="\n".join(keys) + "\n")
    told = iter(result.stderr.splitlines())
    for question, tried in answers.items():
        for _, reason in tried:
            assert next(told).startswith(question)
            if reason:
                assert next(told).startswith(f"Error: {reason}")
    assert next(told).startswith("written; ")
    assert (here / "events" / "2025-09-09-orcl.yaml").exists()


@pytest.mark.parametrize(
    ("flag", "field"),
    [("--value=-1", "--value"), ("--claim=AMD return up: x", "--claim"), ("--id=A B", "--id")],
)
def test_add_refuses_wrong_flags_before_it_asks(
    here: Path, terminal: None, flag: str, field: str
) -> None:
    with pytest.raises(BadUsage) as caught:
        run("add", flag, "--source-title=x", keys="")
    assert {problem.field for problem in caught.value.problems} == {field}


def test_add_tells_of_a_broken_calendar_before_it_asks(here: Path, terminal: None) -> None:
    (here / "events").mkdir()
    (here / "events" / "bad.yaml").write_text("titel: x\n")
    with pytest.raises(BadInput, match="did you mean `title`"):
        run("add", keys="")


def test_add_does_not_ask_for_what_is_given(here: Path, terminal: None) -> None:
    run(*ADD, keys="")
    assert (here / "events" / "2025-10-06-amd-openai.yaml").exists()


@pytest.mark.parametrize("folder", ["events", "my own/calendar"])
def test_the_command_that_add_prints_works(here: Path, folder: str) -> None:
    told = run(*ADD, "--events", folder).stderr
    program, group, *arguments = shlex.split(told.split("`")[1])
    assert (program, group) == ("backtest", "events")
    assert "AMD and OpenAI agree on 6 GW" in run(*arguments).stdout


@pytest.mark.parametrize(("flag", "value"), [("--title", "a\udcffb"), ("--party", "A\udcff:x")])
def test_bytes_that_are_no_text_are_refused(here: Path, flag: str, value: str) -> None:
    """A shell hands on any bytes; JSON of them would be an internal error."""
    before = sorted(here.rglob("*.yaml"))
    with pytest.raises(BadUsage, match="holds bytes that are not UTF-8 text") as refused:
        run(*ADD, f"{flag}={value}")
    assert [one.field for one in refused.value.problems] == [flag]
    assert sorted(here.rglob("*.yaml")) == before
