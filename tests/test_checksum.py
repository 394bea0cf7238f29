"""The checksum of what is kept on disk."""

from __future__ import annotations

from backtest.checksum import checksum


def test_a_checksum_is_the_xxh3_of_the_content() -> None:
    # The hash of nothing that the description of XXH3 gives.
    assert checksum(b"") == "2d06800538d394c2"
    assert checksum(memoryview(b"123456789")) == checksum(b"123456789")
    assert checksum(b"123456788") != checksum(b"123456789")
