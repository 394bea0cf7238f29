"""Keys change with what decides a number, and with nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from support.studies import panel_of

from backtest.events.table import OBSERVATIONS
from backtest.prices.panel import Panel
from backtest.results.keys import segment_key, study_key, with_keys
from backtest.results.markets import Market, Markets
from backtest.results.place import place
from backtest.spec import StudySpec, Window
from backtest.valuation.shares import ShareCounts

SPEC = StudySpec(estimation=Window(-6, -2), window=Window(-1, 1), cars=(Window(0, 0),), min_obs=3)
SIZE = 30
ZERO = 12
"""Place of the event day; the study reads 12 − 7 to 12 + 1."""


def panel(size: int = SIZE, first: str = "2024-01-01", shift: int = 0) -> Panel:
    rng = np.random.default_rng(1)
    close = 100 + rng.normal(size=(2, SIZE + 20))
    return panel_of(("AAA", "SPY"), first, close=close[:, shift : shift + size].tolist())


def key(
    own: Panel | None = None,
    spec: StudySpec = SPEC,
    counts: ShareCounts | None = None,
    **changed: object,
) -> str:
    """Return the key of one observation of AAA."""
    own = own or panel()
    row = {
        "event_id": "e",
        "ticker": "AAA",
        "alternative": False,
        "session": dt.date(2024, 1, 1) + dt.timedelta(ZERO),
        "exchange": "XNYS",
        "currency": "USD",
        "role": "issuer",
        "deal_value": 1.0,
        **changed,
    }
    market = Market("XNYS", own, own.sessions, 0, counts or ShareCounts.none())
    frame = pl.DataFrame([row], schema=OBSERVATIONS.schema(), orient="row")
    (placed,), _ = place(frame, Markets({"XNYS": market}, {}, (), "", None))
    return str(with_keys(placed, spec).observations["key"].item())


def test_the_same_inputs_have_the_same_key() -> None:
    assert key() == key()


@pytest.mark.parametrize(
    "changed", [{"event_id": "f"}, {"alternative": True}, {"currency": "EUR"}, {"ticker": "SPY"}]
)
def test_identity_is_part_of_the_key(changed: dict[str, object]) -> None:
    assert key(**changed) != key()


@pytest.mark.parametrize("changed", [{"role": "other"}, {"deal_value": 2.0}])
def test_what_only_reports_show_is_not(changed: dict[str, object]) -> None:
    assert key(**changed) == key()


@pytest.mark.parametrize(
    "changed",
    [
        {"models": ("mean",)},
        {"estimation": Window(-7, -2)},
        {"window": Window(-1, 2)},
        {"cars": (Window(-1, 0),)},
        {"returns": "log"},
        {"missing": "lenient"},
        {"min_obs": 4},
    ],
)
def test_the_specification_is_part_of_the_key(changed: dict[str, object]) -> None:
    assert key(spec=replace(SPEC, **changed)) != key()


@pytest.mark.parametrize("changed", [{"tests": ("sign",)}, {"group_by": ("role",)}])
def test_what_only_samples_depend_on_is_not(changed: dict[str, object]) -> None:
    assert key(spec=replace(SPEC, **changed)) == key()


def cells(reads: bool) -> list[tuple[int, int]]:
    """Return (security, session) of prices that the observation reads, or some it does not."""
    inside = range(ZERO - 7, ZERO + 2)
    outside = [place for place in range(SIZE) if place not in inside]
    return [(row, place) for row in (0, 1) for place in (inside if reads else outside)]


@pytest.mark.parametrize("cell", cells(reads=True))
@pytest.mark.parametrize("change", [lambda price: price + 1e-9, lambda _: np.nan])
def test_every_price_that_is_read_is_part_of_the_key(
    cell: tuple[int, int], change: Callable[[float], float]
) -> None:
    own = panel()
    own.prices["close"][cell] = change(own.prices["close"][cell])
    assert key(own) != key()


@pytest.mark.parametrize("cell", cells(reads=False))
def test_no_other_price_is(cell: tuple[int, int]) -> None:
    own = panel()
    own.prices["close"][cell] += 1.0
    assert key(own) == key()


def test_a_panel_that_grows_at_its_ends_gives_the_same_key() -> None:
    assert key(panel(SIZE + 20)) == key()
    earlier = panel(SIZE - 3, "2024-01-04", shift=3)
    assert key(earlier) == key()


def test_a_session_without_any_price_is_part_of_the_key() -> None:
    """Where neither security has a price yet, only the axis tells that a day was added."""
    close = panel().prices["close"].copy()
    close[:, :9] = np.nan
    plain = panel_of(("AAA", "SPY"), close=close.tolist())
    gap = Panel(
        np.delete(plain.sessions, 7),
        plain.tickers,
        {name: np.delete(prices, 7, axis=1) for name, prices in plain.prices.items()},
    )
    assert key(gap) != key(plain)


def test_share_counts_are_part_of_the_key_whatever_row_they_are_of() -> None:
    def counts(shares: float, tickers: tuple[str, ...]) -> ShareCounts:
        frame = pl.DataFrame(
            {"ticker": ["AAA"], "known_from": [dt.date(2024, 1, 2)], "shares": [shares]}
        )
        return ShareCounts.of(frame, tickers)

    pair = ("AAA", "SPY")
    assert key(counts=counts(5.0, pair)) == key(counts=counts(5.0, pair))
    assert key(counts=counts(5.0, pair)) != key(counts=counts(6.0, pair)) != key()
    own = panel()
    wider = Panel(
        own.sessions,
        ("AA", *own.tickers),
        {name: np.vstack([prices[:1] + 7, prices]) for name, prices in own.prices.items()},
    )
    assert key(wider, counts=counts(5.0, ("AA", *pair))) == key(counts=counts(5.0, pair))


def test_a_study_is_named_by_all_it_depends_on() -> None:
    one = study_key(SPEC, "events", "prices")
    assert one == study_key(SPEC, "events", "prices")
    others = {
        study_key(SPEC, "others", "prices"),
        study_key(SPEC, "events", "others"),
        study_key(replace(SPEC, tests=("sign",)), "events", "prices"),
        study_key(SPEC, "events", "prices", "factors"),
        study_key(SPEC, "events", "prices", "factors", "sectors"),
    }
    assert len(others | {one}) == 6


def test_a_segment_is_named_by_its_keys_in_order() -> None:
    assert segment_key(["a", "b"]) == segment_key(["a", "b"])
    assert len({segment_key(keys) for keys in (["a", "b"], ["b", "a"], ["a"], [])}) == 4


REACH = replace(SPEC, models=("mean", "dimson"))
"""One lag and one lead: the benchmark is read from 12 − 8 to 12 + 2."""


@pytest.mark.parametrize("session", [ZERO - 8, ZERO + 2])
def test_prices_that_leads_and_lags_reach_are_part_of_the_key(session: int) -> None:
    security, benchmark = panel(), panel()
    security.prices["close"][0, session] += 1.0
    benchmark.prices["close"][1, session] += 1.0
    assert key(benchmark, REACH) != key(spec=REACH)
    assert key(security, REACH) == key(spec=REACH)
    assert key(benchmark) == key()


@pytest.mark.parametrize("session", [ZERO - 9, ZERO + 3])
def test_prices_beyond_leads_and_lags_are_not(session: int) -> None:
    own = panel()
    own.prices["close"][:, session] += 1.0
    assert key(own, REACH) == key(spec=REACH)
