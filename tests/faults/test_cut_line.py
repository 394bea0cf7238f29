"""Yahoo's answer breaks off in the middle: asked for again, or one line; never half a history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults import trees
from faults.cut_line import CutLine
from faults.scenes import Scene
from faults.tally import tallied
from faults.told import mended, outcome
from faults.warm import Warm
from support.yahoo_server import YahooServer

SHARES = (0.0, 0.5, 0.99)
"""Of the body, what comes through."""


@pytest.fixture
def line(server: YahooServer) -> Iterator[CutLine]:
    one = CutLine(server.url)
    one.start()
    yield one
    one.stop()


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("scene", ["pull"], indirect=True)
def test_an_answer_breaks_off(
    scene: Scene, line: CutLine, forks: Warm, for_good: bool, record_property: object
) -> None:
    env = {**scene.order.env, "BACKTEST_YAHOO_URL": line.url}
    name = f"prices pull, line cut {'for good' if for_good else 'once'}"
    with tallied(name, record_property) as tally:
        line.break_at(None)
        assert forks.run(scene.restored(env=env)).out == scene.ended.out
        answers = line.seen
        assert answers >= 6
        for number in range(1, answers + 1):
            line.break_at(number, for_good=for_good, share=SHARES[number % 3])
            ended = forks.run(scene.restored(env=env, hasty=True))
            # Prices are kept although share counts could not be had; the next pull asks for these.
            wrong = outcome(scene, ended, between=for_good)
            if not for_good and ended.code == 0:
                wrong += [f"{name} differs" for name in trees.unlike(
                    trees.read(scene.kept), scene.new
                )]  # fmt: skip
            if for_good and number == 1 and ended.code != 3:
                wrong.append(f"ended with {ended.code}: {ended.err!r}")
            tally.record(f"answer {number}", [*wrong, *mended(scene, forks)])


def test_a_cut_is_a_cut(server: YahooServer, line: CutLine) -> None:
    import http.client
    from urllib.request import urlopen

    with urlopen(f"{line.url}/test", timeout=5) as answer:
        assert answer.read()
    line.break_at(1)
    with (
        urlopen(f"{line.url}/test", timeout=5) as answer,
        pytest.raises(http.client.IncompleteRead),
    ):
        answer.read()
