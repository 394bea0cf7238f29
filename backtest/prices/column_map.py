"""Which column of a table is which: `close=PX_LAST,date=Date`, as its owner says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from backtest.errors import BadInput, BadUsage, Location, Problem, did_you_mean
from backtest.plain_text import shortened
from backtest.prices._tables import canonical, is_doubled, separator_in
from backtest.prices.currencies import CURRENCY

NEEDED = ("date", "ticker", "close")
NUMBERS = ("open", "high", "low", "close", "adj_close", "volume")
OURS = ("date", "ticker", *NUMBERS, CURRENCY)
_SHOWN = 60
"""Characters of a header."""

_USUAL = {
    "date": ("day", "datum", "trade_date", "trading_date", "datetime", "timestamp", "time"),
    "ticker": ("symbol", "tic", "ric", "code", "security", "instrument", "stock", "permno", "name"),
    "close": (
        "px_last",
        "last",
        "last_price",
        "close/last",
        "closing_price",
        "prc",
        "price",
        "kurs",
    ),
}
"""What other programs and vendors call the columns that we cannot do without."""


def parse_map(words: Iterable[str]) -> dict[str, str]:
    """Return our column names with theirs, of `ours=theirs,…`, given once or several times.

    Raises:
        BadUsage: no such form, no column of ours, or one that is named twice.
    """
    out: dict[str, str] = {}
    problems = []
    for pair in (pair for word in words for pair in _pairs(word)):
        ours, sign, theirs = (part.strip() for part in pair.partition("="))
        if not sign or not theirs:
            problems.append(_wrong(f"`{pair}` is not of the form close=PX_LAST"))
        elif ours not in OURS:
            hint = did_you_mean(ours, OURS)
            problems.append(_wrong(f"`{ours}` is none of {', '.join(OURS)}", hint))
        elif ours in out:
            problems.append(_wrong(f"`{ours}` is named twice: {out[ours]} and {theirs}"))
        else:
            out[ours] = theirs
    if problems:
        raise BadUsage(problems)
    return out


def _pairs(word: str) -> list[str]:
    """Split at commas, but not within a column's name: `close=Last, USD,date=Day`."""
    pairs: list[str] = []
    for part in word.split(","):
        if pairs and "=" not in part:
            pairs[-1] += f",{part}"
        else:
            pairs.append(part)
    return pairs


def _wrong(message: str, hint: str | None = None) -> Problem:
    return Problem("bad-map", message, field="map", hint=hint)


def found_columns(
    columns: Sequence[str], mapping: Mapping[str, str], needed: Sequence[str], where: Location
) -> dict[str, str]:
    """Return for each of our columns that is there what the table calls it.

    Args:
        columns: of the table, as they are written.
        mapping: what the user says; other columns are found by their names.
        needed: which must be there.
        where: the table.

    Raises:
        BadInput: every column that is missing, and every one that could be two; a single problem
            where all of them were read as one.
    """
    sign = separator_in(columns)
    if sign is not None:
        raise BadInput(_run_together(columns[0], sign, where))
    out: dict[str, str] = {}
    problems: list[Problem] = []
    for ours in OURS:
        wanted = mapping.get(ours, ours)
        exact = [name for name in columns if name == wanted]
        alike = exact or [name for name in columns if canonical(name) == canonical(wanted)]
        if len(alike) > 1:
            both = " and ".join(f"`{name}`" for name in alike)
            problems.append(
                Problem(
                    "ambiguous-column",
                    f"the columns {both} could both be `{ours}`",
                    where,
                    hint=f"say which: --map {ours}={alike[0]}",
                )
            )
        elif alike and is_doubled(alike[0], columns):
            twice = f"the column `{alike[0]}` is there twice"
            problems.append(Problem("ambiguous-column", twice, where, hint="keep one of them"))
        elif alike:
            out[ours] = alike[0]
        elif ours in mapping or ours in needed:
            problems.append(_absent(ours, wanted, columns, where))
    if "close" in out and out["close"] == out.get("adj_close"):
        if "adj_close" in mapping:
            problems.append(_both_closes(out["close"], where))
        del out["adj_close"]  # Or the adjusted close would vouch for itself as one without.
    if problems:
        raise BadInput(problems)
    return out


def is_adjusted(column: str) -> bool:
    """Whether a table's own name of a column says that dividends are in it."""
    return canonical(column) == "adj_close"


def _run_together(header: str, sign: str, where: Location) -> Problem:
    return Problem(
        "missing-column",
        f"all its columns are read as one, `{shortened(header, _SHOWN)}`",
        where,
        hint=f"what stands between the columns is said by {separator_option(sign)}",
    )


def _both_closes(name: str, where: Location) -> Problem:
    return Problem(
        "ambiguous-column",
        f"the column `{name}` cannot be both `close` and `adj_close`",
        where,
        hint=f"name it once: --map close={_shell(name)} --close total-return",
    )


def _absent(ours: str, wanted: str, columns: Sequence[str], where: Location) -> Problem:
    return Problem(
        "missing-column",
        f"there is no column `{wanted}`; the columns are: {', '.join(columns) or 'none'}",
        where,
        hint=_guess(ours, wanted, columns),
    )


def _guess(ours: str, wanted: str, columns: Sequence[str]) -> str | None:
    """Propose a column; it is for the user to take it."""
    if wanted != ours:
        return did_you_mean(wanted, columns)
    by_name = {canonical(name): name for name in columns}
    for usual in _USUAL.get(ours, ()):
        if usual in by_name:
            return f"did you mean --map {ours}={_shell(by_name[usual])} ?"
    if ours == "close" and "adj_close" in by_name:
        return f"did you mean --map close={_shell(by_name['adj_close'])} --close total-return ?"
    near = did_you_mean(ours, columns)
    if ours == "ticker":
        return near or "where the table is about one security, say which: --ticker ORCL"
    return near


def separator_option(sign: str) -> str:
    """Return the option as one writes it in a shell."""
    return "--separator tab" if sign == "\t" else f"--separator '{sign}'"


def _shell(name: str) -> str:
    return f"'{name}'" if " " in name else name
