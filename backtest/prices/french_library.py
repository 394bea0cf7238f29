"""Kenneth French's data library, online: the daily five factors and momentum.

`BACKTEST_FRENCH_URL` replaces the library's address, for a mirror.
https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/data_library.html
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from backtest.errors import DataUnavailable
from backtest.prices._address import place_of
from backtest.prices.factors import FACTORS
from backtest.prices.french_file import INSTEAD, LARGEST_PACKED, french_table, unlike

if TYPE_CHECKING:
    import polars as pl

BASE_URL = "BACKTEST_FRENCH_URL"
LIBRARY = "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp"
FILES = {
    "F-F_Research_Data_5_Factors_2x3_daily_CSV.zip": ("mkt_rf", "smb", "hml", "rmw", "cma", "rf"),
    "F-F_Momentum_Factor_daily_CSV.zip": ("mom",),
}
"""The factors taken from each file."""

_TIMEOUT = 20.0


def library_address() -> str:
    """Return where the files are."""
    return (os.environ.get(BASE_URL) or LIBRARY).rstrip("/")


def fetch_factors() -> pl.DataFrame:
    """Download the factors (`FACTORS`, decimals), a row for each session that any file has.

    Momentum starts in 1926, the five factors in 1963: before, they are null.

    Raises:
        DataUnavailable: the library cannot be reached, or its files are not what they were.
    """
    import polars as pl

    places = {f"{library_address()}/{name}": columns for name, columns in FILES.items()}
    five, momentum = (french_table(_fetched(url), url, own) for url, own in places.items())
    both = five.join(momentum, on="date", how="full", coalesce=True)
    return FACTORS.check(both.select(pl.col(FACTORS.names)).sort("date"))


def _fetched(url: str) -> bytes:
    """Return what is at an address.

    Raises:
        DataUnavailable: no answer, not the file, or far more than one.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    import backtest

    try:
        request = Request(url, headers={"User-Agent": f"backtest/{backtest.__version__}"})
        with urlopen(request, timeout=_TIMEOUT) as answer:
            content: bytes = answer.read(LARGEST_PACKED + 1)
    except HTTPError as error:
        error.close()
        raise _no_answer(url, f"HTTP {error.code} {error.reason}".strip()) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _no_answer(
            url, str(getattr(error, "reason", error)) or type(error).__name__
        ) from error
    if len(content) > LARGEST_PACKED:
        raise unlike(url, 0, f"it has more than {LARGEST_PACKED:,} bytes")
    return content


def _no_answer(url: str, why: str) -> DataUnavailable:
    return DataUnavailable.because(
        "no-answer",
        f"the French library cannot be reached ({why})",
        where=place_of(url),
        hint=f"try again with a network; {INSTEAD}",
    )
