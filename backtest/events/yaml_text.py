"""The text of a YAML file, or a clear refusal: too large, not a file, not UTF-8."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

from backtest.errors import BadInput, Location

MAX_BYTES = 5_000_000
"""Larger files are refused unread; the shipped calendar has about 3 kB a file."""

_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file of at most `MAX_BYTES`.

    Raises:
        BadInput: larger, not a regular file, or not readable.
    """
    where = Location(path)
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise BadInput.because("not-a-file", "is not a regular file", where=where)
        if about.st_size > MAX_BYTES:
            raise BadInput.because(
                "file-too-large",
                f"the file has {about.st_size:,} bytes, more than the {MAX_BYTES:,} of an "
                "announcement file",
                where=where,
                hint="split it into one file an announcement, or give a .csv or .parquet table",
            )
        return path.read_bytes()
    except OSError as error:
        raise BadInput.because(
            "unreadable-file", f"cannot be read: {error.strerror}", where=where
        ) from None


def decode(data: bytes, path: Path) -> str:
    """Return the UTF-8 text, without a byte-order mark.

    Raises:
        BadInput: not UTF-8; the place of the first wrong byte is told.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        wide = data.startswith(_OTHER_ENCODINGS)
        raise BadInput.because(
            "not-utf-8",
            "the file is UTF-16 or UTF-32, not UTF-8"
            if wide
            else f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8",
            where=Location(path) if wide else Location(path, line, column),
            hint="save the file as UTF-8",
        ) from None
