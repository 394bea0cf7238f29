"""A result as a notebook shows it: what was studied, the averages, the CARs; needs no extra."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

from backtest.notation import LEGEND, number, percent, span, stars

if TYPE_CHECKING:
    from backtest.results.result import StudyResult
    from backtest.spec import StudySpec, Window

ROWS = 20
"""Observations shown; the table has all."""

_GROUPS = ("role:counterparty", "all")

_STYLE = (
    "<style>.backtest-result table{border-collapse:collapse;margin:.5em 0;font-variant-numeric:"
    "tabular-nums}.backtest-result caption{text-align:left;font-weight:600;padding:.3em 0}"
    ".backtest-result th,.backtest-result td{padding:.15em .7em .15em 0;text-align:right}"
    ".backtest-result .words{text-align:left}.backtest-result thead th{border-bottom:1px solid;"
    "font-weight:600;white-space:nowrap}.backtest-result p{margin:.3em 0;max-width:60em}</style>"
)


def html(result: StudyResult) -> str:
    """Return a result as a piece of a page; every word that came from a file is escaped."""
    parts = [
        _STYLE,
        f"<p><strong>Event study of {escape(result.provenance.events)}</strong></p>",
        *(f"<p>{escape(line)}</p>" for line in _header(result)),
        _averages(result),
        _cars(result),
        *(f"<p>{escape(line)}</p>" for line in _footer(result)),
    ]
    return f'<div class="backtest-result">{"".join(parts)}</div>'


def _header(result: StudyResult) -> list[str]:
    import polars as pl

    spec, told = result.spec, result.provenance
    used = result.fits.filter(~pl.col("alternative"), pl.col("status") == "ok")
    pairs = used.select("event_id", "ticker").n_unique() if len(used) else 0
    events = used["event_id"].n_unique()
    used_to = f", read to {told.prices_to}" if (told.prices_to or "") not in told.prices else ""
    measured = "" if spec.measure == "return" else f", of {spec.measure}"
    return [
        f"Prices: {told.prices}{used_to}.",
        f"Model: {', '.join(spec.models)} on {spec.benchmark}{measured}, {spec.returns} returns, "
        f"estimated on {span(spec.estimation)}, event window {span(spec.window)}.",
        f"Studied: {pairs:,} event × ticker in {events:,} event{'' if events == 1 else 's'}; "
        f"left out {len(result.excluded):,}, each with its reason in the table excluded.",
    ]


def _averages(result: StudyResult) -> str:
    """Return CAAR by window of the groups that a reader asks for first."""
    import polars as pl

    spec = result.spec
    known = result.sample_designs.filter(pl.col("model") == spec.models[0])
    chosen = [group for group in _GROUPS if group in known["group"].to_list()]
    rows = []
    for group in chosen:
        design = known.filter(pl.col("group") == group).row(0, named=True)
        own = result.sample_tests.filter(
            pl.col("group") == group, pl.col("model") == spec.models[0]
        )
        # Without a headline test, for a single observation, any test's rows have the mean.
        test = design["headline"] or own["test"][0]
        tested = own.filter(pl.col("test") == test)
        found = {(one["start"], one["end"]): one for one in tested.iter_rows(named=True)}
        cells = [_cell(spec, found.get((car.start, car.end), {}), "mean") for car in spec.cars]
        rows.append([group, f"{design['n']:,}", design["headline"] or "–", *cells])
    if not rows:
        return ""
    return _table(
        "Average cumulative abnormal returns, stars by the headline test",
        ["group", "n", "test", *_windows(spec)],
        rows,
        words=(0, 2),
    )


def _cars(result: StudyResult) -> str:
    """Return the first CARs: those of the first model's main sessions."""
    import polars as pl

    spec, key = result.spec, ["event_id", "ticker"]
    own = result.cars.filter(pl.col("model") == spec.models[0], ~pl.col("alternative"))
    pairs = own.select(key).unique(maintain_order=True)
    if pairs.is_empty():
        return ""
    shown = pairs.head(ROWS).join(
        result.headlines.select("event_id", "title"),
        on="event_id",
        how="left",
        maintain_order="left",
    )
    cars: dict[tuple[str, str], dict[tuple[int, int], dict[str, Any]]] = {}
    for one in own.join(shown, on=key, how="semi").iter_rows(named=True):
        cars.setdefault((one["event_id"], one["ticker"]), {})[one["start"], one["end"]] = one
    rows, before = [], ""
    for event_id, ticker, title in shown.select(*key, "title").iter_rows():
        windows = cars[event_id, ticker]
        cells = [_cell(spec, windows.get((car.start, car.end), {}), "car") for car in spec.cars]
        rows.append([(title or event_id) if event_id != before else "", ticker, *cells])
        before = event_id
    more = "" if len(pairs) <= ROWS else f", the first {ROWS} of {len(pairs):,}"
    return _table(
        f"Cumulative abnormal returns{more}; stars by the t test of the event",
        ["event", "ticker", *_windows(spec)],
        rows,
        words=(0, 1),
    )


def _footer(result: StudyResult) -> list[str]:
    claims = Counter(result.claims["verdict"].to_list())
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in claims.most_common())
    lines = [LEGEND.replace("   ", ", ")]
    if told:
        lines.append(f"Claims: {told}.")
    return [*lines, *result.warnings]


def _windows(spec: StudySpec) -> list[str]:
    return [_heading(car) for car in spec.cars]


def _heading(car: Window) -> str:
    return f"CAR {span(car)}"


def _cell(spec: StudySpec, row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    shown = percent(value) if spec.measure == "return" else number(value)
    return shown + stars(row.get("p")).strip()


def _table(caption: str, heads: list[str], rows: list[list[str]], words: tuple[int, ...]) -> str:
    """Return a table; `words` are the columns of text, which stand on the left."""

    def line(cells: list[str], tag: str, scope: str = "") -> str:
        return "".join(
            f"<{tag}{scope}{_left(place in words)}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )

    scope = ' scope="col"'
    head = f"<thead><tr>{line(heads, 'th', scope)}</tr></thead>"
    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption>{head}<tbody>{body}</tbody></table>"


def _left(words: bool) -> str:
    return ' class="words"' if words else ""
