"""What is fuzzed: every door by which something that we did not make comes in.

A target takes what its strategy draws and returns the outcome; an exception is a finding. Each is
given one folder to work in, whose content its inputs may replace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fuzz import more_targets as more
from fuzz.material import spoilt, words
from fuzz.outcome import Outcome, of_call, of_command
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Target:
    """Something that takes input: bytes, or the words of a command line as JSON."""

    name: str
    strategy: Callable[[], st.SearchStrategy[bytes]]
    take: Callable[[bytes, Path], Outcome]
    slow: bool = False
    """Whether one input costs so much that a short run takes only a few."""
    ours: bool = False
    """Whether the input is JSON of our own, which only the strategy can draw."""


def _calendar() -> list[bytes]:
    files = sorted((ROOT / "events").rglob("*.yaml"))
    return [file.read_bytes() for file in files[:: max(1, len(files) // 12)]]


def _yaml_text() -> st.SearchStrategy[bytes]:
    leaf = words | st.none() | st.booleans() | st.integers() | st.floats()
    names = st.sampled_from(
        ["id", "title", "announced", "session", "parties", "claims", "deal", "sources", "tags"]
    )
    key = names | st.sampled_from(["ticker", "role", "value", "attributes"]) | words
    below = st.recursive(
        leaf, lambda b: st.lists(b, max_size=4) | st.dictionaries(key, b, max_size=5), max_leaves=15
    )
    made = st.dictionaries(key, below, max_size=8).map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )
    return made | spoilt(_calendar()) | st.binary(max_size=200)


def _announcements(data: bytes, folder: Path) -> Outcome:
    from backtest.errors import BadInput
    from backtest.events.load import parse_announcements

    def call() -> None:
        parsed = parse_announcements(data, folder / "one.yaml")
        if parsed.problems:
            raise BadInput(parsed.problems)

    return of_call(call)


def _calendar_command(data: bytes, folder: Path) -> Outcome:
    (folder / "one.yaml").write_bytes(data)
    return of_command(["events", "list", "--events", str(folder / "one.yaml")])


EVENTS = (
    b"event_id,ticker,date,group,size\na,AMD,2025-10-06,x,1\nb,NVDA,2025-10-07,y,2\n",
    b"event_id,ticker,announced,session\na,AMD,2025-10-06T07:00:00-04:00,\nb,TSM,2025-10-07,post\n",
    b'event_id,ticker,date\n"a ""b""",9984.T,2025-10-06\nc,^GSPC,20251007\n',
)
PRICES = (
    b"date,ticker,open,close,adj_close,volume\n2025-10-06,AMD,1,2,2,100\n2025-10-07,AMD,2,2.5,2.4,9\n",
    b"Date,Symbol,Close\n2025-10-06,AMD,1e3\n2025-10-06,NVDA,\n",
    b"<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
    b"AMD.US,D,20251006,000000,1,2,1,2,10,0\n",
)


@cache
def _as_parquet(tables: tuple[bytes, ...]) -> list[bytes]:
    import io

    import polars as pl

    out = []
    for table in tables:
        buffer = io.BytesIO()
        pl.read_csv(table).write_parquet(buffer)
        out.append(buffer.getvalue())
    return out


def _clocks(_: Any) -> Any:
    """Return sessions of a few years that need no library of calendars: every weekday."""
    from backtest.events.exchanges import US
    from backtest.events.sessions import clock

    return clock(US)


def _bulk(suffix: str) -> Callable[[bytes, Path], Outcome]:
    def take(data: bytes, folder: Path) -> Outcome:
        from backtest.events.bulk import read_bulk

        path = folder / f"events{suffix}"
        path.write_bytes(data)
        return of_call(lambda: read_bulk(path, _clocks))

    return take


def _prices(suffix: str) -> Callable[[bytes, Path], Outcome]:
    def take(data: bytes, folder: Path) -> Outcome:
        import datetime as dt

        from backtest.prices.source import open_source

        path = folder / f"prices{suffix}"
        path.write_bytes(data)

        def call() -> None:
            now = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
            source = open_source(str(path), now=now, cache_dir=folder / "cache")
            source.bars(["AMD", "NVDA"], None, None)
            source.shares(["AMD"])
            source.describe()

        return of_call(call)

    return take


TOML = (
    b'[study]\nevents = "events"\nprices = "snapshot"\nmodel = "market"\njobs = 2\n',
    b'[study]\nwindow = "-10:10"\ncars = ["0:0", "-1:1"]\n\n[prices]\nrate = 1.5\n',
    b"# nothing\n[pull]\nbenchmark = 'SPY'\n",
)


def _settings(data: bytes, folder: Path) -> Outcome:
    path = folder / "backtest.toml"
    path.write_bytes(data)
    return of_command(["--config", str(path), "config", "show"])


COMMANDS = (
    ("run",),
    ("claims",),
    ("show",),
    ("query",),
    ("export",),
    ("curve",),
    ("regress",),
    ("report",),
    ("models",),
    ("tests",),
    ("events", "list"),
    ("events", "show"),
    ("events", "check"),
    ("events", "import"),
    ("prices", "status"),
    ("prices", "verify"),
    ("prices", "import"),
    ("audit",),
    ("cache",),
    ("config", "show"),
    ("reprocess",),
    ("trade",),
)
OPTIONS = (
    *("--events", "--prices", "--model", "--tests", "--window", "--cars", "--estimation"),
    *("--min-obs", "--returns", "--missing", "--format", "--group-by", "--factors", "--jobs"),
    *("--factor-data", "--engine", "--benchmark", "--cache", "--config", "--columns", "--since"),
    *("--rate", "--shares", "--replace", "--no-cache", "--offline", "--help", "--out", "--sort"),
)


def _words() -> st.SearchStrategy[bytes]:
    """Draw command lines: a command, then options and values that do not belong together."""
    value = words.filter(lambda word: "://" not in word)
    pair = st.tuples(st.sampled_from(OPTIONS), value).map(list)
    more = st.lists(pair | value.map(lambda word: [word]), max_size=4)
    line = st.tuples(st.sampled_from(COMMANDS), more)
    return line.map(lambda one: json.dumps([*one[0], *(w for m in one[1] for w in m)]).encode())


def _command(data: bytes, folder: Path) -> Outcome:
    """Run a command line on an empty calendar, so that none computes anything."""
    arguments = [str(word) for word in json.loads(data)]
    return of_command(arguments)


def _french(data: bytes, folder: Path) -> Outcome:
    from backtest.prices.french_file import french_table

    factors = ("mom",) if len(data) < 700 else ("mkt_rf", "rf")
    return of_call(lambda: french_table(data, "file.zip", factors))


@cache
def _recorded() -> list[bytes]:
    from support.french_server import zipped

    folder = ROOT / "tests" / "prices" / "french"
    texts = [file.read_text(encoding="utf-8").splitlines()[:40] for file in folder.glob("*.csv")]
    return [zipped("\n".join(lines)) for lines in texts]


@cache
def _answer() -> list[bytes]:
    """Return an answer of Yahoo's as the server of the tests gives it."""
    import datetime as dt

    from support.yahoo_server import Security, YahooServer

    server = YahooServer()
    days = [dt.date(2025, 10, day) for day in (6, 7, 8, 9, 10)]
    server.securities["AMD"] = Security(
        days, [1.0, 2.0, None, 3.0, 4.0], {days[1]: 0.1}, {days[3]: (2, 1)}
    )
    body = server.answer("/v8/finance/chart/AMD", {}).body
    server.close()
    return [body.encode()]


def _yahoo(data: bytes, folder: Path) -> Outcome:
    """Let the real client library read an answer, without a network between."""
    import datetime as dt

    from fuzz.fake_transport import answering

    from backtest.errors import DataUnavailable
    from backtest.prices.provider import Setup
    from backtest.prices.providers.yahoo import Yahoo

    def call() -> None:
        setup = Setup(dt.datetime(2025, 11, 3, tzinfo=dt.UTC), folder, patient=False)
        provider = Yahoo(setup, lambda: 0.0, lambda _: None)
        with answering(data):
            found = provider.bars(["AMD"], None, None)
            provider.reported_shares("AMD", None)
        provider.close()
        if found.missing:
            raise DataUnavailable.because("missing", found.missing["AMD"])

    return of_call(call)


@cache
def _sound_prices() -> list[list[str]]:
    """Return a table that a study can use, as rows of text with the header first."""
    from support.bad_input import PRICES as TABLE

    rows = [[str(value) for value in row] for row in TABLE.iter_rows()]
    return [TABLE.columns, *rows]


_CELLS = words | st.sampled_from(["AAA", "BBB", "SPY", "2026-01-05", "2025-12-25", "1", "-1", "0"])
_NUMBERS = ("", "0", "-1", "nan", "inf", "1e308", "1e-320", "5e-324", "NA", "1e5", "100", "0.01")
_STUDY_OPTIONS = st.sampled_from(
    [
        [],
        ["--format", "json"],
        ["--format", "csv"],
        ["--model", "mean,market,theil_sen"],
        ["--window", "-2:5", "--cars", "0:0,0:5"],
        ["--group-by", "group,size"],
        ["--returns", "log"],
        ["--min-obs", "3", "--estimation", "-40:-11"],
        ["--tests", "all"],
        ["--engine", "local", "--jobs", "2"],
    ]
)


def _studies() -> st.SearchStrategy[bytes]:
    """Draw a table of events, changes to sound prices, and options."""
    sound = st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["AAA", "BBB", "SPY"]),
        st.sampled_from(["2026-01-05", "2026-02-10", "2025-12-25", "2026-05-29"]),
        st.sampled_from(["x", "y", ""]),
        st.sampled_from(["1", "2.5", ""]),
    ).map(list)
    odd = st.lists(_CELLS, min_size=5, max_size=5)
    number = st.sampled_from(_NUMBERS) | st.floats().map(str)
    price = st.tuples(st.integers(1, 2000), st.just(2), number)
    change = (price | price | st.tuples(st.integers(0, 2000), st.integers(0, 2), _CELLS)).map(list)
    return st.fixed_dictionaries(
        {
            "events": st.lists(sound, max_size=4) | st.lists(sound | odd, max_size=5),
            "prices": st.lists(change, max_size=6),
            "options": _STUDY_OPTIONS,
        }
    ).map(lambda told: json.dumps(told).encode())


def _study(data: bytes, folder: Path) -> Outcome:
    """Run a whole study on tables that are sound but for some cells."""
    import csv

    told = json.loads(data)
    prices = [list(row) for row in _sound_prices()]
    for row, column, cell in told["prices"]:
        prices[row % len(prices)][column] = cell
    events = [["event_id", "ticker", "date", "group", "size"], *told["events"]]
    for name, rows in (("events", events), ("prices", prices)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    places = ["--events", str(folder / "events.csv"), "--prices", str(folder / "prices.csv")]
    return of_command(["run", *places, "--no-cache", *told["options"]])


def _mappings() -> st.SearchStrategy[bytes]:
    """Draw a table of one's own and what is said of its columns."""
    valued = ["--map", "--ticker", "--close", "--date-format", "--separator", "--thousands"]
    columns = st.sampled_from(["close=Close", "close=close,date=date", "ticker=Symbol,", "x=y"])
    choice = st.sampled_from(["split-adjusted", "%d %b %Y", "%", ";", "."])
    pair = st.tuples(st.sampled_from(valued), words | columns | choice).map(list)
    flag = st.sampled_from(["--decimal-comma", "--day-first", "--month-first"])
    said = st.lists(pair | flag.map(lambda one: [one]), max_size=3)
    table = spoilt(PRICES).map(lambda data: data.decode("utf-8", "replace"))
    return st.tuples(table, said).map(lambda told: json.dumps(told).encode())


def _mapped(data: bytes, folder: Path) -> Outcome:
    text, said = json.loads(data)
    path = folder / "own.csv"
    path.write_text(text, encoding="utf-8")
    options = [word for pair in said for word in pair]
    return of_command(["prices", "import", str(path), "--replace", *options])


def _spoilt(seeds: Callable[[], Any]) -> Callable[[], st.SearchStrategy[bytes]]:
    return lambda: spoilt(seeds()) | st.binary(max_size=200)


_ALL = (
    Target("announcements", _yaml_text, _announcements),
    Target("calendar", _yaml_text, _calendar_command, slow=True),
    Target("bulk-csv", _spoilt(lambda: EVENTS), _bulk(".csv"), slow=True),
    Target("bulk-parquet", _spoilt(lambda: _as_parquet(EVENTS)), _bulk(".parquet"), slow=True),
    Target("prices-csv", _spoilt(lambda: PRICES), _prices(".csv"), slow=True),
    Target("prices-parquet", _spoilt(lambda: _as_parquet(PRICES)), _prices(".parquet"), slow=True),
    Target("settings", _spoilt(lambda: TOML), _settings),
    Target("command-line", _words, _command, slow=True, ours=True),
    Target("study", _studies, _study, slow=True, ours=True),
    Target("import", _mappings, _mapped, slow=True, ours=True),
    Target("strategies", more.strategies, more.strategy),
    Target("tables", more.tables, more.table),
    Target("events-import", more.imported_tables, more.imported, slow=True),
    Target("events-add", more.additions, more.addition, slow=True, ours=True),
    Target("sql", more.queries, more.query, slow=True),
    Target("environment", more.environments, more.environment, slow=True, ours=True),
    Target("french-zip", _spoilt(_recorded), _french),
    Target("yahoo-answer", _spoilt(_answer), _yahoo, slow=True),
)
TARGETS: Mapping[str, Target] = {target.name: target for target in _ALL}
