"""Rows of a DuckDB file. Names are looked up in its catalog and quoted, values are parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.errors import BadInput, BadUsage, Location, did_you_mean
from backtest.prices._tables import Table, canonical, raise_all, table_of
from backtest.prices.currencies import CURRENCY
from backtest.prices.provider import BARS

if TYPE_CHECKING:
    import duckdb

Options = Mapping[str, str]
_USUAL = "prices"
_NEEDED = ("date", "ticker", "close")


def rows_of(path: Path, options: Options, wanted: set[str]) -> Table:
    """Return the rows of these tickers, in the columns that bars have.

    Raises:
        BadInput: no DuckDB file, no such table, a query that fails, or a column that is missing.
        BadUsage: something other than one SELECT, or a table has to be named.
    """
    with _opened(path) as file:
        source, columns = _columns(file, path, options)
        own = [theirs for ours, theirs in columns.items() if ours in (*BARS.names, CURRENCY)]
        chosen = ", ".join(map(_quoted, own))
        ticker = f"CAST({_quoted(columns['ticker'])} AS VARCHAR)"
        query = f"SELECT {chosen} FROM {source} WHERE list_contains(?, {ticker})"
        return _table(file, path, query, [sorted(wanted)])


def tickers_of(path: Path, options: Options) -> set[str]:
    """Return every ticker.

    Raises:
        BadInput, BadUsage: as `rows_of`.
    """
    with _opened(path) as file:
        source, columns = _columns(file, path, options)
        name = _quoted(columns["ticker"])
        found = file.execute(f"SELECT DISTINCT CAST({name} AS VARCHAR) FROM {source}").fetchall()
    return {ticker for (ticker,) in found if ticker is not None}


def days_of(path: Path, options: Options) -> Table:
    """Return the different dates, beside the ticker and close that every table has.

    Raises:
        BadInput, BadUsage: as `rows_of`.
    """
    with _opened(path) as file:
        source, columns = _columns(file, path, options)
        date = _quoted(columns["date"])
        query = f"SELECT DISTINCT {date}, '' AS ticker, 0 AS close FROM {source}"
        return _table(file, path, query, [])


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the file for reading; nothing else on the disk or the network can be reached by it."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as file:
            file.execute("SET enable_external_access = false")
            file.execute("SET lock_configuration = true")
            yield file
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise BadInput.because(
            "unreadable-duckdb", f"cannot be read: {first}", where=Location(path)
        ) from None


def _columns(
    file: duckdb.DuckDBPyConnection, path: Path, options: Options
) -> tuple[str, dict[str, str]]:
    """Return what to select from, and its columns by our names."""
    query = options.get("query")
    if query is not None:
        source = f"({_one_select(file, query)}\n) AS given"
    else:
        source = _named_table(file, path, options.get("table"))
    names = [name for name, *_ in file.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    empty = _table(file, path, f"SELECT * FROM {source} LIMIT 0", [])
    named = "name yours in a query: ?query=SELECT d AS date, t AS ticker, c AS close FROM …"
    raise_all(replace(one, hint=one.hint or named) for one in empty.require(*_NEEDED))
    return source, {canonical(name): name for name in names}


def _one_select(file: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return a query that is one SELECT, without what ends it."""
    import duckdb

    try:
        statements = file.extract_statements(query)
    except duckdb.ParserException as error:
        first = str(error).splitlines()[0]
        raise BadUsage.because("bad-query", f"no query: {first}", field="prices") from None
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        raise BadUsage.because(
            "bad-query",
            f"a query is one SELECT, and this is {' and '.join(kinds) or 'nothing'}",
            field="prices",
            hint="write duckdb:FILE.duckdb?query=SELECT date, ticker, close FROM …",
        )
    return str(statements[0].query).strip().rstrip(";")


def _named_table(file: duckdb.DuckDBPyConnection, path: Path, name: str | None) -> str:
    """Return a table or view of the catalog, quoted: the named one, `prices`, or the only one."""
    rows = file.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = current_database() ORDER BY ALL"
    ).fetchall()
    by_name: dict[str, tuple[str, str]] = {}
    for schema, table in rows:
        by_name[f"{schema}.{table}"] = (schema, table)
        if schema == "main" or table not in by_name:
            by_name[table] = (schema, table)
    plain = sorted({table if by_name[table] == (s, table) else f"{s}.{table}" for s, table in rows})
    if name is None:
        name = plain[0] if len(plain) == 1 else _USUAL
        if name not in by_name:
            raise BadUsage.because(
                "which-table",
                f"holds {len(plain)} tables: {', '.join(plain) or 'none'}",
                where=Location(path),
                hint=f"name one: duckdb:{path}?table={plain[0] if plain else 'NAME'}",
            )
    if name not in by_name:
        raise BadInput.because(
            "no-such-table",
            f"there is no table `{name}`; there are: {', '.join(plain) or 'none'}",
            where=Location(path),
            hint=did_you_mean(name, plain),
        )
    return ".".join(map(_quoted, by_name[name]))


def _table(
    file: duckdb.DuckDBPyConnection, path: Path, query: str, values: list[list[str]]
) -> Table:
    import polars as pl

    arrow = file.sql(query, params=values).to_arrow_table()
    frame = pl.from_arrow(arrow)
    assert isinstance(frame, pl.DataFrame)
    return table_of(frame.lazy(), str(path), is_text=False)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
