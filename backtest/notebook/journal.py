"""Tables of a result as journals print them: stars, standard errors in brackets, notes (GT)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backtest.charts.selection import members_of, model_of
from backtest.charts.units import unit
from backtest.errors import BadUsage, did_you_mean
from backtest.extras import needed
from backtest.notation import number, span, stars

if TYPE_CHECKING:
    import great_tables as gt
    import polars as pl

    from backtest.results.result import StudyResult
    from backtest.spec import Window

MOST = 300
"""Rows of a table; of more, those whose |t| is largest in the first window are shown."""

_EVENT, _PARTY, _LABEL = "event", "security", "statistic"
_LEGEND = "* p < 10 %, ** p < 5 %, *** p < 1 %"


def journal(
    result: StudyResult, name: str, window: Window | None, group: str, model: str | None
) -> gt.GT:
    """Return a table of the name given; see `StudyResult.table`."""
    makers = {"cars": _cars, "sample_tests": _tests}
    if name not in makers:
        raise BadUsage.because(
            "no-such-table",
            f"there is no journal table `{name}`",
            field="name",
            hint=did_you_mean(name, makers)
            or f"there are: {', '.join(makers)}; every table itself is an attribute of the result",
        )
    with needed("journal tables"):
        import great_tables  # noqa: F401
    return makers[name](result, _windows(result, window), group, model_of(result, model))


def _windows(result: StudyResult, window: Window | None) -> list[Window]:
    cars = list(result.spec.cars)
    if window is None:
        return cars
    if window not in cars:
        raise BadUsage.because(
            "no-such-window",
            f"the study has no CAR over {window}",
            field="window",
            hint=f"it has: {', '.join(str(car) for car in cars)}",
        )
    return [window]


def _cars(result: StudyResult, windows: list[Window], group: str, model: str) -> gt.GT:
    """Return a row a security, grouped by event, with the CAR of each window."""
    import polars as pl

    key = ["event_id", "ticker"]
    members = members_of(result, group)
    own = result.cars.filter(pl.col("model") == model, ~pl.col("alternative")).join(
        members, on=key, how="semi"
    )
    first = (pl.col("start") == windows[0].start) & (pl.col("end") == windows[0].end)
    strongest = own.filter(first).sort(pl.col("t").abs(), descending=True, nulls_last=True)
    chosen = strongest.head(MOST).select(key)
    shown = members.join(chosen, on=key, how="semi", maintain_order="left")
    columns: dict[str, list[str]] = {_EVENT: [], _PARTY: []}
    columns.update((span(window), []) for window in windows)
    found = {
        (one["event_id"], one["ticker"], one["start"], one["end"]): one
        for one in own.join(shown, on=key, how="semi").iter_rows(named=True)
    }
    titles = _titles(result)
    for event_id, ticker in shown.iter_rows():
        columns[_EVENT].append(titles[event_id])
        columns[_PARTY].append(ticker)
        for window in windows:
            one = found.get((event_id, ticker, window.start, window.end), {})
            columns[span(window)].append(_estimate(result, one, "car"))
    cut = f" The {len(shown):,} of {len(members):,} with the largest |t|." * (
        len(shown) < len(members)
    )
    return _made(
        pl.DataFrame(columns),
        [span(window) for window in windows],
        f"Cumulative abnormal {unit(result.spec.measure).several} by event",
        f"{group}, {model} model, N = {len(members):,}",
        f"CAR over sessions from the event day{_in(result)}, standard errors of prediction in "
        f"brackets. {_LEGEND}: two-sided t test with M − K degrees of freedom.{cut}",
        "CAR over sessions",
    )


def _titles(result: StudyResult) -> dict[str, str]:
    """Return title by event, with the event's name where several have the same."""
    titles = dict(result.headlines.select("event_id", "title").iter_rows())
    counts = Counter(titles.values())
    return {
        event_id: title if counts[title] == 1 else f"{title} ({event_id})"
        for event_id, title in titles.items()
    }


def _tests(result: StudyResult, windows: list[Window], group: str, model: str) -> gt.GT:
    """Return the averages of a group and the statistic of every test, by window."""
    import polars as pl

    members_of(result, group)
    own = result.sample_tests.filter(pl.col("group") == group, pl.col("model") == model)
    found: dict[tuple[str, int, int], dict[str, Any]] = {
        (one["test"], one["start"], one["end"]): one for one in own.iter_rows(named=True)
    }
    tests = own["test"].unique(maintain_order=True).to_list()
    columns: dict[str, list[str]] = {_LABEL: [], **{span(window): [] for window in windows}}
    for label, cells in _test_rows(result, found, tests, windows):
        columns[_LABEL].append(label)
        for window, cell in zip(windows, cells, strict=True):
            columns[span(window)].append(cell)
    design = result.sample_designs.filter(pl.col("group") == group, pl.col("model") == model)
    why = design["why"][0] if len(design) else ""
    reasons = own.drop_nulls("reason")["reason"].unique(maintain_order=True).to_list()
    lacking = f" –: {'; '.join(reasons)}." if reasons else ""
    return _made(
        pl.DataFrame(columns),
        [span(window) for window in windows],
        f"Average cumulative abnormal {unit(result.spec.measure).several} and their tests",
        f"{group}, {model} model",
        f"CAAR and median{_in(result)}; of a test its statistic. {_LEGEND}, two-sided, each by its "
        f"own test. Which to trust: {why}.{lacking}",
        "CAR over sessions",
        rowname=_LABEL,
    )


def _test_rows(
    result: StudyResult,
    found: dict[tuple[str, int, int], dict[str, Any]],
    tests: Sequence[str],
    windows: Sequence[Window],
) -> Iterator[tuple[str, list[str]]]:
    """Yield a label and a cell for every window."""
    from backtest.inference import tests as registry

    def row(test: str, window: Window) -> dict[str, Any]:
        return found.get((test, window.start, window.end), {})

    figure = _figure(result)
    if tests:
        own = [row(tests[0], window) for window in windows]
        yield "CAAR", [figure(one.get("mean")) for one in own]
        yield "Median", [figure(one.get("median")) for one in own]
        yield "Share above zero, %", [_percent(one.get("share_positive")) for one in own]
        yield "N", [f"{one.get('n', 0):,}" for one in own]
    for test in tests:
        cells = [row(test, window) for window in windows]
        yield registry.get(test).title, [_starred(one, "statistic", number) for one in cells]


def _made(
    frame: pl.DataFrame,
    columns: list[str],
    title: str,
    subtitle: str,
    note: str,
    spanner: str,
    rowname: str = _PARTY,
) -> gt.GT:
    """Return a table with rules above, below its head and below, and none between columns.

    GT escapes the words of the frame; the cells of `columns` hold marks of ours and no words.
    """
    import great_tables as gt

    grouped = _EVENT if _EVENT in frame.columns else None
    return (
        gt.GT(frame, rowname_col=rowname, groupname_col=grouped)
        .tab_header(title=title, subtitle=subtitle)
        .tab_spanner(label=spanner, columns=columns)
        .fmt(str, columns=columns)
        .cols_align(align="right", columns=columns)
        .tab_source_note(note)
        .tab_options(
            table_font_size="14px",
            data_row_padding="4px",
            heading_align="left",
            heading_title_font_size="16px",
            heading_subtitle_font_size="13px",
            column_labels_border_top_color="currentColor",
            column_labels_border_bottom_color="currentColor",
            table_border_top_style="hidden",
            table_body_border_bottom_color="currentColor",
            table_body_hlines_style="none",
            table_body_vlines_style="none",
            stub_border_style="none",
            row_group_font_weight="bold",
            row_group_border_top_style="none",
            row_group_border_bottom_style="none",
        )
    )


def _estimate(result: StudyResult, one: dict[str, Any], name: str) -> str:
    """Return a value with its stars, and below it the standard error in brackets."""
    if one.get(name) is None:
        return "–"
    error = one.get("std_error")
    scale = 100 if result.spec.measure == "return" else 1
    below = "" if error is None else f"<br>({number(error * scale)})"
    return _starred(one, name, _figure(result)) + below


def _figure(result: StudyResult) -> Any:
    return _percent if result.spec.measure == "return" else number


def _percent(value: float | None) -> str:
    return number(None if value is None else value * 100)


def _starred(one: dict[str, Any], name: str, figure: Any) -> str:
    mark = stars(one.get("p")).strip() if one.get(name) is not None else ""
    return f"{figure(one.get(name))}{f'<sup>{mark}</sup>' if mark else ''}"


def _in(result: StudyResult) -> str:
    return " in per cent" if result.spec.measure == "return" else f", {result.spec.measure}"
