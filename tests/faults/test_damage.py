"""Every kind of kept file, damaged: never a wrong number, and the next run has it whole again."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import polars as pl
import pytest
from faults import harm, scenes, trees
from faults.harm import harmed, harms
from faults.order import Ended, Order
from faults.scenes import KEPT, Scene
from faults.tally import tallied
from faults.trees import Tree
from faults.warm import Warm
from support.bulk import made_events, made_prices, save
from support.french_server import FrenchServer

from backtest.prices._record import TABLES
from backtest.prices.factors import load_factors
from backtest.prices.store import PriceStore

KINDS = ("announcements", "panels", "results", "sessions")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scene", ["calendar"], indirect=True)
def test_what_a_run_keeps(scene: Scene, forks: Warm, kind: str, record_property: object) -> None:
    # Of the sessions, those of the exchange that the study needs.
    place = f"cache/{kind}/" + ("XNYS" if kind == "sessions" else "")
    # What was shown last is not read where nothing changed: tests/results/test_changes.py.
    names = sorted(n for n in scene.new if n.startswith(place) and "/shown/" not in n)
    assert names
    with tallied(f"cache/{kind} damaged", record_property) as tally:
        for name, way in harms(names):
            for content in harmed(scene.new[name], way, name):
                trees.write(scene.kept, {**looked_at(scene.new, kind), name: content})
                ended = forks.run(scene.order)
                wrong = as_ever(scene, ended)
                if kind == "results" and not is_manifest_of_nothing(name, content):
                    wrong += said_once(ended)
                tally.record(f"{name} {way}", [*wrong, *scene.unlike()])


def looked_at(tree: Tree, kind: str) -> Tree:
    """Leave out what makes a run not look at what is damaged: the finished study, the table."""
    if kind == "sessions":
        return {name: tree[name] for name in tree if "/sessions/" in name}
    if kind == "panels":
        return {name: tree[name] for name in tree if "/results/" not in name}
    return tree


def as_ever(scene: Scene, ended: Ended) -> list[str]:
    """Return in what a run differs from the undisturbed one."""
    if ended.code == 0 and ended.clean and ended.out == scene.ended.out:
        return []
    return [f"ended with {ended.code}, {ended.err!r}"]


def said_once(ended: Ended) -> list[str]:
    """Return what is wrong where a damaged result is not said in one line."""
    lines = ended.lines("is damaged and was recomputed")
    return [] if len(lines) == 1 else [f"{len(lines)} lines of damage: {ended.err!r}"]


def is_manifest_of_nothing(name: str, content: bytes) -> bool:
    """Whether a manifest is gone or of another version by its own words, which is no damage."""
    return name.endswith("manifest.json") and b'"format"' not in content


@pytest.mark.parametrize("scene", ["pull"], indirect=True)
def test_the_price_store(scene: Scene, forks: Warm, record_property: object) -> None:
    store = PriceStore(scene.kept / "cache" / "prices")
    names = sorted(name for name in scene.new if name.startswith("cache/prices/"))
    verify = dataclasses.replace(scene.order, arguments=("prices", "verify"))
    trees.write(scene.kept, scene.new)
    histories = {ticker: store.read(ticker) for ticker in scenes.TICKERS}
    # Files of earlier versions are for `prices status`; a pull does not read them.
    present = {
        str(file)
        for held in histories.values()
        if held is not None
        for file in (f"{held.record.ticker}.json", *map(held.record.file_of, TABLES))
    }
    with tallied("cache/prices damaged", record_property) as tally:
        for name, way in harms(names):
            for content in harmed(scene.new[name], way, name):
                trees.write(scene.kept, {**scene.new, name: content})
                found = forks.run(verify)
                wrong = [] if found.clean else [f"verify said {found.err!r}"]
                if found.code != 1 or Path(name).name.split(".")[0] not in found.out:
                    wrong.append(f"verify ended with {found.code}: {found.out!r}")
                ended = forks.run(scene.order)
                if ended.code or not ended.clean:
                    wrong.append(f"pull ended with {ended.code}: {ended.err!r}")
                if len(ended.lines("damaged")) != (Path(name).name in present):
                    wrong.append(f"pull said {ended.err!r}")
                for ticker, was in histories.items():
                    now = store.read(ticker)
                    assert was is not None
                    if now is None or not all(
                        getattr(now, table).equals(getattr(was, table))
                        for table in ("bars", "actions", "shares")
                    ):
                        wrong.append(f"{ticker} is another")
                tally.record(f"{name} {way}", wrong)


def test_fetched_factors(forks: Warm, warm: Path, tmp_path: Path, record_property: object) -> None:
    library, kept = FrenchServer(), tmp_path / KEPT
    library.start()
    library.publish(longer_factors())
    env = {"BACKTEST_CACHE": f"{KEPT}/cache", "BACKTEST_FRENCH_URL": library.url, "NO_PROXY": "*"}
    fetch = Order(("prices", "factors"), tmp_path, env)
    prices = save(made_prices(scenes.TICKERS), tmp_path / "prices.csv")
    events = save(made_events(3, scenes.TICKERS), tmp_path / "events.csv")
    study = Order(
        (
            *("run", "--events", events.name, "--prices", prices.name, "--model", "ff3"),
            *("--format", "csv"),
        ),
        tmp_path,
        env,
    )
    try:
        kept.mkdir()
        forks.learn(fetch)
        forks.learn(study)
        whole, shipped = forks.run(study), None
        assert (whole.code, whole.lines("damaged")) == (0, [])
        every = trees.read(kept)
        tree = {name: every[name] for name in every if "/results/" not in name}
        names = [name for name in tree if name.startswith("cache/factors/")]
        assert len(names) == 2
        with tallied("cache/factors damaged", record_property) as tally:
            for name, way in harms(names):
                for content in harmed(tree[name], way, name):
                    trees.write(kept, {**tree, name: content})
                    ended = forks.run(study)
                    wrong = [] if ended.clean else [f"said {ended.err!r}"]
                    if ended.code or len(ended.lines("damaged")) != 1:
                        wrong.append(f"ended with {ended.code}, {ended.err!r}")
                    shipped = shipped or ended.out
                    if ended.out != shipped:
                        wrong.append("other numbers than with the shipped factors")
                    mend = forks.run(fetch)
                    if mend.code or forks.run(study).out != whole.out:
                        wrong.append(f"is not mended: {mend.err!r}")
                    tally.record(f"{name} {way}", wrong)
    finally:
        library.stop()


def longer_factors() -> pl.DataFrame:
    """The shipped factors and two sessions more, so that these are preferred."""
    shipped = load_factors().frame
    later = shipped.tail(2).with_columns(pl.col("date") + pl.duration(days=28))
    return pl.concat([shipped, later])


@pytest.mark.parametrize("scene", ["run"], indirect=True)
def test_what_runs_cost(scene: Scene, forks: Warm, record_property: object) -> None:
    told = ("reprocess", *scene.order.arguments[1:5])
    keep = dataclasses.replace(scene.restored(), arguments=(*told, "--name", "first"))
    compare = dataclasses.replace(keep, arguments=(*told, "--compare", "first"))
    forks.learn(keep)
    assert forks.run(keep).code == 0
    (path,) = (scene.kept / "cache" / "runs").iterdir()
    content = path.read_bytes()
    assert forks.run(compare).code == 0
    with tallied("cache/runs damaged", record_property) as tally:
        for way in harm.EVERY:
            for wrong_content in harmed(content, way, path.name):
                path.write_bytes(wrong_content)
                ended = forks.run(compare)
                wrong = [] if ended.clean else [f"said {ended.err!r}"]
                if ended.code != 2 or len(ended.lines("error:")) != 1:
                    wrong.append(f"ended with {ended.code}: {ended.err!r}")
                after = forks.run(keep)
                if after.code or not after.clean:
                    wrong.append(f"the next ended with {after.code}: {after.err!r}")
                tally.record(way, wrong)


def test_harms_are_what_they_say() -> None:
    chance, content = random.Random(1), bytes(range(256)) * 40
    for name, change in harm.EVERY.items():
        wrong = change(content, chance)
        assert wrong != content, name
        assert len(wrong) <= len(content)
        if name.startswith("bit"):
            changed = [a ^ b for a, b in zip(wrong, content, strict=True) if a != b]
            assert [number.bit_count() for number in changed] == [1]
