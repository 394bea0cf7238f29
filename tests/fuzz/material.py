"""Inputs that nobody should write: sound ones, spoilt, and texts that attack their reader."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

HOSTILE = (
    "",
    " ",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "\ud7ff\ufffe",
    "../../etc/passwd",
    "/dev/null",
    "~",
    "C:\\CON",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "'; drop table bars; --",
    "%s%n{0}{{x}}",
    "nan",
    "inf",
    "-0",
    "1e999",
    "9" * 400,
    "0x" + "f" * 40,
    "1_000",
    "9999-99-99",
    "0000-00-00",
    "2025-02-30",
    "-260:-11",
    "9:-9",
    "1:2:3",
    "NaN",
    "null",
    "true",
    "ORCL",
    "ORCL,AMD",
    ",",
    "a" * 5000,
    "é" * 300,
    "中文",
    "\u2028",
    "\ufeff",
    "[[[[",
    "{{{{",
    "&a *a",
    "!!python/object:os.system",
    "s3://bucket/x.parquet?y=z",
    "http://127.0.0.1:9/x.csv",
    "snapshot:",
    "files:",
    "folder:.",
    "duckdb:x.db?table=y",
)

words = st.sampled_from(HOSTILE) | st.text(max_size=30)


def spoilt(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return sound contents with bytes changed, cut, doubled, moved or put in, up to six times."""
    return st.builds(_spoil, st.sampled_from(seeds), st.lists(_CHANGES, max_size=6))


_CHANGES = st.tuples(
    st.sampled_from(["flip", "cut", "double", "insert", "keep", "token"]),
    st.floats(0, 1),
    st.integers(0, 40),
    st.binary(max_size=8),
    st.sampled_from(HOSTILE),
)


def _spoil(seed: bytes, changes: list[tuple[str, float, int, bytes, str]]) -> bytes:
    data = seed
    for kind, where, size, raw, word in changes:
        place = int(where * len(data))
        part = data[place : place + size]
        match kind:
            case "flip":
                data = data[:place] + bytes(b ^ 0x15 for b in part) + data[place + size :]
            case "cut":
                data = data[:place] + data[place + size :]
            case "double":
                data = data[:place] + part * 3 + data[place + size :]
            case "insert":
                data = data[:place] + raw + data[place:]
            case "keep":
                data = data[:place] if size % 2 else data[place:]
            case _:
                told = word.encode("utf-8", "replace")
                data = data[:place] + told + data[place + size :]
    return data
