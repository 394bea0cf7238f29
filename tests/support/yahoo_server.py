"""A local stand-in for Yahoo's servers, for the real client library to talk to.

It answers the chart, share-count, cookie, crumb and quote-summary addresses in the shape that Yahoo
does, honours the period that is asked for, and can be told to fail in Yahoo's ways.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo


@dataclass
class Security:
    days: list[dt.date]
    closes: list[float | None]
    dividends: dict[dt.date, float] = field(default_factory=dict)
    splits: dict[dt.date, tuple[float, float]] = field(default_factory=dict)
    shares: list[tuple[dt.date, float]] = field(default_factory=list)
    zone: str = "America/New_York"
    currency: str = "USD"
    kind: str = "EQUITY"
    open_at: dt.time = dt.time(9, 30)
    session_end: dt.datetime | None = None
    adjusted: list[float | None] | None = None
    symbol: str = ""
    """Another name that the answer carries, as after a renaming."""
    live: tuple[dt.datetime, float] | None = None
    """A row of its own for the session that still trades: moment and price of the last trade."""
    traded: dt.datetime | None = None
    """The moment of the last trade, where it is not the end of the last session."""
    market_value: float | None = None
    """As Yahoo's quote has it, in the currency itself where the price is in its minor unit."""

    def at(self, day: dt.date) -> int:
        return int(dt.datetime.combine(day, self.open_at, ZoneInfo(self.zone)).timestamp())


@dataclass(frozen=True)
class Fault:
    status: int
    body: str = ""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    packed: bytes = b""
    """A body that is sent as it is, packed by gzip, in place of the other."""


TOO_MANY = Fault(429, "Too Many Requests", "text/html")
SERVER_ERROR = Fault(500, '{"chart":{"result":null,"error":{"code":"Internal","description":""}}}')
EMPTY_BODY = Fault(200, "")
WEB_PAGE = Fault(200, "<html><body>Will be right back...</body></html>", "text/html")


class YahooServer:
    """Runs in a thread from `start` to `stop`; `requests` are (path, query) as they came in."""

    def __init__(self) -> None:
        self.securities: dict[str, Security] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.faults_for_good: dict[str, Fault] = {}
        self.clock: dt.datetime | None = None
        """Yahoo's clock; None for that of this machine."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop; once more does nothing."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()

    def close(self) -> None:
        """Give the port back where it was never started."""
        self._server.server_close()

    def asked(self, part: str) -> list[dict[str, str]]:
        return [query for path, query in self.requests if part in path]

    def answer(self, path: str, query: dict[str, str]) -> Fault:
        self.requests.append((path, query))
        head, _, ticker = path.rpartition("/")
        if "/finance/chart" in head:
            return self._fault("chart", ticker) or self._chart(ticker, query)
        if "/fundamentals-timeseries/" in head:
            return self._fault("shares", ticker) or self._shares(ticker, query)
        if head.endswith("/test") and ticker == "getcrumb":
            return self._fault("crumb", "") or Fault(200, "a.crumb", "text/plain")
        if path.endswith("/v7/finance/quote"):
            return self._fault("quote", "") or self._quotes(query["symbols"].split(","))
        if "quoteSummary" in head:
            return _error(404, "quoteSummary", f"Quote not found for symbol: {ticker}")
        return Fault(200, "<html></html>", "text/html")

    def _fault(self, kind: str, ticker: str) -> Fault | None:
        for key in (f"{kind} {ticker}", kind):
            if self.faults[key]:
                return self.faults[key].pop(0)
            if key in self.faults_for_good:
                return self.faults_for_good[key]
        return None

    def _chart(self, ticker: str, query: dict[str, str]) -> Fault:
        security = self.securities.get(ticker)
        if security is None:
            return _error(404, "chart", "No data found, symbol may be delisted")
        first, last = int(query.get("period1", 0)), int(query.get("period2", 2**40))
        inside = [i for i, day in enumerate(security.days) if first <= security.at(day) < last]
        result: dict[str, Any] = {"meta": _meta(security.symbol or ticker, security)}
        closes = [security.closes[i] for i in inside]
        stamps = [security.at(security.days[i]) for i in inside]
        adjusted = [(security.adjusted or security.closes)[i] for i in inside]
        if security.live and first <= security.live[0].timestamp() < last:
            stamps.append(int(security.live[0].timestamp()))
            closes.append(security.live[1])
            adjusted.append(security.live[1])
        quote: dict[str, Any] = {}
        if stamps:
            result["timestamp"] = stamps
            quote = {
                "open": closes,
                "high": [close and close * 1.01 for close in closes],
                "low": [close and close * 0.99 for close in closes],
                "close": closes,
                "volume": [close and 1_000_000 for close in closes],
            }
            result["events"] = _events(security, first, last)
            indicators = {
                "quote": [quote],
                "adjclose": [{"adjclose": adjusted}],
            }
        else:
            indicators = {"quote": [quote]}
        result["indicators"] = indicators
        return Fault(200, json.dumps({"chart": {"result": [result], "error": None}}))

    def _quotes(self, tickers: list[str]) -> Fault:
        rows = []
        for ticker in tickers:
            security = self.securities.get(ticker)
            if security is not None:
                row = {"symbol": ticker, "currency": security.currency}
                row |= {"regularMarketPrice": security.closes[-1]}
                row |= {"marketCap": security.market_value} if security.market_value else {}
                rows.append(row)
        return Fault(200, json.dumps({"quoteResponse": {"result": rows, "error": None}}))

    def _shares(self, ticker: str, query: dict[str, str]) -> Fault:
        security = self.securities.get(ticker)
        if security is None:
            return _error(404, "finance", "Not Found")
        first, last = int(query["period1"]), int(query["period2"])
        counts = [(security.at(day), n) for day, n in security.shares]
        inside = [(stamp, n) for stamp, n in counts if first <= stamp < last]
        result: dict[str, Any] = {"meta": {"symbol": [ticker], "type": ["shares_out"]}}
        if inside:
            result["timestamp"] = [stamp for stamp, _ in inside]
            result["shares_out"] = [count for _, count in inside]
        return Fault(200, json.dumps({"timeseries": {"result": [result], "error": None}}))


def _meta(ticker: str, security: Security) -> dict[str, Any]:
    zone = ZoneInfo(security.zone)
    close = security.session_end or dt.datetime.combine(security.days[-1], dt.time(16), zone)
    traded = security.traded or (security.live[0] if security.live else close)
    opened = close - dt.timedelta(hours=6, minutes=30)
    regular = {
        "timezone": "EDT",
        "start": int(opened.timestamp()),
        "end": int(close.timestamp()),
        "gmtoffset": -14400,
    }
    return {
        "currency": security.currency,
        "symbol": ticker,
        "exchangeName": "NYQ",
        "instrumentType": security.kind,
        "firstTradeDate": security.at(security.days[0]),
        "regularMarketTime": int(traded.timestamp()),
        "gmtoffset": -14400,
        "timezone": "EDT",
        "exchangeTimezoneName": security.zone,
        "regularMarketPrice": security.closes[-1],
        "priceHint": 2,
        "currentTradingPeriod": {"pre": regular, "regular": regular, "post": regular},
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }


def _events(security: Security, first: int, last: int) -> dict[str, Any]:
    events: dict[str, Any] = {}
    paid = {security.at(day): amount for day, amount in security.dividends.items()}
    cut = {security.at(day): ratio for day, ratio in security.splits.items()}
    dividends = {s: {"amount": a, "date": s} for s, a in paid.items() if first <= s < last}
    splits = {
        stamp: {
            "date": stamp,
            "numerator": new,
            "denominator": old,
            "splitRatio": f"{new:g}:{old:g}",
        }
        for stamp, (new, old) in cut.items()
        if first <= stamp < last
    }
    if dividends:
        events["dividends"] = dividends
    if splits:
        events["splits"] = splits
    return events


def _error(status: int, section: str, description: str) -> Fault:
    error = {"code": "Not Found", "description": description}
    return Fault(status, json.dumps({section: {"result": None, "error": error}}))


def _handler_of(server: YahooServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            reply = server.answer(unquote(parts.path), query)
            body = reply.packed or reply.body.encode()
            self.send_response(reply.status)
            if reply.packed:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(server.clock.timestamp() if server.clock else timestamp)

        do_POST = do_GET  # noqa: N815 - the name that http.server asks for

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    return Handler
