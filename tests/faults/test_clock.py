"""A clock that is set back, or files that say they are from tomorrow: nothing stale is fresh."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os

import pytest
from faults import trees
from faults.order import MOMENT, Order
from faults.scenes import Scene
from faults.tally import tallied
from faults.warm import Warm
from support.yahoo_server import YahooServer

from backtest.prices.store import PriceStore

NOW = dt.datetime.fromisoformat(MOMENT)
YEAR = 365 * 86_400


def _set(days: float) -> str:
    return (NOW + dt.timedelta(days=days)).isoformat()


@pytest.mark.parametrize("scene", ["run", "calendar"], indirect=True)
def test_a_study_is_the_same_under_another_clock(
    scene: Scene, forks: Warm, record_property: object
) -> None:
    with tallied("run, clock set back", record_property) as tally:
        for days in (-1, -30, -300):
            for tree, what in ((scene.old, "before"), (scene.new, "after")):
                trees.write(scene.kept, tree)
                ended = forks.run(dataclasses.replace(scene.order, clock=_set(days)))
                same = ended.code == 0 and ended.clean and ended.out == scene.ended.out
                wrong = [] if same else [f"{ended.code}: {ended.err!r}"]
                tally.record(f"{what}, {days} days", [*wrong, *scene.sound(scene.kept)])


@pytest.mark.parametrize("scene", ["run"], indirect=True)
def test_files_from_the_future_and_the_past(
    scene: Scene, forks: Warm, record_property: object
) -> None:
    with tallied("run, files of another time", record_property) as tally:
        for seconds in (YEAR, -40 * YEAR):
            for tree in (scene.old, scene.new):
                trees.write(scene.kept, tree)
                for path in (scene.kept, *scene.kept.rglob("*")):
                    then = path.stat().st_mtime + seconds
                    os.utime(path, (then, then))
                ended = forks.run(scene.order)
                same = ended.code == 0 and ended.clean and ended.out == scene.ended.out
                wrong = [] if same else [f"{ended.code}: {ended.err!r}"]
                tally.record(f"{seconds} s", [*wrong, *scene.sound(scene.kept)])


@pytest.mark.parametrize(
    ("scene", "name", "was", "now"),
    [
        ("calendar with another price", "prices.csv", "\n", None),
        ("calendar with another party", "events.yaml", '"AAA"', '"BBB"'),
    ],
    indirect=["scene"],
)
def test_a_change_that_hides_its_time_is_seen(
    scene: Scene, forks: Warm, name: str, was: str, now: str, record_property: object
) -> None:
    """Of the same size, with the time of change put back, as archives and copies do."""
    path = scene.folder / name
    stat, content = path.stat(), path.read_text(encoding="utf-8")
    place = content.index(was, len(content) * 7 // 16)  # prices that windows read
    if now is None:  # the last digit of the price before the end of the line
        place, was = place - 1, content[place - 1]
        now = "1" if was != "1" else "2"
    with tallied("run, change that hides its time", record_property) as tally:
        trees.write(scene.kept, scene.new)
        path.write_text(content[:place] + now + content[place + len(was) :], encoding="utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert path.stat().st_size == stat.st_size
        changed = forks.run(scene.order)
        anew = forks.run(
            dataclasses.replace(scene.order, arguments=(*scene.order.arguments, "--no-cache"))
        )
        wrong = [] if changed.out == anew.out else ["what was kept passed for the changed"]
        if anew.out == scene.ended.out:
            wrong.append("nothing was changed")
        tally.record(name, wrong)


@pytest.fixture
def pulled(scene: Scene, forks: Warm) -> tuple[Order, PriceStore]:
    """A store that was pulled while the clock was a year ahead."""
    trees.write(scene.kept, scene.old)
    ahead = dataclasses.replace(scene.order, clock=_set(365))
    assert forks.run(ahead).code == 0
    return scene.order, PriceStore(scene.kept / "cache" / "prices")


@pytest.mark.parametrize("scene", ["pull"], indirect=True)
def test_what_was_pulled_in_the_future_is_not_fresh(
    scene: Scene,
    pulled: tuple[Order, PriceStore],
    forks: Warm,
    server: YahooServer,
    record_property: object,
) -> None:
    order, store = pulled
    security = server.securities["AAA"]
    later = dataclasses.replace(
        security,
        days=[*security.days, dt.date(2026, 6, 4), dt.date(2026, 6, 5)],
        closes=[*security.closes, 300.0, 301.0],
    )
    with tallied("prices pull, clock set back", record_property) as tally:
        for days in (0, -1, -3):
            try:
                server.securities["AAA"] = later
                ended = forks.run(dataclasses.replace(order, clock=_set(days)))
            finally:
                server.securities["AAA"] = security
            held = store.read("AAA")
            assert held is not None
            wrong = [] if ended.code == 0 and ended.clean else [f"{ended.code}: {ended.err!r}"]
            if held.record.last != dt.date(2026, 6, 5):
                wrong.append(f"the store ends on {held.record.last}")
            if held.record.retrieved_at > NOW + dt.timedelta(days=1):
                wrong.append(f"it says it was pulled at {held.record.retrieved_at}")
            tally.record(f"{days} days", [*wrong, *scene.sound(scene.kept)])
