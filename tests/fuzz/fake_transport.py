"""Yahoo's answers without a network: the transport beneath the client library, replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


class _Answer:
    """What the client library and the line need of a response."""

    status_code = 200
    reason = "OK"

    def __init__(self, url: str, content: bytes) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self.headers = {"Date": "Mon, 03 Nov 2025 00:00:00 GMT"}
        self.content = content

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        import json

        return json.loads(self.content)

    def raise_for_status(self) -> None:
        """Say nothing: it is always there."""


@contextmanager
def answering(data: bytes) -> Iterator[None]:
    """Answer every question for data with these bytes, and the others as Yahoo would."""
    from curl_cffi import requests

    def request(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> _Answer:
        del self, method, args, kwargs
        return _Answer(url, b"a.crumb" if "getcrumb" in url else data)

    with patch.object(requests.Session, "request", request):
        yield
