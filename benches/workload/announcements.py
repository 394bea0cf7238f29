"""Folders of SIMULATED announcements: made-up parties and dates, titles that say so.

`full` has the shape and the size of the shipped calendar's files: each is one of them with other
tickers and another date (about 2,700 characters, seven listed parties). `compact` is the smallest
file a study can use: one party and one claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from workload.universe import BENCHMARK, PROJECT, Universe

FULL, COMPACT = "full", "compact"

_TICKER = re.compile(r"(?<=\bticker: )[A-Z0-9.]+")
_DATE = re.compile(r"^announced: \d{4}-\d{2}-\d{2}", re.MULTILINE)
_COMPACT = """\
id: NAME
title: one
announced: 2025-10-06T07:00:00-05:00
parties:
  - {ticker: AAA, role: counterparty}
deal: {value: 1.0e9, currency: USD, financing: equity-warrant}
claims:
  - id: one-day
    says: rose by five per cent
    ticker: AAA
    quantity: return
    basis: close
    value: 0.05
    tolerance: 0.05
    source: {title: simulated, publisher: nobody, date: 2025-10-13, url: null}
tags: [simulated]
"""


def write_announcements(folder: Path, kind: str, count: int, universe: Universe) -> None:
    """Write `count` files into `folder`.

    Args:
        folder: where to.
        kind: `full` or `compact`.
        count: how many.
        universe: whose tickers and sessions are drawn.
    """
    shipped = sorted((PROJECT / "events").glob("*.yaml"))
    templates = [_COMPACT] if kind == COMPACT else [path.read_text("utf-8") for path in shipped]
    draws = _draws(universe, count)
    for number, (date, tickers) in enumerate(draws):
        name = f"simulated-{number:05d}"
        text = _filled(templates[number % len(templates)], name, date, tickers)
        (folder / f"{name}.yaml").write_text(text, "utf-8")


def move(path: Path) -> None:
    """Give the announcement another date: one of two days in May 2025, never the one it has."""
    text = path.read_text("utf-8")
    day = "2025-05-06" if "announced: 2025-05-05" in text else "2025-05-05"
    path.write_text(_DATE.sub(f"announced: {day}", text), "utf-8")


def _draws(universe: Universe, count: int) -> Iterator[tuple[str, list[str]]]:
    """Yield a date and tickers enough for any template."""
    rng = np.random.default_rng(3)
    table = universe.prices
    tickers = np.array(sorted(set(table["ticker"].unique()) - {BENCHMARK}))
    dates = table["date"].unique().sort().cast(str).to_numpy()[280:-15]
    for _ in range(count):
        yield str(rng.choice(dates)), rng.choice(tickers, 40, replace=False).tolist()


def _filled(template: str, name: str, date: str, tickers: list[str]) -> str:
    """Return the template with another name, date and parties; one ticker stays one ticker."""
    drawn = iter(tickers)
    given = {old: next(drawn) for old in dict.fromkeys(_TICKER.findall(template))}
    text = _TICKER.sub(lambda match: f'"{given[match[0]]}"', template)
    text = _DATE.sub(f"announced: {date}", text)
    text = re.sub(r"^id: .*$", f"id: {name}", text, count=1, flags=re.MULTILINE)
    return re.sub(
        r"^title: .*$", f"title: SIMULATED announcement {name}", text, count=1, flags=re.MULTILINE
    )
