"""Which sessions a panel stands on, and that company and cache change nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.bulk import made_events, made_prices, one_event, save, sessions
from support.cli import Command

import backtest as bt

TICKERS = ("T0", "T1", "T2")
DAYS = sessions()


def study(
    folder: Path, events: pl.DataFrame, prices: pl.DataFrame, **options: object
) -> bt.StudyResult:
    paths = save(events, folder / "e.csv"), save(prices, folder / "p.csv")
    return bt.run(*paths, **options)  # type: ignore[arg-type]


def test_a_day_that_the_whole_table_lacks_is_a_gap(tmp_path: Path, cache: Path) -> None:
    prices = made_prices(TICKERS).filter(pl.col("date") != DAYS[332])
    result = study(tmp_path, one_event("T0", DAYS[330]), prices, cache=cache)
    rows = result.abnormal_returns
    assert rows["date"].to_list() == DAYS[320:341]
    assert rows.filter(pl.col("return").is_null())["date"].to_list() == DAYS[332:334]


def test_a_table_of_another_world_is_its_own_calendar(tmp_path: Path, cache: Path) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(number) for number in range(400)]
    prices = made_prices(TICKERS, days)
    result = study(tmp_path, one_event("T0", "2025-01-06"), prices, cache=cache)
    dates = result.abnormal_returns["date"].to_list()
    assert dates == [dt.date(2024, 12, 27) + dt.timedelta(number) for number in range(21)]
    assert result.abnormal_returns["return"].null_count() == 0
    (said,) = result.warnings
    assert said.startswith("the price dates do not follow the sessions of XNYS; ")


def test_a_stray_row_on_a_weekend_is_left_out_and_said(tmp_path: Path, cache: Path) -> None:
    stray = pl.DataFrame({"date": [dt.date(2025, 12, 13)], "ticker": ["T0"], "close": [1.0]})
    prices = pl.concat([made_prices(TICKERS), stray])
    result = study(tmp_path, one_event("T0", DAYS[330]), prices, cache=cache)
    assert any("1 price rows fall on days without a session" in one for one in result.warnings)
    alone = study(tmp_path, one_event("T0", DAYS[330]), made_prices(TICKERS), cache=cache)
    assert result.cars.equals(alone.cars)


def test_a_kept_panel_gives_the_same_bits(tmp_path: Path, cache: Path) -> None:
    events, prices = made_events(30, TICKERS), made_prices(TICKERS)
    study(tmp_path, events, prices, cache=cache)
    for options in ({"model": "mean"}, {"window": "-3:3"}, {"returns": "log"}):
        kept = study(tmp_path, events.head(3), prices, cache=cache, **options)
        plain = study(tmp_path, events.head(3), prices, cache=False, **options)
        assert kept.provenance.computed == 3
        for name, table in plain.tables.items():
            assert kept.tables[name].equals(table), name


HARM = {
    "emptied": lambda sound: b"",
    "cut": lambda sound: sound[:-5],
    "another head": lambda sound: b"x" + sound[1:],
    "one bit": lambda sound: sound[:-9] + bytes([sound[-9] ^ 0x10]) + sound[-8:],
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_panel_is_made_anew(tmp_path: Path, cache: Path, harm: str) -> None:
    """Harm each file of a kept panel in turn and compute something new from it."""
    events = made_events(30, TICKERS)
    study(tmp_path, events, made_prices(TICKERS), cache=cache)
    paths = tmp_path / "e.csv", tmp_path / "p.csv"
    files = sorted(path for path in (cache / "panels").rglob("*") if path.is_file())
    assert len(files) > 3
    for number, path in enumerate(files):
        sound = path.read_bytes()
        path.write_bytes(HARM[harm](sound))
        again = bt.run(*paths, cache=cache, min_obs=50 + number)
        plain = bt.run(*paths, cache=False, min_obs=50 + number)
        assert again.cars.equals(plain.cars), path.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sound)


def test_a_panel_that_cannot_be_kept_is_no_error(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "panels").write_text("a file where the folder should be")
    result = study(tmp_path, made_events(30, TICKERS), made_prices(TICKERS), cache=cache)
    assert len(result.fits) == 30


def test_changed_prices_make_another_panel(tmp_path: Path, cache: Path) -> None:
    events, prices = made_events(30, TICKERS), made_prices(TICKERS)
    study(tmp_path, events, prices, cache=cache)
    other = prices.with_columns(pl.col("close") * np.where(prices["ticker"] == "T0", 1.001, 1.0))
    moved = other.with_columns(
        close=pl.when(pl.col("date") > DAYS[300]).then(pl.col("close") * 1.01).otherwise("close")
    )
    kept = study(tmp_path, events, moved, cache=cache)
    assert kept.cars.equals(study(tmp_path, events, moved, cache=False).cars)


def test_securities_outside_the_study_do_no_harm(tmp_path: Path, cache: Path) -> None:
    prices = made_prices(TICKERS)
    twice = prices.filter(pl.col("ticker") == "T2").head(1).with_columns(close=pl.lit(1.0))
    events = made_events(8, ("T0", "T1"))
    plain = study(tmp_path, events, pl.concat([prices, twice]), cache=False)
    kept = study(tmp_path, events, pl.concat([prices, twice]), cache=cache)
    assert kept.cars.equals(plain.cars)
    assert kept.warnings == plain.warnings


def test_an_exchange_without_prices_says_nothing_of_its_calendar(
    tmp_path: Path, cli: Command
) -> None:
    events = pl.concat([one_event("T0", DAYS[330], "us"), one_event("9999.T", DAYS[330], "tokyo")])
    paths = save(events, tmp_path / "e.csv"), save(made_prices(TICKERS), tmp_path / "p.csv")
    ran = cli("run", "--events", paths[0], "--prices", paths[1])
    assert ran.code == 0
    assert "do not follow the sessions" not in ran.err


def test_events_before_all_prices_are_left_out_with_the_reason(
    tmp_path: Path, cli: Command
) -> None:
    """The snapshot starts on 2024-08-15."""
    save(one_event("AMD", "2015-10-06"), tmp_path / "e.csv")
    ran = cli("run", "--events", tmp_path / "e.csv", "--prices", "snapshot", "--format", "json")
    reason = "prices start 2024-08-15, the event reacts 2015-10-06"
    assert reason in ran.refused(3)
    assert ran.json["tables"]["excluded"] == [
        {"event_id": "one", "ticker": "AMD", "stage": "prices", "reason": reason}
    ]


def test_an_unknown_benchmark_is_no_study_whenever_the_event_was(
    tmp_path: Path, cli: Command
) -> None:
    for day in ("2015-10-06", "2025-10-06"):
        save(one_event("AMD", day), tmp_path / "e.csv")
        options = ("--events", tmp_path / "e.csv", "--prices", "snapshot", "--benchmark", "SPI")
        assert "the benchmark SPI has no prices: " in cli("run", *options).refused(3)


def test_money_is_in_the_currency_of_the_prices(tmp_path: Path, cache: Path) -> None:
    """The snapshot has AMD in dollars, whatever exchange an event says."""
    announcement = (
        "id: abroad\ntitle: AMD in Tokyo\nannounced: 2025-10-06\nsession: pre\n"
        "parties: [{ticker: AMD, role: counterparty, exchange: XTKS}]\n"
        "deal: {value: 9.0e12, currency: JPY}\n"
    )
    (tmp_path / "e.yaml").write_text(announcement)
    for _ in range(2):
        result = bt.run(tmp_path / "e.yaml", "snapshot", cache=cache)
        assert result.market_caps["currency"].unique().to_list() == ["USD"]
        assert result.observations["currency"].to_list() == ["USD"]
        # Nine trillion yen are not money of the prices' currency.
        assert result.observations["deal_value"].to_list() == [None]
        assert "¥" not in result.summary(160)
        assert "+$63.4bn" in result.summary(160)


def test_imported_prices_without_share_counts_say_so(
    tmp_path: Path, cache: Path, cli: Command
) -> None:
    tickers = ("T0", "T1")
    table = save(made_prices(tickers), tmp_path / "p.csv")
    events = save(made_events(4, tickers), tmp_path / "e.csv")
    study = ("run", "--events", events)
    assert cli("prices", "import", table).code == 0
    ran = cli(*study)
    assert (
        "note: T0, T1: imported without share counts, so without market values; "
        "`backtest prices import TABLE --shares COUNTS --replace` adds them"
    ) in ran.err.splitlines()
    counts = tmp_path / "counts.csv"
    counts.write_text("ticker,known_from,shares\nT0,2024-01-02,1000\nT1,2024-01-02,1000\n")
    assert cli("prices", "import", table, "--shares", counts, "--replace").code == 0
    ran = cli(*study, "--format", "json")
    assert "share counts" not in ran.err
    (value,) = {row["cap"] / row["shares"] for row in ran.json["tables"]["market_caps"][:1]}
    rows = made_prices(tickers)
    one = ran.json["tables"]["market_caps"][0]
    day = pl.col("date") == dt.date.fromisoformat(one["date"])
    assert value == pytest.approx(rows.filter(day, ticker=one["ticker"])["close"].item(), rel=1e-12)


def test_prices_are_read_as_far_as_leads_and_lags_reach(tmp_path: Path, cache: Path) -> None:
    """Not one estimation day is lost to a price that was not asked for; a kept panel has all."""
    events, prices = made_events(30, TICKERS), made_prices(TICKERS)
    models = {"model": ["scholes_williams", "market", "dimson"]}
    few = study(tmp_path, events.head(1), prices, cache=False, **models)
    assert few.fits["n_obs"].to_list() == [250] * 3
    study(tmp_path, events, prices, cache=cache)
    kept = study(tmp_path, events.head(1), prices, cache=cache, **models)
    assert few.cars.equals(kept.cars)
    assert few.fits["coefficients"].struct.field("beta_lead").is_null().to_list() == [
        False,
        True,
        False,
    ]


def test_a_table_without_a_day_on_an_exchange(tmp_path: Path) -> None:
    """Tokyo is closed on the only days of the table: its events are left out, with the reason."""
    days = [dt.date(2025, 12, 31), dt.date(2026, 1, 2)]
    prices = pl.DataFrame({"date": days * 2, "ticker": ["AMD"] * 2 + ["SPY"] * 2, "close": 100.0})
    events = pl.DataFrame({"event_id": ["a", "b"], "ticker": ["AMD", "9984.T"], "date": days})
    result = bt.run(save(events, tmp_path / "e.csv"), save(prices, tmp_path / "p.csv"), cache=False)
    assert result.excluded.filter(pl.col("ticker") == "9984.T")["stage"].to_list() == ["prices"]
