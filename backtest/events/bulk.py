"""Events by the thousand: a CSV or Parquet table instead of one YAML file each.

Columns: `event_id`, `ticker`, and either `date` (the reaction session itself; the next session
where it is none) or `announced` (a moment that goes through the session clock, for bare dates
with an optional `session` column); optional `group`; every other column is an attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.contracts import EXCLUDED
from backtest.errors import BacktestError, BadInput, DataUnavailable
from backtest.events.bulk_checks import check_rows
from backtest.events.bulk_rows import BulkTable, read_moments, read_table
from backtest.events.exchanges import US, Exchange, exchange_of
from backtest.events.sessions import SessionClock
from backtest.stages import count, stage

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

ClockProvider = Callable[[Exchange], SessionClock]

_FOREIGN = r"[.^=-]"
_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class BulkEvents:
    """Events with their reaction sessions, those left out, and what to know about them.

    `frame` has `event_id`, `ticker`, `session` (Date), `alternative` (Boolean), `group` (String)
    and the attributes, in the file's order; the second candidate of an unknown hour is a row of
    its own with `alternative` true. `excluded` follows `EXCLUDED`.
    """

    frame: pl.DataFrame
    excluded: pl.DataFrame
    notes: tuple[str, ...]


@stage("load")
def read_bulk(path: Path, clocks: ClockProvider) -> BulkEvents:
    """Read a table of events and find the session each of them reacts in.

    `clocks` gives the session clock of an exchange and is asked once for each that occurs. An
    event whose date lies outside its exchange's calendar, or whose ticker belongs to no exchange
    we know, is excluded with the reason (stage `sessions`).

    Raises:
        BadInput: unreadable file, missing columns, or rows that cannot be meant; all at once.
    """
    table = read_table(path)
    markets = _markets(table.frame["ticker"])
    moments, notes = read_moments(table, markets.zones())
    check_rows(table, moments)
    count("load", len(table.frame))
    reactions = _reactions(table, moments, markets, clocks)
    notes += _notes(table, moments, markets, reactions)
    return BulkEvents(_frame(table, reactions), _excluded(table, reactions), tuple(notes))


def bulk_moments(path: Path) -> tuple[BulkTable, pl.DataFrame]:
    """Return a table as it was written, and the moments of its rows (`bulk_rows.read_moments`).

    Raises:
        BadInput: as `read_bulk`.
    """
    table = read_table(path)
    moments, _ = read_moments(table, _markets(table.frame["ticker"]).zones())
    check_rows(table, moments)
    return table, moments


@dataclass(frozen=True, slots=True, eq=False)
class _Markets:
    """The exchange of each row by its position in `exchanges`, −1 − i for `strangers[i]`."""

    codes: NDArray[np.int64]
    exchanges: list[Exchange]
    strangers: list[str]

    def zones(self) -> pl.Series:
        """Return each row's time zone, null for strangers."""
        import polars as pl

        zones = pl.Series([exchange.zone for exchange in self.exchanges], dtype=pl.String)
        known = pl.Series(self.codes)
        return zones.gather(known.set(known < 0, None))

    def labels(self, rows: NDArray[np.bool_]) -> list[str]:
        """Return how times are labelled on the exchanges of these rows."""
        return sorted({self.exchanges[code].label for code in set(self.codes[rows]) if code >= 0})


def _markets(tickers: pl.Series) -> _Markets:
    """Ask `exchange_of` about each distinct ticker that is not plainly American."""
    import polars as pl

    foreign = tickers.str.contains(_FOREIGN).fill_null(value=False)
    keys = tickers.zip_with(foreign, pl.repeat("", len(tickers), eager=True))
    distinct = keys.unique()
    exchanges: dict[Exchange, int] = {}
    strangers: list[str] = []
    codes: list[int] = []
    for ticker in distinct:
        try:
            exchange = exchange_of(ticker) if ticker else US
        except BadInput as error:
            strangers.append(_told(error))
            codes.append(-len(strangers))
        else:
            codes.append(exchanges.setdefault(exchange, len(exchanges)))
    found = keys.replace_strict(distinct, codes, return_dtype=pl.Int64).to_numpy()
    return _Markets(found, list(exchanges), strangers)


def _told(error: BacktestError) -> str:
    problem = error.problems[0]
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message


@dataclass(frozen=True, slots=True, eq=False)
class _Reactions:
    """Main and other candidate of each row (NaT where refused; equal for one candidate).

    `refused` gives rows and why; `moved` marks dates that were no session.
    """

    main: NDArray[np.datetime64]
    other: NDArray[np.datetime64]
    moved: NDArray[np.bool_]
    refused: list[tuple[NDArray[np.int64], str | pl.Series]] = field(default_factory=list)

    def kept(self) -> NDArray[np.bool_]:
        """Tell which rows have a session."""
        import numpy as np

        return ~np.isnat(self.main)

    def two(self) -> NDArray[np.bool_]:
        """Tell which rows have a second candidate."""
        import numpy as np

        return np.logical_and(self.kept(), np.not_equal(self.main, self.other))


def _reactions(
    table: BulkTable, moments: pl.DataFrame, markets: _Markets, clocks: ClockProvider
) -> _Reactions:
    import numpy as np
    import polars as pl

    nowhere = np.full(moments.height, "NaT", dtype="datetime64[D]")
    out = _Reactions(nowhere, nowhere.copy(), np.zeros(moments.height, dtype=bool))
    for code, exchange in enumerate(markets.exchanges):
        at = np.flatnonzero(markets.codes == code)
        try:
            clock = clocks(exchange)
        except DataUnavailable as error:
            out.refused.append((at, _told(error)))
            continue
        first, second = _positions(clock, moments[at], timed=table.timed)
        known = clock.known(first) & clock.known(second)
        out.main[at[known]] = clock.dates[first[known]]
        out.other[at[known]] = clock.dates[second[known]]
        if not table.timed:
            out.moved[at[known]] = ~clock.is_session(moments["day"].to_numpy()[at[known]])
        for outside in (-1, len(clock)):
            lost = at[(first == outside) | (second == outside)]
            out.refused.append((lost, f"{table.when} {clock.reason(outside)}"))
    strange = np.flatnonzero(markets.codes < 0)
    reasons = pl.Series(markets.strangers, dtype=pl.String)
    out.refused.append((strange, reasons.gather(-1 - markets.codes[strange])))
    return out


def _positions(
    clock: SessionClock, moments: pl.DataFrame, *, timed: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions of main and other candidate in the clock's sessions."""
    import numpy as np

    days = moments["day"].to_numpy()
    if not timed:
        own = clock.on_or_after(days)
        return own, own
    instants = moments["instant"].to_numpy()
    main = clock.reacting(instants)
    other = main.copy()
    bare = np.flatnonzero(np.isnat(instants))
    session = moments["session"][bare]
    late, unknown = ((session == name).to_numpy() for name in ("post", "unknown"))
    main[bare], other[bare] = clock.candidates(days[bare], late, unknown)
    return main, other


def _frame(table: BulkTable, reactions: _Reactions) -> pl.DataFrame:
    """Put the kept rows in the file's order, an alternative right after its main row."""
    import numpy as np
    import polars as pl

    main, second = np.flatnonzero(reactions.kept()), np.flatnonzero(reactions.two())
    rows = np.concatenate([main, second])
    is_second = np.repeat([False, True], [len(main), len(second)])
    order = np.lexsort((is_second, rows))
    rows, is_second = rows[order], is_second[order]
    session = np.where(is_second, reactions.other[rows], reactions.main[rows])
    source = table.frame
    if "group" not in source.columns:
        source = source.with_columns(group=pl.lit(None, pl.String))
    keys = source.select("event_id", "ticker", "group")
    attributes = table.attributes()
    frame = keys.hstack(attributes.get_columns())[rows]
    return frame.select(
        "event_id",
        "ticker",
        pl.Series("session", session),
        pl.Series("alternative", is_second),
        "group",
        *attributes.columns,
    )


def _excluded(table: BulkTable, reactions: _Reactions) -> pl.DataFrame:
    import polars as pl

    parts = [
        table.frame.select("event_id", "ticker")[rows].with_columns(
            stage=pl.lit("sessions"), reason=pl.lit(reason), row=pl.Series(rows)
        )
        for rows, reason in reactions.refused
        if len(rows)
    ]
    if not parts:
        return EXCLUDED.empty()
    return EXCLUDED.check(pl.concat(parts).sort("row").drop("row"))


def _notes(
    table: BulkTable, moments: pl.DataFrame, markets: _Markets, reactions: _Reactions
) -> Iterator[str]:
    yield from _lower_case(table.frame["ticker"])
    has_session = "session" in table.frame.columns
    if not table.timed:
        if moved := int(reactions.moved.sum()):
            yield f"dated on a day without a session, moved to the next one: {_events(moved)}"
        if has_session:
            yield "`session` says nothing beside `date` and is left out"
        return
    if local := int(moments["local"].sum()):
        labels = ", ".join(markets.labels(moments["local"].to_numpy()))
        yield f"times without a zone, read as the exchange's own ({labels}): {_events(local)}"
    named = moments.filter((moments["session"] != "unknown") & moments["wall"].is_not_null())
    if has_session and named.height:
        yield f"`session` does not count where `announced` has an hour: {_events(named.height)}"
    if both := int(reactions.two().sum()):
        yield f"hour unknown, studied at both candidate sessions: {_events(both)}"


def _lower_case(tickers: pl.Series) -> Iterator[str]:
    """Say which tickers are not in capitals: a slip with Yahoo's, right with some own prices.

    What ends in a suffix is left to `exchange_of`, which knows how suffixes are written.
    """
    distinct = tickers.unique(maintain_order=True)
    small = distinct.filter(
        distinct.str.contains("[a-z]")
        & distinct.str.to_uppercase().str.contains(r"^[A-Z0-9^][A-Z0-9^=-]{0,19}$")
    )
    if small.is_empty():
        return
    named = small.head(_NAMED)
    told = ", ".join(
        f"`{written}` (did you mean `{meant}`?)"
        for written, meant in zip(named, named.str.to_uppercase(), strict=True)
    )
    more = f" and {len(small) - _NAMED:,} more" if len(small) > _NAMED else ""
    yield f"tickers not in capitals, looked up as written: {told}{more}"


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"
