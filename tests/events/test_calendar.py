"""The shipped calendar against the index of the research notes it was written from."""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from backtest.events.exchanges import Exchange, exchange_of
from backtest.events.load import load_announcements
from backtest.events.schema import Announcement, Claim
from backtest.events.sessions import SessionClock, clock, react

CALENDAR = Path(__file__).parents[2] / "events"
SNAPSHOT = CALENDAR.parent.parent / "shared" / "data" / "snapshot"

# id | first day, ? where the hour is unknown | value in bn | financing | main tickers; Cerebras has
# the value of its day (the index: 20 bn after expansion), the AMIC letter the day it was noticed
INDEX = """
2025-09-09-orcl-fq1-2026-results        2025-09-10  317  results         ORCL,NVDA,AVGO,AMD,9984.T
2025-09-10-orcl-openai-300b-wsj         2025-09-11? 300  debt            ORCL,NVDA,MSFT,9984.T,CRWV
2025-09-22-nvda-openai-100b-loi         2025-09-22  100  vendor-equity   NVDA,ORCL,AMD,AVGO,TSM
2025-09-24-orcl-18b-notes-2025          2025-09-24  18   debt            ORCL,BAC,C,DB,GS
2025-09-30-sora2-launch                 2025-09-30? -    none            GOOGL,META,MSFT,NVDA,DIS
2025-10-06-amd-openai-6gw-warrant       2025-10-06  -    equity-warrant  AMD,NVDA,AVGO,TSM,ORCL
2025-10-07-xai-nvda-spv-20b             2025-10-08  20   spv-lease       NVDA,APO,AMD,TSLA,MU
2025-10-08-altman-interviews-oct-2025   2025-10-08? -    none            NVDA,AMD,ORCL,AVGO
2025-10-13-avgo-openai-10gw             2025-10-13  -    undisclosed     AVGO,NVDA,AMD,MRVL,ARM
2025-10-28-msft-openai-recap            2025-10-28  250  equity          MSFT,AMZN,ORCL,GOOGL,9984.T
2025-11-07-openai-amic-letter           2025-11-07? -    government      ORCL,CRWV,DELL,SMCI,GEV
2025-11-03-amzn-openai-38b              2025-11-03  38   cash-flow       AMZN,NVDA,MSFT,ORCL,CRWV
2025-11-05-openai-cfo-backstop          2025-11-06? 1400 government      NVDA,AMD,ORCL,CRWV,AVGO
2025-11-06-altman-20b-arr-post          2025-11-06? 1400 commitment-only ORCL,NVDA,AMD,AVGO,MSFT
2026-02-20-openai-compute-600b          2026-02-20? 600  commitment-only ORCL,NVDA,AMD,AVGO,MSFT
2026-02-27-openai-110b-730b             2026-02-27? 110  vendor-equity   AMZN,NVDA,9984.T,MSFT,ORCL
2025-09-23-stargate-five-sites          2025-09-23? 400  spv-lease       ORCL,9984.T,NVDA,CRWV
2025-09-25-crwv-openai-6p5b             2025-09-25? 6.5  debt            CRWV,NVDA
2025-10-01-samsung-skhynix-openai-loi   2025-10-02  70   commitment-only 005930.KS,000660.KS,MU
2025-10-07-orcl-margin-report           2025-10-07  0.9  none            ORCL,NVDA,CRWV
2025-11-19-nvda-10q-no-assurance        2025-11-20  100  vendor-equity   NVDA
2025-12-10-orcl-fq2-2026-results        2025-12-11  523  results         ORCL,NVDA,AMD,CRWV,9984.T
2025-12-12-orcl-dc-delay-2028           2025-12-12  300  debt            ORCL,NVDA,AMD,MU,ARM
2025-12-16-amzn-openai-10b-talks        2025-12-17  10   vendor-equity   AMZN,NVDA,MSFT
2025-12-17-orcl-blueowl-michigan        2025-12-17  10   spv-lease       ORCL,OWL,BX,BAC,AVGO
2026-01-14-openai-cerebras-jan-2026     2026-01-14? 10   equity-warrant  NVDA,AMD
2026-01-28-msft-fq2-2026-openai-rpo     2026-01-29  281  results         MSFT,ORCL,META
2026-01-30-nvda-openai-on-ice           2026-02-02? 100  vendor-equity   NVDA,ORCL,CRWV,AMZN
2026-02-01-orcl-45-50b-plan             2026-02-02  50   debt-and-equity ORCL,GS,C,META,NVDA
2026-02-19-nvda-30b-replaces-100b       2026-02-20  30   vendor-equity   NVDA
2026-03-06-stargate-abilene-expansion-dropped 2026-03-06? - spv-lease ORCL,META,NVDA,AMD,MSFT
2026-03-10-orcl-fq3-2026-results        2026-03-11  553  results         ORCL
2026-03-24-sora-shutdown                2026-03-24? 1    none            DIS,GOOGL
2026-03-31-openai-122b-close            2026-03-31? 122  equity          AMZN,NVDA,9984.T,MSFT,ARKK
2026-04-27-msft-openai-amended          2026-04-27? -    none            MSFT,AMZN,GOOGL,ORCL
2026-04-27-openai-missed-targets-wsj    2026-04-28  600  none            9984.T,ORCL,CRWV,AMD,NVDA
2026-05-20-openai-s1-confidential       2026-05-20? 1000 equity          GS,MS,JPM,MSFT,9984.T
2026-06-10-orcl-fq4-2026-results        2026-06-11  638  results         ORCL
2026-06-25-openai-ipo-delay             2026-06-26  1000 equity          9984.T,ORCL,CRWV,GS,MS
2026-08-17-nvda-105b-guarantee          2026-08-17  105  vendor-guarantee NVDA,9984.T,ORCL,CRWV
2026-09-10-orcl-fq1-2027-results        2026-09-11  664  results         ORCL
2026-09-29-openai-arr-70b-axios         2026-09-29? 70   none            ORCL,CRWV,NVDA,AMD,AVGO
2026-10-07-avgo-openai-50b-financing    2026-10-08  50   vendor-debt     AVGO
2026-10-08-openai-arr-50b-ft            2026-10-08  50   none            ORCL,CRWV,NVDA,AMD,AVGO
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROLES = _words(
    "announcer beneficiary competitor counterparty customer incumbent investor issuer lender "
    "partner peer petitioner rights-holder subject supplier underwriter"
)
PARTS = {"core", "extended"}
USES = {"primary", "secondary", "placebo", "confounder", "context"}
THEMES = _words(
    "openai oracle-results results chips cloud stargate financing debt equity vendor-financing "
    "policy product negative-news"
)

TRILLION = "orcl-fq1-2026-results/article-touched-a-trillion"

# what daily bars say against the claims: shown false, or not in the shipped prices at all
CONTRADICTED = {
    ("2025-09-09-orcl-fq1-2026-results", "article-soared-36"),
    ("2025-09-09-orcl-fq1-2026-results", "article-touched-a-trillion"),
    ("2025-09-09-orcl-fq1-2026-results", "close-cap-other-count"),
    ("2025-09-10-orcl-openai-300b-wsj", "soared-42-before"),
    ("2025-09-22-nvda-openai-100b-loi", "close-return"),
    ("2025-09-22-nvda-openai-100b-loi", "value-added-145"),
    ("2025-10-06-amd-openai-6gw-warrant", "article-nearly-70bn"),
    ("2025-10-06-amd-openai-6gw-warrant", "up-34"),
    ("2025-10-13-avgo-openai-10gw", "peak-return"),
    ("2025-10-13-avgo-openai-10gw", "nvda-return"),
    ("2025-11-03-amzn-openai-38b", "rose-5-to-record"),
    ("2025-12-12-orcl-dc-delay-2028", "fully-reversed"),
}
NO_SHIPPED_PRICES = {
    "2025-10-01-samsung-skhynix-openai-loi",
    "2026-04-27-openai-missed-targets-wsj",
    "2026-06-10-orcl-fq4-2026-results",
    "2026-06-25-openai-ipo-delay",
    "2026-10-08-openai-arr-50b-ft",
}


class Expected(NamedTuple):
    id: str
    first_day: dt.date
    hour_known: bool
    value: float | None
    financing: str
    tickers: frozenset[str]


def _expected() -> list[Expected]:
    rows = [line.split() for line in INDEX.strip().splitlines()]
    return [
        Expected(
            key,
            dt.date.fromisoformat(day.rstrip("?")),
            not day.endswith("?"),
            None if value == "-" else float(value) * 1e9,
            financing,
            frozenset(tickers.split(",")),
        )
        for key, day, value, financing, tickers in rows
    ]


@cache
def _calendar() -> dict[str, Announcement]:
    return {item.id: item.announcement for item in load_announcements(CALENDAR)}


@cache
def _clock(exchange: Exchange) -> SessionClock:
    return clock(exchange, start=dt.date(2025, 1, 2), end=dt.date(2026, 12, 31))


def _first_day(read: Announcement) -> dt.date:
    """The reaction session on the exchange of the first listed party."""
    first = next(party.ticker for party in read.parties if party.ticker)
    sessions = _clock(exchange_of(first))
    return react(read.announced, read.session, read.probable_session, sessions).main


def test_every_announcement_of_the_index_has_one_file_named_by_its_id() -> None:
    stems = sorted(path.stem for path in CALENDAR.glob("*.yaml"))
    assert stems == sorted(_calendar()) == sorted(row.id for row in _expected())
    assert len(stems) == 44


def test_files_name_the_schema_for_editors() -> None:
    line = "# yaml-language-server: $schema=announcement.schema.json"
    first = {path.name: path.read_text("utf-8").split("\n")[0] for path in CALENDAR.glob("*.yaml")}
    assert {name for name, found in first.items() if found != line} == set()


@pytest.mark.parametrize("row", _expected(), ids=lambda row: row.id)
def test_facts_agree_with_the_index(row: Expected) -> None:
    read = _calendar()[row.id]
    assert _first_day(read) == row.first_day
    assert read.hour_known == row.hour_known
    assert read.deal.value == row.value
    assert read.deal.financing == row.financing
    assert row.tickers <= {party.ticker for party in read.parties}


@pytest.mark.parametrize("key", sorted(row.id for row in _expected()))
def test_files_keep_the_calendars_habits(key: str) -> None:
    read = _calendar()[key]
    day = read.announced.date() if isinstance(read.announced, dt.datetime) else read.announced
    assert key.startswith(f"{day.isoformat()}-")
    assert read.timing
    assert read.announcer
    assert read.sources
    assert all(source.title and source.grade for source in read.sources)
    assert all(claim.source.title and claim.source.grade for claim in read.claims)
    assert {party.role for party in read.parties} <= ROLES
    tags = set(read.tags)
    assert len(tags) == len(read.tags)
    assert len(tags & PARTS) == len(tags & USES) == 1
    assert tags <= PARTS | USES | THEMES


def test_covariates_are_numbers() -> None:
    for read in _calendar().values():
        for attributes in (read.attributes, *(party.attributes for party in read.parties)):
            assert all(isinstance(value, int | float) for value in attributes.values())


def test_eighteen_hours_are_unknown() -> None:
    assert sum(not read.hour_known for read in _calendar().values()) == 18


def test_times_are_given_only_where_a_stamp_was_seen() -> None:
    stamped = {
        key: read.announced.astimezone(dt.UTC).isoformat()
        for key, read in _calendar().items()
        if isinstance(read.announced, dt.datetime)
    }
    assert stamped == {
        "2025-09-09-orcl-fq1-2026-results": "2025-09-09T20:05:00+00:00",
        "2025-09-24-orcl-18b-notes-2025": "2025-09-24T13:19:41+00:00",
        "2026-02-19-nvda-30b-replaces-100b": "2026-02-20T00:24:56+00:00",
        "2026-06-10-orcl-fq4-2026-results": "2026-06-10T20:13:46+00:00",
        "2026-08-17-nvda-105b-guarantee": "2026-08-17T12:43:00+00:00",
    }


def test_sixteen_announcements_are_core() -> None:
    assert sum("core" in read.tags for read in _calendar().values()) == 16


@pytest.mark.parametrize(
    ("place", "quantity", "basis", "value", "comparison"),
    [
        ("orcl-fq1-2026-results/article-soared-36", "return", "intraday_high", 0.36, "about"),
        (TRILLION, "market_cap", "intraday_high", 1e12, "at_least"),
        ("amd-openai-6gw-warrant/article-nearly-70bn", "market_cap_change", "close", 70e9, "about"),
    ],
)
def test_the_articles_claims_stand_as_made(
    place: str, quantity: str, basis: str, value: float, comparison: str
) -> None:
    event, name = place.split("/")
    read = next(read for key, read in _calendar().items() if key.endswith(event))
    claim = next(claim for claim in read.claims if claim.id == name)
    assert (claim.quantity, claim.basis, claim.value) == (quantity, basis, value)
    assert (claim.window, claim.comparison) == ((0, 0), comparison)
    assert (claim.source.publisher, claim.source.date) == ("DoNews", dt.date(2025, 10, 13))


@pytest.mark.shared
def test_claims_are_true_or_false_as_the_daily_bars_say() -> None:
    if not SNAPSHOT.is_dir():
        pytest.skip("the developers' reference data is not beside the project")
    contradicted, unmeasured = set(), set()
    for key, read in _calendar().items():
        for claim in read.claims:
            measured = _measure(claim, _first_day(read))
            if measured is None:
                unmeasured.add(key)
            elif not _holds(claim, measured):
                contradicted.add((key, claim.id))
    assert contradicted == CONTRADICTED
    assert unmeasured == NO_SHIPPED_PRICES


def _measure(claim: Claim, first_day: dt.date) -> float | None:
    """What the bars of the developers' reference data say, by plain arithmetic; None if silent."""
    bars = _table(claim.ticker)
    zero = next((i for i, bar in enumerate(bars) if bar["date"] == first_day.isoformat()), None)
    if zero is None:
        return None
    start, end = zero + claim.window[0], zero + claim.window[1]
    before = float(bars[start - 1]["close"])
    inside = bars[start : end + 1]
    price = {
        "close": float(inside[-1]["close"]),
        "intraday_high": max(float(bar["high"]) for bar in inside),
        "intraday_low": min(float(bar["low"]) for bar in inside),
    }[claim.basis]
    if claim.quantity == "return":
        return price / before - 1
    shares = _shares(claim.ticker, inside[-1]["date"])
    return shares * (price - (before if claim.quantity == "market_cap_change" else 0))


def _holds(claim: Claim, measured: float) -> bool:
    slack = claim.tolerance * abs(claim.value)
    if claim.comparison == "at_least":
        return measured >= claim.value - slack
    return abs(measured - claim.value) <= slack


def _table(name: str) -> list[dict[str, str]]:
    path = SNAPSHOT / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _shares(ticker: str, day: str) -> float:
    known = [row for row in _table("shares") if row["ticker"] == ticker]
    return float([row["shares"] for row in known if row["known_from"] <= day][-1])
