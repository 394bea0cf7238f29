"""Tables that are not on this machine's disk: object stores and web servers, and what they answer.

Credentials come from environment variables and from nowhere else: not from an address, which ends
up in reports, and not from files or services that only some machines have.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from backtest.errors import BadUsage, DataUnavailable, Location, Problem
from backtest.masking import masked

_RETRIES = 2
_S3 = ("s3", "s3a")
_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_AWS = (
    *_PAIR,
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
    "AWS_SKIP_SIGNATURE",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_REQUEST_PAYER",
)
"""Given to the reader by name, so that another value is another connection, also in one process."""
_ROLES = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
)
"""What a cluster sets where it hands out credentials itself."""
_YES = ("1", "true", "yes", "on")


class ScanOptions(TypedDict):
    """What Polars is told about an address."""

    credential_provider: None
    storage_options: dict[str, str | int] | None


def is_address(place: str) -> bool:
    """Return whether a place is not on this machine's disk."""
    return "://" in place


def is_on_disk(place: str) -> bool:
    """Return whether a file or folder is there; what is no name of one is not (a long query)."""
    try:
        return Path(place).exists()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class Address(Location):
    """A place told as it was typed: as a path it would lose one of its two slashes."""

    typed: str = ""

    def __str__(self) -> str:
        return f"{self.typed}:{self.line}" if self.line else self.typed


def place_of(place: str, line: int = 0) -> Location:
    """Return a table's place for messages."""
    if is_address(place):
        return Address(Path(place), line, typed=without_secrets(place))
    return Location(Path(place), line)


def without_secrets(address: str) -> str:
    """Return an address without what only the server is to know: user, password and query."""
    shown = re.sub(r"://[^/@]*@", "://", address)
    return shown.partition("?")[0]


def scan_options(address: str) -> ScanOptions:
    """Return how Polars is to read from an address; a path needs nothing.

    Raises:
        BadUsage: credentials stand in the address.
        DataUnavailable: it is an S3 address, and the environment has no credentials.
    """
    if not is_address(address):
        return {"credential_provider": None, "storage_options": None}
    where = place_of(address)
    if "@" in urlsplit(address).netloc:
        raise BadUsage.because(
            "secret-in-address",
            "a user or password does not belong in an address, which ends up in reports",
            where=where,
            hint="set environment variables, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    options: dict[str, str | int] = {"max_retries": _RETRIES}
    if urlsplit(address).scheme in _S3:
        _refuse_without_credentials(where, os.environ)
        options |= {name.lower(): os.environ[name] for name in _AWS if os.environ.get(name)}
    return {"credential_provider": None, "storage_options": options}


def _refuse_without_credentials(where: Location, environment: Mapping[str, str]) -> None:
    unset = [name for name in _PAIR if not environment.get(name)]
    public = environment.get("AWS_SKIP_SIGNATURE", "").lower() in _YES
    if not unset or public or any(environment.get(name) for name in _ROLES):
        return
    raise DataUnavailable.because(
        "no-credentials",
        f"there are no credentials: {' and '.join(unset)} {_not_set(len(unset))}",
        where=where,
        hint="set them in the environment, or AWS_SKIP_SIGNATURE=true for a public bucket",
    )


def _not_set(count: int) -> str:
    return "is not set" if count == 1 else "are not set"


@contextmanager
def without_advice(place: str) -> Iterator[None]:
    """Keep what the reader of an object store advises programmers to do off the screen."""
    if not is_address(place):
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def says_nothing_there(error: Exception) -> bool:
    """Whether a pattern or folder of an object store matched nothing."""
    return "expanded paths were empty" in str(error)


def no_answer(place: str, error: Exception) -> Problem:
    """Say why an address gave nothing."""
    text = " ".join(said(error))
    if says_nothing_there(error):
        code, why, hint = "missing-file", "no object is there", "check the address"
    elif "NoSuchBucket" in text:
        bucket = urlsplit(place).netloc
        code, why, hint = "no-bucket", f"there is no bucket `{bucket}`", "check the address"
    elif isinstance(error, FileNotFoundError):
        code, why, hint = "missing-file", "there is no such file", "check bucket and path"
    elif isinstance(error, PermissionError):
        code, why = "no-permission", f"access is refused ({_status(text) or 'no permission'})"
        hint = "check the credentials in the environment, and what they may read"
    else:
        code, why = "no-answer", _cause(error)
        hint = "check the address and the network, or download the file and name it as a path"
    return Problem(code, f"could not be fetched: {masked(why)}", place_of(place), hint=hint)


def _status(text: str) -> str | None:
    """Return the code by which S3 says no, or the status of HTTP."""
    found = re.search(r"<Code>(\w+)</Code>", text) or re.search(r"status code: (\d+ \w+)", text)
    return found[1] if found else None


def _cause(error: Exception) -> str:
    """Return the reason of a failed request: its last cause, where the first line is a log."""
    first, *causes = said(error)
    if causes:
        return re.sub(r"^\d+: ", "", causes[-1])
    line = re.sub(r"^object-store error: (Generic \w+ error: )?| \(path: .*\)$", "", first)
    return _status(line) or re.split(r", after | - Server ", line)[0]


def said(error: Exception) -> list[str]:
    """Return the lines of an error that say something, at least one."""
    lines = [line.strip() for line in str(error).splitlines()]
    return [line for line in lines if line] or [type(error).__name__]
