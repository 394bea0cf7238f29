"""The ledger: verdicts joined with what was said."""

from __future__ import annotations

from pathlib import Path

from support.cli import CALENDAR

from backtest.report.html.ledger import ledger
from backtest.report.html.sources import announcements_of
from backtest.report.html.told import what_is_told
from backtest.results.result import StudyResult

AMD = "2025-10-06-amd-openai-6gw-warrant"


def test_every_claim_is_there_with_its_words(shipped: StudyResult, warm: Path) -> None:
    told = announcements_of(CALENDAR, cache_dir=warm)
    found = ledger(shipped, told)
    assert len(found.entries) == len(shipped.claims)
    assert sum(found.counts.values()) == len(shipped.claims)
    entries = {one.claim: one for one in found.of(AMD)}
    article = entries["article-nearly-70bn"]
    assert article.says == "market value rose by nearly $70 billion in one day"
    assert (article.verdict, article.basis, article.fits) == ("contradicted", "close", None)
    assert article.claimed == 70.0e9
    assert article.currency == "USD"
    assert article.url is None
    closed = entries["close-return"]
    assert closed.url is not None
    assert closed.url.startswith("https://")
    assert closed.url not in closed.source
    assert "Latest News and Updates" in closed.source
    soared = next(one for one in found.entries if one.claim == "article-soared-36")
    assert (soared.basis, soared.fits) == ("intraday high", "close")


def test_without_the_files_the_verdicts_stay(shipped: StudyResult) -> None:
    found = ledger(shipped, ())
    assert [one.verdict for one in found.entries] == shipped.claims["verdict"].to_list()
    assert all(one.says is None and one.url is None for one in found.entries)


def test_what_is_told_of_the_deal(warm: Path) -> None:
    (event,) = announcements_of(CALENDAR, ["2025-09-10-orcl*"], warm)
    told = what_is_told(event)
    assert dict(told.deal)["Value"] == "$300.0bn"
    assert dict(told.deal)["Term"] == "5 years"
    assert len(told.news) == len(event.confounders)
    assert told.sources[0].url == "https://archive.ph/fUGqA"
    assert told.sources[0].detail == "Wall Street Journal, 2025-09-10, grade B"
    assert what_is_told(None).deal == []
