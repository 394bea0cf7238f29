"""The small files that describe what is kept: JSON with a checksum of itself.

They say by which versions of the libraries the tables beside them were written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import backtest
from backtest.checksum import checksum

_CHECKSUM = "checksum"
_LIBRARIES = ("polars", "pyarrow", "yfinance")


def manifest(plain: Mapping[str, Any]) -> bytes:
    """Return plain values as the content of a manifest, with its checksum; dates are ISO."""
    body = json.loads(json.dumps(plain, default=lambda day: day.isoformat()))
    return (json.dumps({**body, _CHECKSUM: _sum(body)}, indent=1) + "\n").encode()


def from_manifest(content: bytes) -> dict[str, Any]:
    """Return the values of a manifest; those of format 1 have no checksum.

    Raises:
        ValueError, AttributeError, TypeError: it is no JSON object, or not what was written.
    """
    plain: dict[str, Any] = json.loads(content)
    said = plain.pop(_CHECKSUM, None)
    if said != _sum(plain) and (said is not None or plain.get("format") != 1):
        raise ValueError("its checksum differs")
    return plain


def _sum(plain: Mapping[str, Any]) -> str:
    return checksum(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode())


@cache
def _libraries() -> tuple[tuple[str, str], ...]:
    found = [("backtest", backtest.__version__)]
    for name in _LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def written_by() -> dict[str, str]:
    """Return the versions of this program and of the libraries that make what is kept."""
    return dict(_libraries())
