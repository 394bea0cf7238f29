import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.sleeper import Clock

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from yahoo_server import Security, YahooServer

from backtest.prices.provider import Setup
from backtest.prices.providers.yahoo import Yahoo
from backtest.prices.store import PriceStore

SHARED = Path(__file__).parents[2].parent / "shared"
NOW = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)
"""A Monday noon; Friday 2025-10-31 is the last finished session of New York."""


@pytest.fixture(autouse=True)
def no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test forgets goes to a closed port of this machine."""
    monkeypatch.setenv("BACKTEST_YAHOO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch) -> Iterator[YahooServer]:
    """Yahoo on a local port, with ORCL over nine weeks."""
    server = YahooServer()
    server.start()
    monkeypatch.setenv("BACKTEST_YAHOO_URL", server.url)
    yield server
    server.stop()


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the developers' reference data are not beside the project")
    return SHARED


@pytest.fixture
def weekdays() -> Callable[[str, int], list[dt.date]]:
    def of(first: str, count: int) -> list[dt.date]:
        day, out = dt.date.fromisoformat(first), []
        while len(out) < count:
            if day.weekday() < 5:
                out.append(day)
            day += dt.timedelta(days=1)
        return out

    return of


@pytest.fixture
def listed(weekdays: Callable[[str, int], list[dt.date]]) -> Callable[..., Security]:
    """Make a security with closes 100, 101, … from 2025-09-01 to Friday 2025-10-31."""

    def make(sessions: int = 45, first_close: float = 100.0, **more: object) -> Security:
        days = weekdays("2025-09-01", sessions)
        closes = [first_close + place for place in range(sessions)]
        return Security(days, closes, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def oracle(yahoo: YahooServer, listed: Callable[..., Security]) -> Security:
    """ORCL, 45 sessions from 2025-09-01, closes 100 to 144."""
    security = listed()
    security.shares = [(security.days[0], 1000.0), (security.days[20], 1010.0)]
    yahoo.securities["ORCL"] = security
    return security


@pytest.fixture
def store(tmp_path: Path) -> PriceStore:
    return PriceStore(tmp_path / "prices")


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock, now: dt.datetime) -> Iterator[Callable[..., Yahoo]]:
    made: list[Yahoo] = []

    def of(
        *,
        patient: bool = True,
        rate: float = 1000.0,
        at: dt.datetime = now,
        chance: Callable[[], float] = lambda: 0.0,
    ) -> Yahoo:
        setup = Setup(now=at, cache_dir=Path("unused"), patient=patient, rate=rate)
        made.append(Yahoo(setup, clock.time, clock.sleep, chance))
        return made[-1]

    yield of
    for one in made:
        one.close()
