"""The other doors: factor and sector tables, announcements that are written, SQL, variables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from unittest.mock import patch

from fuzz.material import HOSTILE, spoilt, words
from fuzz.outcome import Outcome, of_call, of_command
from hypothesis import strategies as st

FACTORS = (
    b"date,mkt_rf,smb,hml,rf\n2025-10-06,0.01,0.002,-0.001,0.0002\n2025-10-07,0.0,,1e-3,0.0002\n",
    b"Date,Mkt-RF,SMH\n20251006,0.01,5\n20251007,-0.5,NA\n",
)
COUNTS = (b"ticker,known_from,shares\nAMD,2025-01-02,1600000000\nNVDA,2025-03-01,24e9\n",)
SECTORS = (b"ticker,sector\nAMD,chips\nNVDA,chips\nORCL,software\n",)


def tables() -> st.SearchStrategy[bytes]:
    """Draw a spoilt table of factors, counts or sectors."""
    return spoilt((*FACTORS, *COUNTS, *SECTORS)) | st.binary(max_size=200)


def table(data: bytes, folder: Path) -> Outcome:
    """Read it as factors, which wants most of it, and as what else it may be."""
    from backtest.prices.factors import load_factors
    from backtest.prices.sectors import load_sectors

    path = folder / "table.csv"
    path.write_bytes(data)
    of_call(lambda: load_sectors(path))
    return of_call(lambda: load_factors(path))


TABLES = (
    b"event_id,ticker,date,title,role\na,AMD,2025-10-06,A deal,issuer\nb,NVDA,2025-10-07,,\n",
    b"event_id,ticker,announced,size\na/b,AMD,2025-10-06T07:00:00-04:00,1\na/b,TSM,2025-10-06,2\n",
    b'event_id,ticker,date,notes\n"../x",AMD,2025-10-06,"two\nlines"\nCON,AMD,2025-10-07,#\n',
)


def imported_tables() -> st.SearchStrategy[bytes]:
    """Draw a spoilt table of events."""
    return spoilt(TABLES)


def imported(data: bytes, folder: Path) -> Outcome:
    """Make announcements of a table, and read back what was written."""
    path = folder / "deals.csv"
    path.write_bytes(data)
    calendar = folder / "calendar"
    for old in calendar.glob("*") if calendar.is_dir() else ():
        old.unlink()
    outcome = of_command(["events", "import", str(path), "--events", str(calendar)])
    if outcome == "accepted":
        assert of_command(["events", "list", "--events", str(calendar)]) == "accepted"
    assert not (folder.parent / "x.yaml").exists()
    return outcome


_ADDED = ("--id", "--title", "--announced", "--session", "--announcer", "--party", "--value")
_ADDED += ("--currency", "--years", "--tag", "--claim", "--source-title", "--source-url", "--notes")
_GOOD = {
    "--title": "AMD and OpenAI agree",
    "--announced": "2025-10-06T07:00:00-04:00",
    "--party": "AMD:counterparty",
    "--source-title": "AMD jumps",
    "--claim": "AMD return 23.7% close: rose",
    "--tag": "chips",
    "--value": "300e9",
}


def additions() -> st.SearchStrategy[bytes]:
    """Draw what is said of a new announcement: sound, but for a few options."""
    odd = st.dictionaries(st.sampled_from(_ADDED), words, max_size=3)
    base = st.sets(st.sampled_from(sorted(_GOOD)), min_size=3).map(
        lambda names: {name: _GOOD[name] for name in sorted(names)}
    )
    return st.tuples(base, odd).map(lambda told: json.dumps({**told[0], **told[1]}).encode())


def addition(data: bytes, folder: Path) -> Outcome:
    """Write a new announcement, and read back what was written."""
    calendar = folder / "added"
    for old in calendar.glob("*") if calendar.is_dir() else ():
        old.unlink()
    said = [f"{name}={value}" for name, value in json.loads(data).items()]
    outcome = of_command(["events", "add", "--events", str(calendar), *said])
    if outcome == "accepted":
        assert of_command(["events", "list", "--events", str(calendar)]) == "accepted"
    return outcome


_SQL = (
    "select * from cars",
    "select event_id, avg(car) from cars group by event_id order by 2 desc limit 3",
    "with x as (select 1 as a) select * from x",
    "show tables",
    "select 1/0, cast('x' as int), '{}'",
    "select * from cars join fits using (event_id) where car > '{}'",
    "select {} from cars",
    "select * from read_csv('/etc/passwd')",
    "select * from '{}'",
    "select length(repeat('x', 1000)), substr('{}', -5)",
)


def queries() -> st.SearchStrategy[bytes]:
    """Draw SQL: sound, with hostile words, and spoilt."""
    filled = st.tuples(st.sampled_from(_SQL), words).map(
        lambda told: told[0].replace("{}", told[1])
    )
    text = filled.map(lambda one: one.encode("utf-8", "replace"))
    return text | spoilt([one.encode() for one in _SQL])


def query(data: bytes, folder: Path) -> Outcome:
    """Ask the tables of a small study."""
    from support.bad_input import EVENTS, PRICES

    events, prices = folder / "sound-events.csv", folder / "sound-prices.csv"
    if not events.exists():
        EVENTS.write_csv(events)
        PRICES.write_csv(prices)
    text = data.decode("utf-8", "replace").replace("\0", " ")
    places = ["--events", str(events), "--prices", str(prices)]
    return of_command(["query", *places, "--", text or "select"])


_VARIABLES = ("EVENTS", "PRICES", "MODEL", "WINDOW", "CARS", "JOBS", "CACHE", "CONFIG", "RATE")
_VARIABLES += ("BENCHMARK", "TESTS", "ENGINE", "YAHOO_URL", "FACTOR_DATA", "GROUP_BY", "MIN_OBS")


def environments() -> st.SearchStrategy[bytes]:
    """Draw variables and the command that reads them."""
    value = (words | st.sampled_from(HOSTILE)).filter(lambda word: "\0" not in word)
    names = st.sampled_from(_VARIABLES)
    command = st.sampled_from([["config", "show"], ["events", "list"], ["prices", "status"]])
    told = st.tuples(st.dictionaries(names, value, max_size=3), command)
    return told.map(lambda one: json.dumps(one).encode())


def environment(data: bytes, folder: Path) -> Outcome:
    """Run a command with these variables set."""
    variables, command = json.loads(data)
    encodable = {
        f"BACKTEST_{name}": value.encode("utf-8", "replace").decode()
        for name, value in variables.items()
    }
    with patch.dict(os.environ, encodable):
        return of_command(command)


def _rules() -> list[bytes]:
    folder = Path(__file__).parents[2] / "strategies"
    return [file.read_bytes() for file in sorted(folder.glob("*.yaml"))]


def strategies() -> st.SearchStrategy[bytes]:
    """Draw a spoilt trading rule."""
    return spoilt(_rules())


def strategy(data: bytes, folder: Path) -> Outcome:
    """Read it as `backtest trade` does."""
    from backtest.strategy.load import load_strategies

    path = folder / "rule.yaml"
    path.write_bytes(data)
    return of_call(lambda: load_strategies(path))
