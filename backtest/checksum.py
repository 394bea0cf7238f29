"""A checksum for what is kept on disk."""

from __future__ import annotations


def checksum(content: bytes | memoryview) -> str:
    """Return the XXH3 of a file's content: it tells damage, as fast as memory is read."""
    import xxhash

    return xxhash.xxh3_64_hexdigest(content)
