"""Small files that would take all memory or all time: refused at once, in little of either."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from support.bad_input import EVENTS, PRICES, Study
from support.bulk import save
from support.cli import Command

MEMORY = 1_000_000_000
"""Bytes a process may have; Python and what checks a calendar have less than 100 million."""
SECONDS = 60
MILLION = 1_000_000


def _aliases() -> str:
    """Nine to the eleventh items in a thousand characters (the "billion laughs")."""
    levels = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    return "\n".join(("a0: &a0 [x, x, x, x, x, x, x, x, x]", *levels))


BOMBS: dict[str, tuple[Callable[[], str], str]] = {
    "aliases": (_aliases, "aliases (`*name`) make this file grow beyond its own size"),
    "alias of itself": (lambda: "a: &a [*a, *a]", "an alias that holds itself"),
    "brackets": (lambda: "[" * MILLION, "nested deeper than 32 levels"),
    "braces": (lambda: "{a: " * MILLION, "nested deeper than 32 levels"),
    "lists": (lambda: "- " * MILLION, "nested deeper than 32 levels"),
    "keys": (lambda: "? " * MILLION, "nested deeper than 32 levels"),
    "digits": (lambda: f"id: x\ndeal: {{value: {'9' * 4 * MILLION}}}", "expected a number"),
    "a long name": (lambda: "id: " + "a" * 4 * MILLION, "too long: 4000000 of at most 120"),
    "a long title": (lambda: "title: " + "a" * 4 * MILLION, "too long: 4000000 of at most 200"),
    "anchors": (lambda: "\n".join(f"k{n}: &a{n} x" for n in range(50_000)), "k0: unknown field"),
    "repeated keys": (lambda: "k: 1\n" * 100_000, "k: given twice, first in line 1"),
    "announcements": (lambda: "- {}\n" * 100_000, "the rest is left unread"),
    "a hundred megabytes": (lambda: "title: " + "x" * 100 * MILLION, "has 100,000,007 bytes"),
}


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.skipif(sys.platform == "darwin", reason="no limit of memory is kept there")
@pytest.mark.parametrize("name", BOMBS)
def test_a_calendar_that_is_a_bomb(name: str, tmp_path: Path) -> None:
    made, told = BOMBS[name]
    (tmp_path / "bomb.yaml").write_text(made())
    ran = subprocess.run(
        [sys.executable, "-m", "backtest", "events", "list", "--events", "bomb.yaml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=_limited,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        cwd=tmp_path,
    )
    assert ran.returncode == 2, ran.stderr[-2000:]
    assert "Traceback" not in ran.stderr
    assert told in ran.stderr
    assert len(max(ran.stderr.splitlines(), key=len)) < 3_000


def test_a_name_that_fills_a_table(study: Study) -> None:
    """A hundred megabytes of it once took more than ten minutes to print."""
    long = EVENTS.with_columns(event_id=pl.lit("x" * 20 * MILLION)).head(1)
    assert study(events=long).refused(2).endswith("row 1: `event_id` has more than 200 characters")


def test_an_attribute_that_nobody_reads(study: Study) -> None:
    long = EVENTS.with_columns(desk=pl.lit("y" * 30_000))
    line = study(events=long.head(1)).refused(2)
    assert line.endswith("row 1: `desk` has more than 20,000 characters")
    assert study(events=EVENTS.with_columns(desk=pl.lit("y" * 20_000))).code == 0


@pytest.mark.parametrize("of", ["events", "prices"])
def test_a_column_without_end(study: Study, of: str) -> None:
    tables = {"events": EVENTS, "prices": PRICES}
    key = "ticker" if of == "events" else "close"
    tables[of] = tables[of].rename({key: "z" * 5 * MILLION})
    line = study(**tables).refused(2)  # type: ignore[arg-type]
    assert f"no column `{key}`" in line
    assert len(line) < 3_000


def test_a_ticker_without_end(study: Study, cli: Command, tmp_path: Path) -> None:
    first = pl.int_range(pl.len()) == 0
    tickers = pl.when(first).then(pl.lit("Q" * 5 * MILLION)).otherwise("ticker")
    prices = PRICES.with_columns(ticker=tickers)
    assert study(prices=prices).code == 0
    line = cli("prices", "import", save(prices, tmp_path / "own.csv")).refused(2)
    assert "QQQ` is no ticker: it is longer than 100 characters" in line
    assert len(line) < 1_000


def test_a_ticker_that_commands_is_not_imported(cli: Command, tmp_path: Path) -> None:
    prices = PRICES.filter(ticker="AAA").with_columns(ticker=pl.lit("A\x1b[2J"))
    line = cli("prices", "import", save(prices, tmp_path / "own.parquet")).refused(2)
    assert "`A\\x1b[2J` is no ticker" in line
