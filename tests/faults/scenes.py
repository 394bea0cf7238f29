"""Three commands that write, each between a state before it and the state it makes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from faults import trees
from faults.order import Ended, Order
from faults.trees import Tree
from faults.warm import Warm
from support.bulk import made_events, made_prices, save
from support.yahoo_server import Security, YahooServer

from backtest.events.load import load_announcements
from backtest.prices.store import PriceStore
from backtest.results.cache import ResultsCache

MANY = 200
SEGMENTS = 8
"""With one more, the cache merges them."""
TICKERS = ("AAA", "BBB", "CCC")
RECEIPT = "out/receipt.json"
OPTIONAL = ("cache/panels/", "cache/results/shown/")
TOLD = re.compile(r"cache/results/studies/\w+/manifest\.json|out/receipt\.json")
KEPT = "kept"
"""The folder of a scene that is put back before every try; all else stays as it is."""


@dataclass(frozen=True)
class Scene:
    """A command in a folder.

    Attributes:
        name: of the command.
        folder: where it works.
        order: the command, undisturbed.
        old, new: what `folder / KEPT` holds before it and after it.
        ended: how it ended, undisturbed.
        sound: says what cannot be read in a folder, which is nothing.
        done: whether a tree holds what was wanted, so that once more is refused.
        resumes: whether once more goes on where it was stopped, and says so.
        view: where the folder is seen from here, where the command sees another one in its place.
    """

    name: str
    folder: Path
    order: Order
    old: Tree
    new: Tree
    ended: Ended
    sound: Callable[[Path], list[str]]
    done: Callable[[Tree], bool] = lambda _: False
    resumes: bool = False
    view: Path | None = None

    @property
    def kept(self) -> Path:
        """The folder that is put back, as it is seen from here."""
        return self.view or self.folder / KEPT

    def neither(self) -> list[str]:
        """Say which files are neither as before nor as after, or are gone; the receipt is its own.

        It tells what was noted on the way, so it is only asked to be whole (`sound_results`).
        """
        tree = trees.read(self.kept)
        tree = {**tree, RECEIPT: self.new[RECEIPT]} if RECEIPT in tree else tree
        return trees.neither(tree, self.old, self.new)

    def unlike(self) -> list[str]:
        """Say what differs from the new state.

        A resumed pull may still have tables that it has replaced; a panel, and what was shown last,
        is made when it is needed next, which is not as long as the whole study is there. What
        tells how results came about may tell another way to the same ones.
        """
        tree = trees.read(self.kept)
        if self.resumes:
            tree = {name: tree[name] for name in tree if name not in self.old or name in self.new}
        wanted = {
            name: self.new[name]
            for name in self.new
            if name in tree or not name.startswith(OPTIONAL)
        }
        differing = trees.unlike(tree, wanted)
        return [f"{name} differs" for name in differing if not TOLD.fullmatch(name)]

    def restored(self, **fault: object) -> Order:
        """Put the old state back and return the command with a fault."""
        trees.write(self.kept, self.old)
        return dataclasses.replace(self.order, **fault)  # type: ignore[arg-type]


def made(
    warm: Warm,
    name: str,
    order: Order,
    sound: Callable[[Path], list[str]],
    done: Callable[[Tree], bool] = lambda _: False,
    *,
    resumes: bool = False,
    exact: bool = True,
) -> Scene:
    """Run a command twice from the state there is, and see that it ends the same both times.

    Where files are chosen by their age, which putting them back does not keep, `exact` is false.
    """
    kept = order.folder / KEPT
    old = trees.read(kept)
    ended = warm.run(order)
    assert ended.code == 0, ended.err
    scene = Scene(name, order.folder, order, old, trees.read(kept), ended, sound, done, resumes)
    assert scene.new != old
    again = warm.run(scene.restored())
    differing = trees.unlike(trees.read(kept), scene.new)
    assert again.out == ended.out
    assert not (exact and differing), differing
    trees.write(kept, old)
    return scene


def a_run(warm: Warm, folder: Path, sessions: Path) -> Scene:
    """`run --out` where results of other prices are there already, which share some events."""
    prices = made_prices(TICKERS)
    table = save(prices, folder / "prices.csv")
    events = save(made_events(9, TICKERS), folder / "events.csv")
    shutil.copytree(sessions, folder / KEPT / "cache" / "sessions")
    order = Order(
        (
            *("run", "--events", events.name, "--prices", table.name, "--format", "csv"),
            *("--out", f"{KEPT}/out", "--cars", "0:0,-1:1"),
        ),
        folder,
        {"BACKTEST_CACHE": f"{KEPT}/cache"},
    )
    warm.learn(order)
    assert warm.run(order).code == 0
    last = 2 * len(sessions_of(prices)) - 80
    changed = prices.with_columns(close=prices["close"].scatter(range(last, last + 60), 50.0))
    save(changed, table)
    return made(warm, "run", order, sound_results)


def a_crowded_run(warm: Warm, folder: Path, sessions: Path) -> Scene:
    """`run` that merges the many small segments which earlier runs have left."""
    prices = made_prices(TICKERS)
    table, changed = folder / "prices.csv", 2 * len(sessions_of(prices)) - 80
    save(prices, table)
    events = save(made_events(9, TICKERS), folder / "events.csv")
    shutil.copytree(sessions, folder / KEPT / "cache" / "sessions")
    order = Order(
        ("run", "--events", events.name, "--prices", table.name, "--format", "csv"),
        folder,
        {"BACKTEST_CACHE": f"{KEPT}/cache"},
    )
    warm.learn(order)
    for number in range(SEGMENTS):
        assert warm.run(order).code == 0
        close = prices["close"].scatter(range(changed, changed + 60), 50.0 + number)
        save(prices.with_columns(close=close), table)
    scene = made(warm, "run", order, sound_results, exact=False)
    assert "computed 1 " in scene.ended.err
    return scene


def sessions_of(prices: pl.DataFrame) -> list[dt.date]:
    """Return the days on which one of the securities has a price."""
    return prices.filter(prices["ticker"] == TICKERS[0])["date"].to_list()


def a_calendar_run(warm: Warm, folder: Path, sessions: Path) -> Scene:
    """`run` over a calendar large enough that its event table is kept; nothing is kept before."""
    save(made_prices(TICKERS), folder / "prices.csv")
    days = made_events(MANY, TICKERS)["date"].to_list()
    plain = [
        {
            "id": f"event-{number:03d}",
            "title": f"Simulated announcement {number}",
            "announced": str(day),
            "session": "pre",
            "parties": [{"ticker": TICKERS[number % 3], "role": "issuer"}],
        }
        for number, day in enumerate(days)
    ]
    # JSON is YAML too.
    (folder / "events.yaml").write_text(json.dumps(plain, indent=0), encoding="utf-8")
    shutil.copytree(sessions, folder / KEPT / "cache" / "sessions")
    command = ("run", "--events", "events.yaml", "--prices", "prices.csv", "--format", "csv")
    env = {"BACKTEST_CACHE": f"{KEPT}/cache"}
    order = Order((*command, "--cars", "0:0", "--window", "-1:1"), folder, env)
    old = trees.read(folder / KEPT)
    warm.learn(order)
    trees.write(folder / KEPT, old)
    return made(warm, "run", order, sound_results)


def a_pull(warm: Warm, folder: Path, server: YahooServer) -> Scene:
    """`prices pull` where one security is stored, one is stored and was revised, one is new."""
    weeks = [dt.date(2026, 1, 5) + dt.timedelta(days=day) for day in range(150)]
    days = [day for day in weeks if day.weekday() < 5]
    closes = [100.0 + place for place in range(len(days))]
    counts = [(days[3], 1000.0), (days[60], 1010.0)]
    for ticker in TICKERS[:2]:
        server.securities[ticker] = Security(days[:-10], closes[:-10], shares=counts)
    order = Order(
        ("prices", "pull", *TICKERS, "--rate", "10000"),
        folder,
        {"BACKTEST_CACHE": f"{KEPT}/cache", "BACKTEST_YAHOO_URL": server.url, "NO_PROXY": "*"},
    )
    before = dataclasses.replace(
        order,
        arguments=("prices", "pull", *TICKERS[:2], "--rate", "10000"),
        clock="2026-05-18T12:00:00+00:00",
    )
    (folder / KEPT).mkdir(parents=True)
    warm.learn(before)
    trees.write(folder / KEPT, {})
    assert warm.run(before).code == 0
    server.securities["AAA"] = Security(days, closes, shares=counts)
    revised = [close / 2 for close in closes]
    server.securities["BBB"] = Security(days, revised, splits={days[-4]: (2.0, 1.0)}, shares=counts)
    server.securities["CCC"] = Security(days, closes, shares=counts)
    return made(warm, "prices pull", order, sound_prices, resumes=True)


def an_addition(warm: Warm, folder: Path) -> Scene:
    """`events add` into a calendar that has one announcement."""
    command = (
        *("events", "add", "--events", KEPT, "--session", "pre", "--party", "ORCL:issuer"),
        *("--claim", "ORCL return 36% close 0:0: rose by 36 per cent", "--source-title", "A paper"),
    )
    order = Order((*command, "--announced", "2025-09-10", "--title", "The second"), folder)
    first = dataclasses.replace(
        order, arguments=(*command, "--announced", "2025-09-09", "--title", "The first")
    )
    folder.mkdir()
    warm.learn(first)
    trees.write(folder / KEPT, {})
    assert warm.run(first).code == 0
    (schema,) = folder.glob(f"{KEPT}/*.json")
    schema.unlink()
    name = "2025-09-10-orcl.yaml"
    return made(warm, "events add", order, sound_calendar, lambda tree: name in tree)


def sound_results(kept: Path) -> list[str]:
    """Say what is damaged in a results cache, and which tables cannot be read."""
    wrong = ResultsCache(kept / "cache" / "results").verify()
    for path in (kept / "out").glob("*.parquet"):
        try:
            pl.read_parquet(path)
        except Exception as error:
            wrong.append(f"{path.name}: {error}")
    if (kept / RECEIPT).exists():
        try:
            json.loads((kept / RECEIPT).read_bytes())
        except ValueError as error:
            wrong.append(f"{RECEIPT}: {error}")
    return wrong


def sound_prices(kept: Path) -> list[str]:
    """Say what is damaged in a price store, and whether a security is gone from it."""
    store = PriceStore(kept / "cache" / "prices")
    wrong = [f"{file}: {what}" for file, what in store.verify()]
    tickers = {record.ticker for record in store.records()}
    return wrong + [f"{ticker} is gone" for ticker in TICKERS[:2] if ticker not in tickers]


def sound_calendar(kept: Path) -> list[str]:
    """Say whether a calendar cannot be read, or has lost its first announcement."""
    try:
        ids = [item.id for item in load_announcements(kept)]
    except Exception as error:
        return [str(error)]
    return [] if "2025-09-09-orcl" in ids else ["the first announcement is gone"]
