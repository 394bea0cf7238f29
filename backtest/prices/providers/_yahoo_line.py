"""The one door to Yahoo: where it is, how fast we may knock, and what its answers mean.

The client library maps one failure to different exceptions, or to an empty frame, by what
happened earlier in the process. So answers are judged here, below it, where they come in.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from backtest.prices.providers._rate import RateLimiter

_DATA_HOSTS = "query1.finance.yahoo.com", "query2.finance.yahoo.com"
_COOKIE_HOST = "fc.yahoo.com"
_CHART = "/v8/finance/chart/"
_DATA_PATHS = (_CHART, "/ws/fundamentals-timeseries/", "/v7/finance/quote")
_LEFT_TO_THE_CLIENT = (401, 403, 429)
_TOO_MANY, _NOT_FOUND, _FAILURE = 429, 404, 400
_BARE = 20_000
"""Characters that an answer with bars may well have, and one without has never."""
LARGEST = 64_000_000
"""Bytes of an answer, unpacked; sixty years of daily bars have two million."""


class NotThere(Exception):
    """Yahoo knows no such security, or has nothing for it; the text is Yahoo's reason."""


class Trouble(Exception):
    """Yahoo answered, but not with data; asking again may help."""


class Unreachable(Exception):
    """No answer came at all."""


@dataclass(slots=True)
class Line:
    """State of the connection.

    `base` replaces scheme and host of every address (a mirror). `patient` lines wait longer for an
    answer. After a failure to connect, `unreachable` says why and nothing more is sent until it is
    cleared; `closed_hosts` are those we can do without. `status` is that of the last data answer,
    `retry_after` the seconds it asked us to wait, `answered_at` when it was given by Yahoo's clock.
    """

    limiter: RateLimiter
    base: str = ""
    patient: bool = True
    unreachable: str = ""
    status: int = 0
    retry_after: float = 0.0
    answered_at: dt.datetime | None = None
    closed_hosts: dict[str, str] = field(default_factory=dict)

    @property
    def timeout(self) -> tuple[float, float]:
        """Seconds to connect, and to wait for an answer after that."""
        return (8.0, 20.0) if self.patient else (3.0, 5.0)

    def address(self, url: str) -> str:
        """Return where a request goes to."""
        if not self.base:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self.base.rstrip('/')}{parts.path}{query}"

    def failed(self, url: str, error: Exception) -> None:
        """Take note of a request without an answer; a cookie host may be blocked without harm."""
        if self.base or _host(url) in _DATA_HOSTS:
            self.unreachable = _short(error)
        else:
            self.closed_hosts[_host(url)] = _short(error)

    def judge(
        self, url: str, params: Mapping[str, Any], status: int, headers: Any, text: str
    ) -> None:
        """Judge an answer as it comes in.

        Raises:
            NotThere: Yahoo says that there is no such security (a proxy's bare 404 says nothing).
            Trouble: a server error, something that is not JSON, or no bars although it traded.
        """
        if not any(path in url for path in _DATA_PATHS):
            return
        self.status = status
        self.answered_at = _moment(headers.get("Date"))
        self.retry_after = _seconds(headers.get("Retry-After"), self.answered_at)
        if status in _LEFT_TO_THE_CLIENT:
            return
        reason = _reason(text)
        if status == _NOT_FOUND and reason:
            raise NotThere(reason)
        if status >= _FAILURE:
            raise Trouble(reason or f"HTTP {status}")
        if not text.strip():
            raise Trouble("an empty answer")
        if not text.lstrip().startswith("{"):
            raise Trouble("a web page instead of data")
        if _CHART in url and len(text) < _BARE and '"timestamp"' not in text:
            traded = _traded_within(text, params)
            if traded:
                raise Trouble(f"an empty table, although it traded on {traded}")

    @property
    def refused(self) -> bool:
        """Whether the last data answer asked us to slow down."""
        return self.status == _TOO_MANY


@cache
def session_class() -> Callable[[Line], Any]:
    """Return our session: the client's own transport with a `Line` before it."""
    from curl_cffi import CurlECode, CurlOpt, requests

    class LineSession(requests.Session):  # type: ignore[misc]
        def __init__(self, line: Line) -> None:
            # The library beneath stops there by itself, also while it unpacks.
            most = {CurlOpt.MAXFILESIZE_LARGE: LARGEST}
            super().__init__(impersonate="chrome", curl_options=most)
            self.line = line
            self.cookie_answer: Any = None

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            line = self.line
            why_not = line.unreachable or line.closed_hosts.get(_host(url), "")
            if why_not:
                raise requests.exceptions.ConnectionError(why_not)
            if _is_cookie_page(url) and self.cookie_answer is not None:
                return self.cookie_answer
            line.limiter.wait()
            kwargs["timeout"] = line.timeout
            try:
                answer = super().request(method, line.address(url), *args, **kwargs)
            except requests.exceptions.RequestException as error:
                if error.code == CurlECode.FILESIZE_EXCEEDED:
                    raise Trouble(f"an answer of more than {LARGEST:,} bytes") from None
                line.failed(url, error)
                raise
            if _is_cookie_page(url):
                self.cookie_answer = answer
            params = kwargs.get("params") or {}
            line.judge(url, params, answer.status_code, answer.headers, answer.text)
            return answer

    return LineSession


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_cookie_page(url: str) -> bool:
    """Whether this is the page that only hands out the cookie, asked for before every request."""
    return _host(url) == _COOKIE_HOST


def _short(error: Exception) -> str:
    """Say why in a few words; curl's own sentence is framed by its code and a link."""
    text = re.sub(r"^Failed to perform, curl: \(\d+\) ", "", str(error).split(". See ")[0])
    return text.strip() or type(error).__name__


def _reason(text: str) -> str:
    """Return Yahoo's own description of a failure, if it gave one."""
    try:
        answer = json.loads(text)
        section = answer.get("chart") or answer.get("finance") or answer.get("timeseries") or {}
        return str((section.get("error") or {}).get("description") or "")
    except (ValueError, AttributeError):
        return ""


def _traded_within(text: str, params: Mapping[str, Any]) -> dt.date | None:
    """Return the day of the last trade where a chart without bars was asked to include it."""
    try:
        meta = json.loads(text)["chart"]["result"][0]["meta"]
        traded = int(meta["regularMarketTime"])
        inside = int(params["period1"]) <= traded < int(params["period2"])
        zone = dt.timezone(dt.timedelta(seconds=int(meta.get("gmtoffset") or 0)))
        return dt.datetime.fromtimestamp(traded, zone).date() if inside else None
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, OSError):
        return None


def _moment(value: str | None) -> dt.datetime | None:
    """Read the time of an HTTP header."""
    try:
        return parsedate_to_datetime(value or "").astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(value: str | None, now: dt.datetime | None) -> float:
    """Read how long to wait: a number of seconds, or the moment when to come again."""
    until = _moment(value)
    if until is not None:
        return max((until - (now or dt.datetime.now(dt.UTC))).total_seconds(), 0.0)
    try:
        seconds = float(value or 0)
    except ValueError:
        return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0
