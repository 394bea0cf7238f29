"""Which addresses of a YAML become links: http and https to a host, nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe_url(url: str | None) -> str | None:
    """Return the address where a reader may be sent, or None.

    Control characters and spaces are refused altogether: browsers drop some of them, so that what
    is checked would not be what is opened.
    """
    if not url or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and host else None
