"""Which addresses become links."""

from __future__ import annotations

import pytest

from backtest.report.html.links import safe_url


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=1#c", "http://example.org", "HTTPS://EXAMPLE.ORG/"]
)
def test_pages_are_linked(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://example.org",
        "https://exa mple.org",
        "https://\x00example.org",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org",
        "example.org",
        "https:",
        "https://",
        "http://[::1",
    ],
)
def test_nothing_else_is(url: str | None) -> None:
    assert safe_url(url) is None
