import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from backtest.prices.provider import BARS, PriceProvider
from backtest.prices.providers.snapshot import Snapshot

TICKERS = ["AMD", "AMZN", "AVGO", "CRWV", "GOOGL", "META"]
TICKERS += ["MSFT", "NVDA", "ORCL", "QQQ", "SPY", "TSM"]
FIRST, LAST = dt.date(2024, 8, 15), dt.date(2026, 5, 29)


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    return Snapshot().bars(TICKERS, None, None).frame


def row(bars: pl.DataFrame, ticker: str, day: str) -> dict[str, float]:
    one = bars.filter(pl.col("ticker") == ticker, pl.col("date") == dt.date.fromisoformat(day))
    return one.row(0, named=True)


def test_what_is_shipped(bars: pl.DataFrame) -> None:
    assert BARS.check(bars).height == 11 * 448 + 294
    sessions = dict(bars.group_by("ticker").len().iter_rows())
    assert sessions == {t: 294 if t == "CRWV" else 448 for t in TICKERS}
    assert (bars["date"].min(), bars["date"].max()) == (FIRST, LAST)
    assert row(bars, "CRWV", "2025-03-28")["close"] == 40.0
    assert bars.null_count().row(0) == (0,) * 8


def test_prices_as_published(bars: pl.DataFrame) -> None:
    oracle = row(bars, "ORCL", "2025-09-10")
    assert (oracle["close"], oracle["high"]) == (328.33, 345.72)
    # +35.95 % at the close and +43.15 % at the peak, as the press had it.
    before = row(bars, "ORCL", "2025-09-09")["close"]
    assert round(oracle["close"] / before - 1, 4) == 0.3595
    assert round(oracle["high"] / before - 1, 4) == 0.4315
    assert row(bars, "META", "2025-12-12")["high"] == 711.0
    assert row(bars, "TSM", "2026-02-12")["low"] == 322.10


def test_total_return_around_an_ex_date(bars: pl.DataFrame) -> None:
    """ORCL paid 0.50 on 2025-10-09: the return of that day counts it, the closes do not."""
    before, day = row(bars, "ORCL", "2025-10-08"), row(bars, "ORCL", "2025-10-09")
    total = day["adj_close"] / before["adj_close"]
    assert total == pytest.approx(day["close"] / (before["close"] - 0.50), rel=1e-12)
    last = row(bars, "ORCL", "2026-05-29")
    assert last["adj_close"] == last["close"]


def test_total_returns_of_another_vendor(bars: pl.DataFrame) -> None:
    """Daily total returns as other programs were fed (reference study, rounded to six digits)."""
    known = {
        ("ORCL", "2025-09-10"): 0.359488,
        ("ORCL", "2025-07-10"): -0.001317,
        ("AMD", "2025-10-06"): 0.237080,
        ("AVGO", "2025-10-13"): 0.098789,
        ("NVDA", "2025-09-22"): 0.039282,
        ("SPY", "2025-06-20"): -0.002348,
    }
    for (ticker, day), expected in known.items():
        own = bars.filter(pl.col("ticker") == ticker).sort("date")
        returns = own.with_columns(r=pl.col("adj_close") / pl.col("adj_close").shift() - 1)
        value = returns.filter(pl.col("date") == dt.date.fromisoformat(day))["r"].item()
        assert value == pytest.approx(expected, abs=1e-6), (ticker, day)


@pytest.mark.shared
def test_total_returns_agree_with_the_reference_to_4e_7(bars: pl.DataFrame, shared: Path) -> None:
    folder = shared / "reference" / "ai_deals"
    theirs = pl.concat(
        pl.read_csv(folder / name, try_parse_dates=True) for name in ("prices.csv", "market.csv")
    )

    def returns(frame: pl.DataFrame, column: str) -> pl.DataFrame:
        change = pl.col(column) / pl.col(column).shift().over("ticker") - 1
        return frame.sort("ticker", "date").select("ticker", "date", r=change).drop_nulls()

    both = returns(bars, "adj_close").join(returns(theirs, "close"), on=["ticker", "date"])
    assert both.height > 2000
    assert set(both["ticker"]) == {"AMD", "AVGO", "MSFT", "NVDA", "ORCL", "SPY"}
    assert (both["r"] - both["r_right"]).abs().max() < 4e-7


def test_a_range_has_both_ends_and_unknown_securities_a_reason() -> None:
    out = Snapshot().bars(["ORCL", "IBM"], dt.date(2025, 9, 9), dt.date(2025, 9, 10))
    assert out.frame["date"].to_list() == [dt.date(2025, 9, 9), dt.date(2025, 9, 10)]
    assert out.missing == {"IBM": "not among the 12 securities of the shipped snapshot"}
    early = Snapshot().bars(["CRWV"], None, dt.date(2025, 1, 1))
    assert early.missing == {"CRWV": "no shipped prices between the dates needed"}


def test_dividends_come_with_the_bars() -> None:
    out = Snapshot().bars(["ORCL"], dt.date(2025, 10, 1), dt.date(2025, 10, 31))
    assert out.actions is not None
    assert out.actions.rows() == [("ORCL", dt.date(2025, 10, 9), "dividend", 0.5)]
    assert out.currencies == {"ORCL": "USD"}


def test_share_counts_known_by_a_day() -> None:
    counts = Snapshot().shares(["ORCL", "TSM"])
    assert set(counts["ticker"]) == {"ORCL"}
    known = counts.filter(pl.col("known_from") <= dt.date(2025, 9, 10)).sort("known_from")
    assert known["shares"][-1] == 2_808_829_952
    first = Snapshot().shares(["GOOGL"])["known_from"].min()
    assert first == dt.date(2026, 2, 6)


def test_what_it_holds() -> None:
    held = Snapshot().held()
    assert held == sorted(held)
    assert {"ORCL", "SPY", "CRWV"} <= set(held)
    assert len(held) == 12


def test_it_describes_itself() -> None:
    snapshot = Snapshot()
    assert isinstance(snapshot, PriceProvider)
    assert snapshot.describe() == "shipped snapshot, 12 securities to 2026-05-29"
    assert snapshot.last_date == LAST
    assert snapshot.fingerprint() == Snapshot().fingerprint() != ""
