"""Yahoo's own market values, many securities in a request, to hold share counts against.

A count may be of one class of several (GOOGL), or of ordinary shares where the price is that of a
receipt for five of them (TSM). Nothing beside the count says so, and the market value made of it
would be precise and false. Yahoo's own market value divided by its own price is the count it uses.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from backtest.errors import BacktestError
from backtest.prices.providers._yahoo_line import NotThere, Trouble, Unreachable

if TYPE_CHECKING:
    import polars as pl

    from backtest.prices.providers._yahoo_client import Client

_ADDRESS = "https://query1.finance.yahoo.com/v7/finance/quote"
_AT_ONCE = 50
_MINOR = ("GBp", "ZAc", "ILA")
_APART = math.log(1.25)
_LATEST = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """What Yahoo says a whole company and one share are worth; the price in its own unit."""

    price: float
    market_value: float
    currency: str

    @property
    def shares(self) -> float:
        """The number of shares that Yahoo itself multiplies the price with."""
        unit = 0.01 if self.currency in _MINOR else 1.0
        return self.market_value / (self.price * unit)


class Quotes:
    """Quotes of the securities that are expected, asked for together when the first is needed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._waiting: list[str] = []
        self._known: dict[str, Quote | None] = {}

    def expect(self, tickers: Collection[str]) -> None:
        """Hear which quotes will be needed, in the order in which they will."""
        self._waiting = [ticker for ticker in dict.fromkeys(tickers) if ticker not in self._known]

    def of(self, ticker: str) -> Quote | None:
        """Return the quote of a security, None where Yahoo gives none or will not say.

        A refusal here stops nobody: the next question shows whether Yahoo means it.
        """
        if ticker not in self._known:
            others = [other for other in self._waiting if other != ticker][: _AT_ONCE - 1]
            together = [ticker, *others]
            self._known |= dict.fromkeys(together)
            self._known |= self._asked(together)
            self._waiting = [other for other in self._waiting if other not in self._known]
        return self._known[ticker]

    def _asked(self, tickers: list[str]) -> dict[str, Quote | None]:
        try:
            answer = self._client.table(_ADDRESS, {"symbols": ",".join(tickers)})
        except (NotThere, Trouble, Unreachable, BacktestError):
            return {}
        return dict(_quotes(answer))


def _quotes(answer: Any) -> Iterable[tuple[str, Quote]]:
    try:
        rows = answer["quoteResponse"]["result"]
        for row in rows:
            price, value = row.get("regularMarketPrice"), row.get("marketCap")
            if _is_positive(price) and _is_positive(value):
                yield str(row.get("symbol")), Quote(price, value, str(row.get("currency")))
    except (KeyError, TypeError, AttributeError):
        return


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def contradiction(counts: pl.DataFrame, quote: Quote | None) -> str:
    """Say how the latest counts contradict Yahoo's own market value; empty where they do not.

    Args:
        counts: `SHARES` rows of one security as reported, at least one.
        quote: of the same security.
    """
    if quote is None:
        return ""
    latest = median(counts.sort("known_from")["shares"].tail(_LATEST).to_list())
    if not latest > 0 or abs(math.log(quote.shares / latest)) <= _APART:
        return ""
    times = quote.shares / latest
    ratio = f"{times:.3g} times" if times > 1 else f"1/{1 / times:.3g} of"
    return (
        f"its share count ({latest:,.0f}) is left out: Yahoo's own market value stands for {ratio} "
        "it, so it is perhaps of one class of several, or not of the receipt that is priced"
    )
