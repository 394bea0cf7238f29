"""The one door to Yahoo: where it is, how fast we may knock, and what its answers mean.

The client library maps one failure to different exceptions, or to an empty frame, by what
happened earlier in the process. So answers are judged here, below it, where they come in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from backtest.prices.providers._rate import RateLimiter

_DATA_HOSTS = "query1.finance.yahoo.com", "query2.finance.yahoo.com"
_COOKIE_HOST = "fc.yahoo.com"
_DATA_PATHS = ("/v8/finance/chart/", "/ws/fundamentals-timeseries/")
_LEFT_TO_THE_CLIENT = (401, 403, 429)
_TOO_MANY, _NOT_FOUND, _FAILURE = 429, 404, 400


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
    cleared; `closed_hosts` are those we can do without. `status` is that of the last data answer.
    """

    limiter: RateLimiter
    base: str = ""
    patient: bool = True
    unreachable: str = ""
    status: int = 0
    retry_after: float = 0.0
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

    def judge(self, url: str, status: int, headers: Any, text: str) -> None:
        """Judge an answer as it comes in.

        Raises:
            NotThere: Yahoo says that there is no such security (a proxy's bare 404 says nothing).
            Trouble: a server error, or something that is not JSON.
        """
        if not any(path in url for path in _DATA_PATHS):
            return
        self.status = status
        self.retry_after = _seconds(headers.get("Retry-After"))
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

    @property
    def refused(self) -> bool:
        """Whether the last data answer asked us to slow down."""
        return self.status == _TOO_MANY


@cache
def session_class() -> Callable[[Line], Any]:
    """Return our session: the client's own transport with a `Line` before it."""
    from curl_cffi import requests

    class LineSession(requests.Session):  # type: ignore[misc]
        def __init__(self, line: Line) -> None:
            super().__init__(impersonate="chrome")
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
                line.failed(url, error)
                raise
            if _is_cookie_page(url):
                self.cookie_answer = answer
            line.judge(url, answer.status_code, answer.headers, answer.text)
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


def _seconds(value: str | None) -> float:
    try:
        return max(float(value or 0), 0.0)
    except ValueError:
        return 0.0
