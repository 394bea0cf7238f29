"""The report for a terminal: one table an event, the groups, what was left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from backtest.notation import LEGEND
from backtest.report._claims import verdict_counts
from backtest.report._console import console_for, plain, write
from backtest.report._events import event_blocks
from backtest.report._lines import beside
from backtest.report._measures import measure_line
from backtest.report._samples import sample_blocks
from backtest.results.event_frames import OK
from backtest.results.place import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from backtest.results.result import StudyResult

SHOWN = 60
"""Events printed one by one; of a larger sample the strongest reactions are."""

STRONGEST = 10

_LEFT_OUT = {
    "sessions": "without a session",
    "prices": "without a price",
    "estimation": "without an estimate",
    "valuation": "only without a market value",
}


class Table:
    """The printed report."""

    key = "table"
    streams = True

    def show(self, result: StudyResult, stream: TextIO) -> None:
        """Print to a stream."""
        write(_blocks(result, console_for(stream).width), stream)

    def write(self, result: StudyResult, folder: Path) -> list[Path]:
        """Write the tables as Parquet."""
        return result.write(folder)


FORMAT = Table()


def text(result: StudyResult, width: int) -> str:
    """Return the report as plain text."""
    return plain(_blocks(result, width), width)


def _blocks(result: StudyResult, width: int) -> Iterator[RenderableType]:
    yield from _header(result)
    events = result.headlines["event_id"].to_list()
    if len(events) <= SHOWN:
        yield from event_blocks(result, events, width)
    else:
        yield from _strongest(result, events, width)
    yield from sample_blocks(result, width)
    yield from _footer(result)


def _header(result: StudyResult) -> Iterator[RenderableType]:
    from rich.text import Text

    spec, told = result.spec, result.provenance
    used = f"; read to {told.prices_to}" if (told.prices_to or "") not in told.prices else ""
    several = f"; the tables show {spec.models[0]}" if len(spec.models) > 1 else ""
    lines = {
        "prices": told.prices + used,
        "model": f"{', '.join(spec.models)} on {spec.benchmark}, {spec.returns} returns, estimated "
        f"on {spec.estimation} (at least {spec.min_obs} days){several}",
        **measure_line(spec.measure),
        **({"factors": _factors(result)} if told.factors or spec.factors else {}),
        **({"sectors": told.sectors} if told.sectors else {}),
        "windows": f"event {spec.window}, CARs {', '.join(str(car) for car in spec.cars)}, "
        f"{spec.missing} about missing days",
        "studied": _studied(result),
        "stars": LEGEND,
    }
    yield Text(f"Event study of {told.events}", style="bold")
    yield beside([((f"{name:<10}", ""), [(line, "")]) for name, line in lines.items()])


def _factors(result: StudyResult) -> str:
    own, data = "+".join(result.spec.factors), result.provenance.factors
    return "; ".join(part for part in (own, data) if part)


def _studied(result: StudyResult) -> str:
    import polars as pl

    chosen = (~pl.col("alternative"), pl.col("status") == OK)
    used = result.scan("fits").filter(*chosen).select("event_id", "ticker").collect()
    pairs = used.n_unique() if len(used) else 0
    events = used["event_id"].n_unique()
    return f"{pairs:,} event × ticker in {events:,} event{'' if events == 1 else 's'}"


def _strongest(result: StudyResult, events: list[str], width: int) -> Iterator[RenderableType]:
    """Print the events with the largest |t| over the first CAR window."""
    import polars as pl
    from rich.text import Text

    first = result.spec.cars[0]
    ranked = (
        result.scan("cars")
        .filter(
            pl.col("model") == result.spec.models[0],
            pl.col("start") == first.start,
            pl.col("end") == first.end,
            ~pl.col("alternative"),
        )
        .sort(pl.col("t").abs(), descending=True, nulls_last=True)
        .unique("event_id", keep="first", maintain_order=True)
        .head(STRONGEST)
        .collect()
    )
    yield Text()
    yield Text(
        f"{len(events):,} events; the {len(ranked)} with the largest |t| over {first} follow, "
        "--out DIR writes all",
        style="bold",
    )
    yield from event_blocks(result, ranked["event_id"].to_list(), width)


def _stages(result: StudyResult) -> Counter[str]:
    """Count what was left out by stage; without a market value only what was studied otherwise."""
    import polars as pl

    excluded = result.excluded
    counts = Counter(excluded["stage"].to_list())
    observation = ["event_id", "ticker", "alternative"]
    studied = result.scan("fits").filter(pl.col("status") == OK).select(observation).collect()
    second = pl.col("reason").str.starts_with(SECOND).alias("alternative")
    lacking = excluded.filter(pl.col("stage") == "valuation").with_columns(second)
    counts["valuation"] = lacking.join(studied, on=observation, how="semi").height
    return counts


def _footer(result: StudyResult) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text()
    stages = _stages(result)
    if stages.total():
        parts = ", ".join(f"{stages[one]:,} {why}" for one, why in _LEFT_OUT.items() if stages[one])
        yield Text(f"Left out: {parts}; reasons in the table `excluded`")
    verdicts = verdict_counts(result)
    if verdicts:
        yield Text(f"Claims: {verdicts} (`backtest claims` for the ledger)")
