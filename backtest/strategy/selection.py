"""Which event × ticker a strategy trades: one condition, read in Polars' SQL, row by row.

Only what is known of the row itself can be asked: functions of several rows (sums, ranks, windows)
would let one announcement know of later ones, so they are not among the words allowed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.errors import BadInput, Problem, did_you_mean
from backtest.strategy.blame import Place, blamed
from backtest.strategy.condition_choices import HOURS, with_timed, words_for
from backtest.strategy.condition_words import (
    TOKEN,
    kind_of,
    mixed,
    no_days,
    unread,
    with_plain_dates,
)
from backtest.strategy.not_a_number import numbers_alone

if TYPE_CHECKING:
    import polars as pl

REACTION = frozenset({"ar", "ret", "sar"})
"""Columns that are known after the close of the reaction's session."""

FUNCTIONS = (
    *("abs", "array_contains", "array_length", "cast", "ceil", "coalesce", "concat", "date"),
    *("ends_with", "exp", "floor", "greatest", "if", "ifnull", "least", "length", "ln", "lower"),
    *("mod", "nullif", "pow", "regexp_like", "round", "sign", "sqrt", "starts_with", "upper"),
)
"""Functions of one row."""

_BEFORE = frozenset(
    (
        *(
            "AND",
            "OR",
            "NOT",
            "IN",
            "BETWEEN",
            "LIKE",
            "ILIKE",
            "IS",
            "CASE",
            "WHEN",
            "THEN",
            "ELSE",
        ),
        *("(", ",", "=", "<", ">", "!", "+", "-", "*", "/", "%", "|"),
    )
)
"""What a bracket may follow besides the name of a function."""

_BARRED = frozenset(("SELECT", "OVER", "FROM", "FILTER", "EXISTS", "--", "/*", ";"))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that can be asked of rows.

    Attributes:
        text: as written.
        expression: for Polars.
        reads: the columns it reads.
    """

    text: str
    expression: pl.Expr
    reads: frozenset[str]

    @property
    def after_reaction(self) -> bool:
        """Whether it reads what only the close of the reaction's session tells."""
        return bool(self.reads & REACTION)


def read_condition(text: str, columns: Collection[str], where: Place = None) -> Condition:
    """Read a condition.

    A step of the arithmetic that gives no number (the root of a negative one, 0/0) is not known.

    Args:
        text: in Polars' SQL; text stands in single quotes.
        columns: what it may read.
        where: where it stands.

    Raises:
        BadInput: it cannot be read, reads what is not there, or asks more than one row.
    """
    import polars as pl
    from polars.exceptions import PanicException, PolarsError

    _refuse_words(text, where)
    plain = with_plain_dates(text)
    wrong = list(no_days(plain))
    if wrong:
        said = f"`{wrong[0]}` is no day"
        raise BadInput(_problem("bad-condition", said, where, "a day is written '2025-12-01'"))
    try:
        # What is wrong is told of the text as written, and so are the columns it reads.
        written = pl.sql_expr(plain)
        expression = pl.sql_expr(numbers_alone(with_timed(TOKEN.findall(plain))))
    except (PolarsError, PanicException):
        said = unread(text)
        hint = "for example role = 'counterparty' AND ar > 0.05"
        raise BadInput(_problem("bad-condition", said, where, hint)) from None
    reads = frozenset(written.meta.root_names())
    unknown = sorted(reads - set(columns))
    if unknown:
        raise BadInput(_no_column(name, columns, where) for name in unknown)
    odd = [word for word in words_for(plain, "hour") if word not in HOURS]
    if odd:
        raise BadInput(_no_hour(word, where) for word in odd)
    return Condition(text, expression, reads)


def chosen(condition: Condition, frame: pl.DataFrame, where: Place = None) -> pl.Series:
    """Return (n,) for which rows the condition holds; what is not known does not.

    Raises:
        BadInput: the condition is not true or false, or compares what cannot be compared.
    """
    import polars as pl
    from polars.exceptions import PanicException, PolarsError

    # NaN would be greater than every number.
    frame = frame.with_columns(pl.selectors.float().fill_nan(None))
    try:
        found = frame.select(condition.expression.alias("chosen")).to_series()
    except (PolarsError, PanicException):
        said, hint = mixed({name: frame.schema[name] for name in condition.reads})
        raise BadInput(_problem("bad-condition", said, where, hint)) from None
    if found.dtype != pl.Boolean:
        said = f"expected a condition, true or false; this is {kind_of(found.dtype)}"
        raise BadInput(_problem("bad-condition", said, where, "for example ar > 0.05"))
    if len(found) != frame.height:
        found = found.new_from_index(0, frame.height)
    return found.fill_null(value=False)


def _refuse_words(text: str, where: Place) -> None:
    """Refuse functions that are not of one row, queries and comments.

    Every bracket must open after an operator or after a function that is known to ask one row,
    however its name is quoted.
    """
    before = "("
    for token in (one for one in TOKEN.findall(text) if not one.isspace()):
        if token.upper() in _BARRED:
            said = f"`{token}` has no place in a condition, which asks one row"
            raise BadInput(_problem("bad-condition", said, where))
        if token == "(" and before.upper() not in _BEFORE and before.lower() not in FUNCTIONS:
            near = did_you_mean(before.strip('`"').lower(), FUNCTIONS)
            said = f"`{before}` is no function of one row; there are: {', '.join(FUNCTIONS)}"
            raise BadInput(_problem("bad-condition", said, where, near))
        before = token


def _no_column(name: str, columns: Collection[str], where: Place) -> Problem:
    told = f"text is written '{name}'; known are: {', '.join(columns)}"
    near = did_you_mean(name, columns)
    return _problem("unknown-column", f"nothing is known by `{name}`", where, near or told)


def _no_hour(word: str, where: Place) -> Problem:
    told = f"`{word}` is no part of the day that `hour` tells"
    near = did_you_mean(word, HOURS)
    return _problem("unknown-hour", told, where, near or f"there are: {', '.join(HOURS)}")


def _problem(code: str, said: str, where: Place, hint: str | None = None) -> Problem:
    return blamed(code, said, where, "where", hint)
