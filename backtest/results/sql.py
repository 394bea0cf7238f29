"""SQL over the tables of a study: questions only, and only to these tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from backtest.contracts import TABLES
from backtest.errors import BadUsage, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    Tables: TypeAlias = Mapping[str, pl.DataFrame | pl.LazyFrame]

QUESTIONS = ("SELECT", "WITH", "SHOW")
"""What a statement may begin with; others would change tables, which are thrown away after."""

_FILES = re.compile(r"\b(?:read|scan)_[a-z_]+\b", re.IGNORECASE)
"""Table functions that open files. The words are refused wherever they stand: no column is called
so, and nothing has to be known of how quotes and comments of the dialect nest."""

_TOKEN = re.compile(
    r"(?P<blank>\s+|--[^\n]*|/\*.*?\*/)"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`)"
    r"|(?P<word>\w+)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_OPENS = frozenset(
    (
        *("SELECT", "DISTINCT", "BY", "WHERE", "AND", "OR", "NOT", "ON", "HAVING", "WHEN"),
        *("THEN", "ELSE", "CASE", "BETWEEN", "LIKE", "ILIKE", "IN"),
    )
)
"""Words that something must follow, so that `end` behind them is a name."""

_NAME = re.compile(r"""["'](?P<name>[^"']+)["']""")


def run_sql(tables: Tables, query: str) -> pl.DataFrame:
    """Answer a query.

    Args:
        tables: what it may ask, by name.
        query: one statement of Polars' SQL; `end`, a column of many tables, needs no quotes.

    Raises:
        BadUsage: it is no question, asks for something else than the tables, or cannot be answered.
    """
    import polars as pl
    from polars.exceptions import PanicException, PolarsError

    check_query(query)
    asked = "".join(_quoted(query))
    try:
        return pl.SQLContext(dict(tables), eager=False).execute(asked).collect()
    except (PolarsError, PanicException, OSError) as error:
        raise _refused(str(error), tables, query) from None


def check_query(query: str) -> None:
    """Refuse what is no question, or asks for other files.

    Raises:
        BadUsage: it is one of these.
    """
    words = (one for one in _TOKEN.finditer(query) if not one["blank"] and one[0] != "(")
    start = next(words, None)
    if start is None or start[0].upper() not in QUESTIONS:
        rest = query[start.start() :].split("\n", maxsplit=1)[0] if start else ""
        raise BadUsage.because(
            "not-a-query",
            f"`{rest[:40].strip()}` is not a query; one begins with {', '.join(QUESTIONS)}",
            field="query",
            hint=_instead(rest.strip(), start[0].upper() if start else ""),
        )
    found = _FILES.search(query)
    if found:
        raise BadUsage.because(
            "no-files",
            f"`{found[0]}` would open other files; a query sees the tables of the study alone",
            field="query",
            hint="`backtest query` lists them",
        )


def _instead(query: str, word: str) -> str:
    if query in {frame.name for frame in TABLES}:
        return f"did you mean `SELECT * FROM {query}`?"
    return did_you_mean(word, QUESTIONS) or "the tables of a study are only read"


def _quoted(query: str) -> Iterator[str]:
    """Yield the query piece by piece, with quotes around `end` where it is a name.

    Polars' parser takes a bare END for the end of the statement, and answers what stands before it.
    """
    before, cases = "", 0
    for token in _TOKEN.finditer(query):
        text, upper = token[0], token[0].upper()
        if upper == "END" and (cases == 0 or before in _OPENS or before in "(,.=<>+-*/%|"):
            yield f'"{text}"'
            before = "a name"
            continue
        yield text
        if not token["blank"]:
            cases += (upper == "CASE") - (upper == "END")
            before = "a name" if token["text"] else upper


def _refused(message: str, tables: Tables, query: str) -> BadUsage:
    """Make one line of what Polars says, with the nearest name that exists."""
    said = message.split("\n\n", maxsplit=1)[0].replace("\n", " ").strip()
    said = said.removeprefix("sql parser error: ").split("; valid columns: ")[0]
    if said.startswith("statement type is not supported"):
        said = "Polars' SQL has no such statement"
    elif "duplicate output name" in said:
        said = said.split(". ")[0] + "; name one of them by AS"
    return BadUsage.because("bad-query", said, field="query", hint=_hint(said, tables, query))


def _hint(said: str, tables: Tables, query: str) -> str | None:
    quoted = _NAME.search(said)
    name = quoted["name"] if quoted else ""
    if said.startswith("relation"):
        return did_you_mean(name, tables) or f"there are: {', '.join(tables)}"
    if "find column" in said or "no column named" in said:
        columns = dict.fromkeys(_columns(tables, query))
        text = f"text is written '{name}'; the columns are: {', '.join(columns)}"
        return did_you_mean(name, columns) or text
    if said.startswith("unsupported function"):
        return "Polars' SQL has AVG, COUNT, SUM, MIN, MAX, MEDIAN, STDDEV, ABS, ROUND, COALESCE, …"
    return None


def _columns(tables: Tables, query: str) -> Iterable[str]:
    """Yield the columns of the tables that the query names, of all where it names none."""
    words = {word.casefold() for word in re.findall(r"\w+", query)}
    named = [one for one in tables if one.casefold() in words] or list(tables)
    for one in named:
        yield from tables[one].collect_schema().names()
