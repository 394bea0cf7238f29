"""Strategies on the shipped calendar: the Oracle case, hindsight refused, the future unread."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from support.book import walk
from support.cli import CALENDAR
from support.traded import bars_table, rule, shipped_rule, traded

from backtest.errors import BadInput, BadUsage
from backtest.strategy.tables import TradeResult

ORACLE = "2025-09-09-orcl-fq1-2026-results"
KEYS = (
    *("counterparty-minus-competitor", "drift-after-big-reactions"),
    *("fade-one-day-pops", "round-trip-to-the-cut"),
)


@pytest.fixture(scope="module")
def folder(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("trades")
    (made / "sessions").symlink_to(warm / "sessions")
    return made


@pytest.fixture(scope="module")
def result(folder: Path) -> TradeResult:
    return traded([shipped_rule(key) for key in KEYS], CALENDAR, cache=folder)


def only(result: TradeResult, **where: str) -> dict[str, object]:
    return result.trades.filter(**where).row(0, named=True)


def test_most_of_oracles_gain_was_in_the_gap(result: TradeResult) -> None:
    """Closed at 241.51 before, opened at 319.19, closed at 328.33: 36 %, of which 32 in the gap."""
    one = only(result, event_id=ORACLE, strategy="round-trip-to-the-cut")
    assert (one["price_before"], one["entry_price"]) == (241.51, 319.19)
    assert (one["entry_date"], one["entry_at"]) == (dt.date(2025, 9, 10), "open")
    assert one["reaction"] == pytest.approx(328.33 / 241.51 - 1)
    assert one["gap"] == pytest.approx(319.19 / 241.51 - 1)
    assert one["announced"] == "2025-09-09 16:05 ET"
    assert one["ended"] == "announcement"
    assert (one["exit_date"], one["exit_price"]) == (dt.date(2026, 2, 23), 145.69)


def test_money_by_hand(result: TradeResult) -> None:
    """100,000 of Oracle from 319.19 to 145.69, with two dividends of 0.50 a share."""
    one = only(result, event_id=ORACLE, strategy="round-trip-to-the-cut")
    shares = 100_000 / 319.19
    assert one["shares"] == pytest.approx(shares)
    assert one["moved"] == pytest.approx(shares * (145.69 - 319.19))
    assert one["dividends"] == pytest.approx(shares * 2 * 0.50)
    assert one["commission"] == pytest.approx(shares * (145.69 + 319.19) * 0.5e-4)
    assert one["spread"] == pytest.approx(shares * (145.69 + 319.19) * 2e-4)


def test_what_reads_the_reaction_is_entered_after_its_close(result: TradeResult) -> None:
    one = only(result, event_id=ORACLE, ticker="ORCL", strategy="drift-after-big-reactions")
    assert (one["known_date"], one["known_at"]) == (dt.date(2025, 9, 11), "open")
    assert (one["entry_date"], one["entry_price"]) == (dt.date(2025, 9, 11), 330.34)


def test_nothing_is_filled_before_it_was_known(result: TradeResult) -> None:
    late = {"open": 0, "close": 1}
    for one in result.trades.iter_rows(named=True):
        known = (one["known_date"], late[one["known_at"]])
        entry = (one["entry_date"], late[one["entry_at"]])
        assert known <= entry < (one["exit_date"], late[one["exit_at"]])


def test_the_parts_add_up(result: TradeResult) -> None:
    rows = result.trades.with_columns(
        sum=pl.col("moved") + pl.col("dividends") + pl.col("hedge_pnl") - pl.col("commission")
        - pl.col("spread") - pl.col("impact") - pl.col("borrow")
    )  # fmt: skip
    assert rows["sum"].to_list() == pytest.approx(rows["net"].to_list(), rel=1e-9)
    for key in KEYS:
        net = result.trades.filter(strategy=key)["net"].sum()
        book = result.equity.filter(strategy=key)
        assert book["pnl"].sum() == pytest.approx(net, rel=1e-9)
        assert book["equity"][-1] == pytest.approx(1e6 + net, rel=1e-12)
        assert (book["cash"] + book["long"] - book["short"]).to_list() == pytest.approx(
            book["equity"].to_list()
        )
        assert book["positions"][-1] == 0
        assert book["drawdown"].max() <= 0.0


def test_everything_chosen_is_traded_or_has_a_reason(
    result: TradeResult, folder: Path, tmp_path: Path
) -> None:
    """Every issuer of the calendar is a trade or has a reason."""
    mine = rule(tmp_path, "where: role = 'issuer'\nexit: {after: 3}\n")
    made = traded([mine], CALENDAR, cache=folder)
    chosen = made.strategies[0].planned
    assert chosen.candidates > made.trades.height + made.untraded.height
    texts = [path.read_text(encoding="utf-8") for path in CALENDAR.glob("*.yaml")]
    issuers = sum(len(re.findall(r"ticker: [A-Z]+, role: issuer", text)) for text in texts)
    assert issuers > 5
    assert made.trades.height + made.untraded.height == issuers
    assert set(made.untraded["stage"]) <= {"rule", "fill", "capital", "hedge"}


def test_a_beta_hedge_is_the_estimated_one(result: TradeResult, shipped: object) -> None:
    fits = shipped.fits.filter(event_id=ORACLE, ticker="ORCL")  # type: ignore[attr-defined]
    one = only(result, event_id=ORACLE, ticker="ORCL", strategy="drift-after-big-reactions")
    assert one["hedge"] == "SPY"
    assert one["hedge_ratio"] == pytest.approx(fits["beta"][0])


def test_abnormal_is_what_the_market_model_did_not_expect(
    result: TradeResult, shipped: object
) -> None:
    """From the open of 11 September to the close of 9 October, 20.5 days, SPY likewise."""
    one = only(result, event_id=ORACLE, ticker="ORCL", strategy="drift-after-big-reactions")
    fit = shipped.fits.filter(event_id=ORACLE, ticker="ORCL").row(0, named=True)  # type: ignore[attr-defined]
    spy = bars_table().filter(ticker="SPY").sort("date")
    into = spy.filter(date=one["entry_date"])["open"][0]
    out_of = spy.filter(date=one["exit_date"])["close"][0]
    paid = 1.83111  # SPY's dividend of 19 September 2025
    market = (out_of + paid) / into - 1.0
    expected = fit["alpha"] * 20.5 + fit["beta"] * market
    assert one["abnormal"] == pytest.approx(one["gross"] - 100_000 * expected, abs=1.0)


def test_a_spread_wants_both_sides(result: TradeResult) -> None:
    sides = (
        result.trades.filter(strategy="counterparty-minus-competitor")
        .group_by("event_id", "side")
        .agg(pl.col("notional").sum())
    )
    assert sides["event_id"].value_counts()["count"].to_list() == [2] * 6
    assert sides["notional"].to_list() == pytest.approx([200_000.0] * 12)


@pytest.mark.parametrize("entry", ["auction", "open", "close"])
def test_a_reaction_cannot_be_traded_before_it_is_over(
    entry: str, folder: Path, tmp_path: Path
) -> None:
    mine = rule(tmp_path, f"where: ar > 0.05\nentry: {{at: {entry}}}\nexit: {{after: 3}}\n")
    with pytest.raises(BadInput) as caught:
        traded([mine], CALENDAR, cache=folder)
    (problem,) = caught.value.problems
    assert f"`{entry}` comes before the close of the reaction's session" in problem.message
    assert (problem.where.line, problem.field) == (4, "entry")  # type: ignore[union-attr]
    assert "next_open" in (problem.hint or "")


@pytest.mark.parametrize(
    ("study", "told"),
    [
        ({"estimation": "-100:5", "window": "10:20"}, "reaches the announcement"),
        ({"measure": "volume"}, "there is no trading on volume"),
    ],
)
def test_a_study_with_hindsight_is_not_traded(
    study: dict[str, str], told: str, folder: Path
) -> None:
    with pytest.raises(BadUsage, match=told):
        traded([shipped_rule(KEYS[1])], CALENDAR, cache=folder, **study)


def test_an_end_that_nobody_knows(folder: Path, tmp_path: Path) -> None:
    mine = rule(tmp_path, "exit: {until: 2026-02-20-openai-compute-60b}\n")
    with pytest.raises(BadInput, match="did you mean `2026-02-20-openai-compute-600b`"):
        traded([mine], CALENDAR, cache=folder)


def test_a_source_without_prices(tmp_path: Path, folder: Path) -> None:
    empty = tmp_path / "prices.csv"
    empty.write_text("date,ticker,close\n2025-01-06,SPY,100\n")
    made = traded([shipped_rule(KEYS[3])], CALENDAR, empty, cache=folder)
    assert made.trades.is_empty()
    assert set(made.untraded["reason"]) == {"the price source has no prices of it"}


SPLIT = dt.date(2025, 12, 1)


def test_the_past_does_not_read_the_future(tmp_path: Path, folder: Path) -> None:
    """All bars from 1 December 2025 on are others; what was left before is the same to the bit."""
    bars = bars_table().drop("adj_close")
    later = pl.col("date") >= SPLIT
    prices = ["open", "high", "low", "close"]
    turned = bars.sort("ticker", "date").with_columns(
        *(pl.when(later).then(900.0 - pl.col(name) * 0.5).otherwise(name).alias(name)
          for name in prices),
        pl.when(later).then(pl.col("volume") * 7).otherwise("volume").alias("volume"),
    )  # fmt: skip
    rules = [shipped_rule(key) for key in KEYS]
    matched = "where: abs(sar) > 2\ndirection: with_reaction\nentry: {at: next_open}\n"
    rules.append(rule(tmp_path, f"{matched}exit: {{after: 5}}\nhedge: {{by: matched}}\n"))
    found = []
    for name, table in (("now.parquet", bars), ("other.parquet", turned)):
        table.write_parquet(tmp_path / name)
        made = traded(rules, CALENDAR, tmp_path / name, missing="lenient")
        found.append(made.trades.filter(pl.col("exit_date") < SPLIT))
    assert found[0].height > 25
    assert set(found[0]["strategy"]) == {*KEYS, "mine"} - {"round-trip-to-the-cut"}
    assert_frame_equal(found[0], found[1], check_exact=True)


def test_time_itself_changes_nothing(tmp_path: Path) -> None:
    """Made-up bars of every weekday, holidays too, and the same 1,560 weeks before."""
    bars = walk(5, securities=3, sessions=420)
    days = [dt.date(2025, 9, 10), dt.date(2025, 10, 6), dt.date(2026, 1, 15)]
    mine = rule(tmp_path, "entry: {at: next_open}\nexit: {after: 40}\nhedge: {by: beta}\n")
    nets = []
    for years in (0, 30):
        back = dt.timedelta(weeks=52 * years)
        dates = [day - back for day in pl.Series(bars.sessions).cast(pl.Date)]
        table = pl.concat(
            pl.DataFrame(
                {"date": dates, "ticker": name}
                | {one: getattr(bars, one)[row] for one in ("open", "high", "low", "close")}
                | {"volume": bars.volume[row], "adj_close": bars.total_return[row]}
            )
            for row, name in enumerate(("SPY", "ORCL", "AMD"))
        ).with_columns(pl.col("date") - dt.timedelta(weeks=52))
        table.write_parquet(tmp_path / f"prices{years}.parquet")
        events = {"event_id": ["a", "b", "c"], "ticker": ["ORCL", "AMD", "ORCL"]}
        when = {"date": [day - back for day in days]}
        pl.DataFrame(events | when).write_parquet(tmp_path / f"events{years}.parquet")
        made = traded(
            [mine], tmp_path / f"events{years}.parquet", tmp_path / f"prices{years}.parquet"
        )
        assert made.trades["hedge"].to_list() == ["SPY"] * 3
        assert made.trades["dividends"].abs().sum() > 0
        nets.append(made.trades["net"].to_list())
    assert nets[0] == nets[1]


def test_the_python_door_is_the_same_study(result: TradeResult, folder: Path) -> None:
    import backtest as bt

    made = bt.trade(KEYS[1], CALENDAR, "snapshot", selection="ticker:ORCL", cache=folder)
    own = result.trades.filter(strategy=KEYS[1])
    events = made.trades["event_id"].unique().to_list()
    assert ORACLE in events
    assert_frame_equal(made.trades, own.filter(pl.col("event_id").is_in(events)))


def test_a_sector_hedge_takes_its_fund_from_the_table(folder: Path, tmp_path: Path) -> None:
    import backtest as bt

    table = tmp_path / "sectors.csv"
    table.write_text("ticker,sector\nORCL,Software\nAMD,Chips\nAVGO,chips \n")
    body = "where: role = 'counterparty'\nexit: {after: 3}\n"
    funds = "hedge: {by: sector, funds: {chips: QQQ, software: SPY}}\n"
    rule(tmp_path, body + funds)
    told = {"cache": folder, "sectors": table}
    made = bt.trade(tmp_path / "mine.yaml", CALENDAR, "snapshot", **told)  # type: ignore[arg-type]
    found = dict(made.trades.select("ticker", "hedge").rows())
    assert found == {"ORCL": "SPY", "AMD": "QQQ", "AVGO": "QQQ"}
    assert set(made.untraded.filter(stage="hedge")["ticker"]) >= {"NVDA", "MSFT"}
    rule(tmp_path, body)
    with pytest.raises(BadUsage, match="no hedge of these strategies is by sector"):
        bt.trade(tmp_path / "mine.yaml", CALENDAR, "snapshot", **told)  # type: ignore[arg-type]


def test_a_role_that_nobody_has_is_refused_where_one_is_near(tmp_path: Path, folder: Path) -> None:
    slip = "direction: {counterpary: long, competitor: short}\nexit: {after: 3}\n"
    with pytest.raises(BadInput) as caught:
        traded([rule(tmp_path, slip)], CALENDAR, cache=folder)
    assert "direction: no announcement has a party of the role `counterpary`" in str(caught.value)
    assert "did you mean `counterparty`?" in str(caught.value)
    # A role that this calendar lacks, or this selection, may be there in another one.
    fair = rule(tmp_path, slip.replace("counterpary", "lender"))
    made = traded([fair], CALENDAR, cache=folder, selection=("ticker:AMD",))
    assert "the rule gives no side" in made.untraded["reason"].str.join(" ")[0]


@pytest.mark.parametrize("text", ["role = 'counterpary'", "role IN ('issuer', 'counterpary')"])
def test_a_slip_of_a_role_in_a_condition_is_refused(
    text: str, tmp_path: Path, folder: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        traded([rule(tmp_path, f"where: {text}\nexit: {{after: 3}}\n")], CALENDAR, cache=folder)
    (problem,) = caught.value.problems
    assert str(problem.where).endswith("mine.yaml:3:8")
    assert str(problem).endswith(
        "where: no announcement has a party of the role `counterpary` (did you mean "
        "`counterparty`?)"
    )


def test_a_role_that_nobody_has_is_told_where_nobody_is_chosen(
    tmp_path: Path, folder: Path
) -> None:
    told = "mine: no announcement that could be traded has a party of the role `nobody`; there are"
    none = rule(tmp_path, "where: role = 'nobody'\nexit: {after: 3}\n")
    assert any(one.startswith(told) for one in traded([none], CALENDAR, cache=folder).warnings)
    some = rule(tmp_path, "where: role IN ('nobody', 'issuer')\nexit: {after: 3}\n")
    assert not any("nobody" in one for one in traded([some], CALENDAR, cache=folder).warnings)


def test_an_announcement_after_the_close_is_one_with_a_time_too(
    tmp_path: Path, folder: Path
) -> None:
    """Oracle's was at 16:05; `hour = 'known'` goes on asking for those with a time."""

    def events(text: str) -> set[str]:
        mine = rule(tmp_path, f"where: {text}\nexit: {{after: 3}}\n")
        made = traded([mine], CALENDAR, cache=folder)
        return {*made.trades["event_id"], *made.untraded["event_id"]}

    assert ORACLE in events("hour = 'post'")
    assert ORACLE in events("hour = 'known' AND hour = 'post'")
    assert ORACLE not in events("hour IN ('pre', 'intraday', 'unknown')")
    assert events("hour = 'known'").isdisjoint(events("hour <> 'known'"))


def test_old_news_is_not_traded_when_prices_begin(tmp_path: Path, folder: Path) -> None:
    """Bars from 1 October on: what was said in September is no trade of the first session."""
    late = tmp_path / "late.parquet"
    bars_table().filter(pl.col("date") >= dt.date(2025, 10, 1)).write_parquet(late)
    mine = rule(tmp_path, "where: role = 'counterparty'\nentry: {after: 3}\nexit: {after: 3}\n")
    made = traded([mine], CALENDAR, late, cache=folder)
    assert made.trades["entry_date"].min() > dt.date(2025, 10, 6)  # type: ignore[operator]
    left = made.untraded.filter(ticker="ORCL", event_id="2025-09-10-orcl-openai-300b-wsj")
    assert left["reason"].to_list() == ["announced before the prices start"]


def test_dividends_follow_from_closes_where_none_are_told(
    result: TradeResult, tmp_path: Path, folder: Path
) -> None:
    """The shipped bars as a table have no dividends beside them, only the total-return close."""
    bars_table().write_parquet(tmp_path / "bars.parquet")
    made = traded([shipped_rule(KEYS[3])], CALENDAR, tmp_path / "bars.parquet", cache=folder)
    own = result.trades.filter(strategy=KEYS[3])
    assert own["dividends"].sum() > 500
    assert made.trades["dividends"].to_list() == pytest.approx(own["dividends"].to_list(), rel=1e-6)
    bars_table().drop("adj_close").write_parquet(tmp_path / "closes.parquet")
    none = traded([shipped_rule(KEYS[3])], CALENDAR, tmp_path / "closes.parquet", cache=folder)
    assert set(none.trades["dividends"]) == {0.0}


def test_everything_wrong_with_rules_comes_before_the_first_price(
    tmp_path: Path, folder: Path
) -> None:
    """Three faults of two rules at once; the price table is not even looked into."""
    prices = tmp_path / "prices.csv"
    prices.write_text("date,ticker,close\n2025-01-06,SPY,not a number\n")
    rules = [
        rule(tmp_path, "where: sum(ar) > 1\nexit: {until: never}\n", "one"),
        rule(tmp_path, "direction: with_reaction\nexit: {after: 2}\n", "two"),
    ]
    with pytest.raises(BadInput) as caught:
        traded(rules, CALENDAR, prices, cache=folder)
    assert [(one.code, one.where.path.name) for one in caught.value.problems] == [  # type: ignore[union-attr]
        ("bad-condition", "one.yaml"),
        ("unknown-event", "one.yaml"),
        ("foresight", "two.yaml"),
    ]


def test_what_nobody_measured_is_said(tmp_path: Path, folder: Path) -> None:
    """Without volumes there is no impact; a book with twenty times its capital would be closed."""
    bars_table().drop("volume").write_parquet(tmp_path / "quiet.parquet")
    body = "where: role = 'issuer'\nexit: {after: 40}\nsize: {value: 4}\n"
    mine = rule(tmp_path, body + "capital: {max_gross: 20, overlap: allow}\n")
    made = traded([mine], CALENDAR, tmp_path / "quiet.parquet", cache=folder)
    assert set(made.trades["impact"]) == {0.0}
    count = made.trades.height
    assert f"{count} trades have no price impact: no volumes are known before" in made.warnings
    called = [note for note in made.warnings if note.startswith("mine: on ")]
    assert "a broker would have closed it" in called[0]
