"""Passwords and keys inside addresses never reach a screen or a file: they are shown as `***`.

Masked are what stands before the `@` of an address, user and password alike (a token may be given
as either), and parameters whose names say that they sign or open something.
"""

from __future__ import annotations

import re

HIDDEN = "***"

# A path object makes one slash of the two. One letter before them is a drive of Windows.
_ADDRESS = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]+:/{1,2})(?P<rest>[^\s\"'`<>]+)")
_SECRET = re.compile(
    r"(?P<name>[?&;#][\w.~%-]*(?:sig|signature|token|secret|passw(?:or)?d|pwd|credential|auth|key)"
    r"[\w.~%-]*=)[^\s&;#\"'`<>]+",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return the text with every password, key and token in its addresses hidden."""
    if ":/" not in text:
        return text
    return _SECRET.sub(rf"\g<name>{HIDDEN}", _ADDRESS.sub(_without_user, text))


def has_secret(text: str) -> bool:
    """Whether something in the text has to be hidden."""
    return masked(text) != text


def _without_user(found: re.Match[str]) -> str:
    rest = found["rest"]
    end = _end_of_user(rest)
    if end is None or rest[:end] == HIDDEN:
        return found[0]
    return f"{found['scheme']}{HIDDEN}{rest[end:]}"


def _end_of_user(rest: str) -> int | None:
    """Return where the `@` stands that ends user and password; None where there are none."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return authority.rindex("@")
    _, colon, password = authority.partition(":")
    if "@" in rest and colon and not password.isdigit():
        return rest.rindex("@")  # The secret keys of object stores have slashes in them.
    return None
