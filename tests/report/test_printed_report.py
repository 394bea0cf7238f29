"""The printed report at every width, on terminals and in pipes."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len
from support.bulk import save
from support.cli import CALENDAR
from support.printed import lines_of

import backtest as bt
from backtest.report import formats
from backtest.report._claims import show_ledger
from backtest.report._console import PIPE_WIDTH
from backtest.results.result import StudyResult

WIDTHS = (40, 60, 80, 100, 120, 160, 250)
ESCAPE = "\x1b"
ORACLE = "Oracle's first fiscal quarter of 2026"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def printed(result: StudyResult, stream: io.StringIO | None = None, key: str = "table") -> str:
    stream = stream or io.StringIO()
    formats.get(key).show(result, stream)
    return stream.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal_or_ends_in_blanks(
    shipped: StudyResult, width: int
) -> None:
    for line in shipped.summary(width).splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_ledger_is_no_wider_than_the_terminal(
    shipped: StudyResult, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = io.StringIO()
    show_ledger(shipped, stream)
    assert all(cell_len(line) <= width for line in stream.getvalue().splitlines())


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
def test_every_width_shows_the_figures_that_matter(shipped: StudyResult, width: int) -> None:
    block = lines_of(shipped.summary(width), ORACLE)
    row = next(line for line in block if line.startswith("  ORCL "))
    for figure in ("+35.95%", "+35.38%***", "16.3", "+$243.9bn"):
        assert figure in row
    text = " ".join(" ".join(block).split())
    assert "✗ contradicted ORCL article-soared-36: +43.15% at the intraday high" in text
    assert "left out 9984.T: not among the 12 securities of the shipped snapshot" in text
    assert "reacts Wed 10 Sep 2025" in text


def test_wide_terminals_show_more(shipped: StudyResult) -> None:
    def head(width: int) -> str:
        block = lines_of(shipped.summary(width), ORACLE)
        (line,) = (line for line in block if line.startswith("  ticker"))
        return line

    heads = {width: head(width) for width in WIDTHS}
    assert heads[60].split() == [*("ticker", "return", "AR", "t", "CAR", "−1:1", "Δ", "cap")]
    assert "CAR −10:10" in heads[80]
    assert "peak" in heads[100]
    assert "÷ value" in heads[160]
    for narrow, wide in pairwise(WIDTHS):
        assert set(heads[narrow].split()) <= set(heads[wide].split())


def test_columns_stand_under_each_other(shipped: StudyResult) -> None:
    text = shipped.summary(160)
    tables = [line for line in text.splitlines() if re.match(r"  ticker ", line)]
    assert len(tables) > 20
    assert len(set(tables)) == 1
    head = tables[0]
    ends = {head.index(name) + len(name) for name in ("return", "Δ cap", "peak", "abnormal")}
    row = next(line for line in lines_of(text, ORACLE) if line.startswith("  ORCL "))
    assert ends <= {match.end() for match in re.finditer(r"\S+", row)}


def test_second_candidates_stand_below_the_main_session(shipped: StudyResult) -> None:
    block = lines_of(shipped.summary(160), "WSJ names OpenAI as the buyer")
    place = block.index("  if it reacted Wed 10 Sep 2025 instead")
    oracle = [number for number, line in enumerate(block) if line.startswith("  ORCL ")]
    assert len(oracle) == 2
    assert oracle[0] < place < oracle[1]
    assert "−6.23%" in block[oracle[0]]
    assert "+35.95%" in block[oracle[1]]


def test_the_header_says_what_was_done(shipped: StudyResult) -> None:
    text = shipped.summary(120)
    source = "shipped snapshot, 12 securities to 2026-05-29; close: unadjusted + adj_close"
    assert f"prices      {source}\n" in text
    assert "market on SPY, simple returns, estimated on -260:-11 (at least 100 days)" in text
    assert "event -10:10, CARs 0:0, -1:1, -5:5, -10:10, 0:5, 0:10, strict" in text
    used = shipped.fits.filter(~pl.col("alternative"), status="ok")
    told = f"studied     {len(used)} event × ticker in {used['event_id'].n_unique()} events"
    assert told in text


def test_the_footer_counts_what_the_tables_hold(shipped: StudyResult) -> None:
    text = shipped.summary(160)
    verdicts = dict(shipped.claims["verdict"].value_counts().iter_rows())
    told = ", ".join(
        f"{verdicts[name]} {name}" for name in ("confirmed", "contradicted", "unverifiable")
    )
    assert f"Claims: {told} (`backtest claims` for the ledger)" in text
    prices = len(shipped.excluded.filter(stage="prices"))
    assert f"Left out: {prices} without a price" in text


def test_pipes_have_no_escape_codes(shipped: StudyResult) -> None:
    text = printed(shipped)
    assert ESCAPE not in text
    assert max(map(cell_len, text.splitlines())) <= PIPE_WIDTH


def test_columns_of_the_environment_are_respected(
    shipped: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    for told, width in (("72", 72), ("0", PIPE_WIDTH), ("wide", PIPE_WIDTH), ("", PIPE_WIDTH)):
        monkeypatch.setenv("COLUMNS", told)
        assert printed(shipped).rstrip("\n") == shipped.summary(width)


def test_terminals_have_colours_unless_they_are_not_wanted(
    shipped: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    coloured = printed(shipped, Terminal())
    assert ESCAPE in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == shipped.summary(100).split()
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE not in printed(shipped, Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in printed(shipped, Terminal())


def test_a_stream_that_knows_few_characters_gets_similar_ones(shipped: StudyResult) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    formats.get("table").show(shipped, stream)
    stream.flush()
    assert b"+35.95%" in raw.getvalue()
    assert b"x contradicted" in raw.getvalue()
    assert b"-10:10" in raw.getvalue()


def test_groups_beyond_what_fits_are_counted(shipped: StudyResult) -> None:
    one = shipped.sample_tests.filter(group="all")
    many = pl.concat(
        [
            one.with_columns(pl.col("mean") + number, group=pl.lit(f"tag:t{number:02}"))
            for number in range(45)
        ]
    )
    groups = many.select("group").unique(maintain_order=True)
    design = shipped.sample_designs.filter(group="all").drop("group")
    designs = groups.join(design, how="cross").select(shipped.sample_designs.columns)
    text = replace(shipped, sample_tests=many, sample_designs=designs).summary(100)
    assert "… and 5 more groups in the table `sample_tests`" in text


def test_the_headline_group_is_who_gained(shipped: StudyResult) -> None:
    assert "Every test for role:counterparty" in shipped.summary(100)


def test_sessions_that_differ_are_named(shipped: StudyResult) -> None:
    """Tokyo reacts a day later; its figures here are Oracle's under another name."""
    event = "2025-10-06-amd-openai-6gw-warrant"

    def moved(frame: pl.DataFrame) -> pl.DataFrame:
        other = frame.filter(event_id=event, ticker="ORCL").with_columns(ticker=pl.lit("9984.T"))
        if "session" in frame.columns:
            other = other.with_columns(
                session=pl.col("session") + pl.duration(days=1), exchange=pl.lit("XTKS")
            )
        return pl.concat([frame, other])

    names = ("abnormal_returns", "cars", "market_caps", "observations")
    result = shipped.with_tables(**{name: moved(getattr(shipped, name)) for name in names})
    block = lines_of(result.summary(100), "AMD supplies OpenAI")
    assert "  reacting Mon 6 Oct 2025 (XNYS)" in block
    assert block[block.index("  reacting Tue 7 Oct 2025 (XTKS)") + 1].startswith("  9984.T ")


def test_the_calendar_needs_no_colour_to_be_read(cache: Path) -> None:
    result = bt.run(CALENDAR, "snapshot", selection=["ticker:AMD"], cache=cache)
    for mark in ("✓ confirmed", "✗ contradicted", "? unverifiable"):
        assert mark in result.summary(80)


def test_the_event_day_keeps_its_stars_and_multiple_without_a_window_of_its_own(
    tmp_path: Path,
) -> None:
    """The columns speak of the event day, whichever CAR windows were asked for."""
    rows = []
    for cars in ("0:0,-1:1", "-1:1", "-5:5,-1:1"):
        text = bt.run(
            CALENDAR, "snapshot", selection="2025-09-10*", cars=cars, cache=tmp_path
        ).summary(160)
        (row,) = (
            line for line in text.splitlines() if line.startswith("  ORCL") and "−6.23%" in line
        )
        rows.append(row.split())
    for row in rows:
        assert row[3] == "−7.57%***"
        assert row[-1] == "−0.23"


def test_columns_without_room_are_named(shipped: StudyResult) -> None:
    """Every column of the widest report is either shown or named as hidden."""

    def heads(width: int) -> tuple[str, str]:
        lines = shipped.summary(width).splitlines()
        (shown,) = {line for line in lines if line.startswith("  ticker ")}
        text = " ".join(" ".join(lines).split())
        return shown, text.partition(" hidden ")[2].partition(": a wider terminal")[0]

    for width in WIDTHS:
        shown, hidden = heads(width)
        named = [name for name in hidden.split(", ") if name]
        for name in ("CAR −10:10", "CAR 0:10", "Δ cap", "peak", "abnormal", "÷ value"):
            assert (name in shown) != (name in named), (width, name)
    assert "hidden" not in shipped.summary(250)


@pytest.fixture
def gappy(tmp_path: Path, cache: Path) -> Any:
    """Study Oracle's day at the shipped closes without that of the session after the next."""

    def study(**options: Any) -> StudyResult:
        from backtest.prices.providers.snapshot import read_table

        closes = read_table("bars").select("date", "ticker", "close")
        gone = (pl.col("ticker") == "ORCL") & (pl.col("date").cast(pl.String) == "2025-09-12")
        prices = save(closes.filter(~gone), tmp_path / "gap.csv")
        return bt.run(CALENDAR, prices, selection="2025-09-09-orcl-fq1*", cache=cache, **options)

    return study


def test_cars_over_fewer_days_than_their_window_are_marked(gappy: Any) -> None:
    """A missing close costs two returns: day 2 and day 3."""
    block = lines_of(gappy(missing="lenient").summary(250), ORACLE)
    row = next(line for line in block if line.startswith("  ORCL "))
    assert row.count("†") == 4
    assert re.search(r"\+35\.\d\d%\*\*\* ", row)
    other = next(line for line in block if line.startswith("  MSFT "))
    assert "†" not in other
    told = "ORCL −5:5 9 of 11, −10:10 19 of 21, 0:5 4 of 6, 0:10 9 of 11"
    assert f"  †  days with a return: {told}" in block
    # The figures stay under each other.
    ends = [[one.end() for one in re.finditer(r"[\d.]+%", line)] for line in (row, other)]
    assert ends[0] == ends[1]
    assert "†" not in gappy().summary(250)


def test_a_missing_share_count_is_told_under_its_event(shipped: StudyResult, gappy: Any) -> None:
    """Of the shipped securities TSM alone has no counts in October 2025."""
    block = lines_of(shipped.summary(160), "AMD supplies OpenAI")
    told = [line for line in block if "share count was known" in line and "left out" not in line]
    assert told == ["  no Δ cap  TSM: no share count was known by 2025-10-06"]
    (line,) = (one for one in lines_of(gappy().summary(250), ORACLE) if "no Δ cap" in one)
    assert line.startswith("  no Δ cap  ORCL, ")


def test_groups_with_the_same_members_are_one_row(cache: Path) -> None:
    """Every party of one announcement has its tags."""
    result = bt.run(CALENDAR, "snapshot", selection="2025-10-06-amd*", cache=cache)
    block = lines_of(result.summary(160), "Average abnormal returns by group")
    groups = [line.split()[0] for line in block[3:]]
    roles = [f"role:{one}" for one in ("competitor", "counterparty", "investor", "partner")]
    assert groups == ["all", "same", *roles, "role:supplier"]
    tags = result.sample_tests.filter(pl.col("group").str.starts_with("tag:"))["group"]
    assert block[4] == "    same members:  " + ", ".join(tags.unique(maintain_order=True))
