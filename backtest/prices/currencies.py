"""What currency a table says its prices are in: one a security, as Yahoo and exchanges write it.

`GBp` is a penny and `GBP` a pound, so letters are never changed to the other case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.errors import BadInput, Location, Problem
from backtest.plain_text import printable, shortened
from backtest.prices._tables import NO_VALUE

if TYPE_CHECKING:
    import polars as pl

CURRENCY = "currency"
_CODE = r"^[A-Z]{3}$|^[A-Z]{2}[a-z]$"
_ALSO = {"GBX": "GBp", "GBx": "GBp", "ZAX": "ZAc", "ZAC": "ZAc"}
"""Other names of a hundredth."""


def currencies_in(frame: pl.DataFrame, where: Location) -> dict[str, str]:
    """Return the currency of each security that has one.

    Args:
        frame: `ticker`, `date` and `currency` as it is written, any number of rows a security.
        where: the table, for messages.

    Raises:
        BadInput: what is no code of a currency, or a security in several currencies.
    """
    import polars as pl

    word = pl.col(CURRENCY).cast(pl.String).str.strip_chars()
    said = frame.select("ticker", "date", word).filter(
        pl.col("ticker").is_not_null() & ~word.str.to_lowercase().is_in(NO_VALUE)
    )
    said = said.with_columns(pl.col(CURRENCY).replace(_ALSO))
    odd = said.filter(~pl.col(CURRENCY).str.contains(_CODE))
    if odd.height:
        raise BadInput(_no_code(str(odd[CURRENCY][0]), str(odd["ticker"][0]), where))
    kinds = (
        said.group_by("ticker", CURRENCY).agg(pl.col("date").min()).sort("ticker", "date", CURRENCY)
    )
    several = kinds.filter(pl.col("ticker").is_duplicated())
    if several.height:
        raise BadInput(_several(several, where))
    return dict(kinds.select("ticker", CURRENCY).iter_rows())


def _no_code(word: str, ticker: str, where: Location) -> Problem:
    return Problem(
        "no-currency",
        f"{printable(ticker)}: `{printable(shortened(word, 60))}` is no code of a currency",
        where,
        CURRENCY,
        "write it as USD, EUR, GBP, or GBp for pence",
    )


def _several(kinds: pl.DataFrame, where: Location) -> Problem:
    """Say of the first security which currencies it is in, and since when."""
    ticker = kinds["ticker"][0]
    own = kinds.filter(kinds["ticker"] == ticker)
    codes = own[CURRENCY].to_list()
    first, *others = own.select(CURRENCY, "date").iter_rows()
    later = " and ".join(f"in {code} from {day}" for code, day in others)
    count = kinds["ticker"].n_unique()
    more = f" ({count} securities are in several)" if count > 1 else ""
    hundredth = next((code for code in codes if code[2].islower() and code.upper() in codes), None)
    hint = "keep the rows of one currency, or convert them"
    if hundredth is not None:
        hint = f"{hundredth} is a hundredth of {hundredth.upper()}: write all closes in one of them"
    return Problem(
        "several-currencies",
        f"{ticker} is in {first[0]}, and {later}: one security has one currency{more}",
        where,
        CURRENCY,
        hint,
    )
