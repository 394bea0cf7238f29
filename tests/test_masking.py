"""Passwords, keys and tokens in addresses are never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.masking import HIDDEN, has_secret, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@host/p.parquet", "https://***@host/p.parquet"),
        ("s3://AKIA:wJal/rX+z=@bucket/p.parquet", "s3://***@bucket/p.parquet"),
        ("https://ghp_token@host/p.csv", "https://***@host/p.csv"),
        ("https:/user:pw@host/p.csv", "https:/***@host/p.csv"),  # as a path object writes it
        ("https://user:p@ss@host/p.csv", "https://***@host/p.csv"),
        (
            "https://h/p.csv?X-Amz-Signature=abc&part=2&sig=d%2F#x",
            "https://h/p.csv?X-Amz-Signature=***&part=2&sig=***#x",
        ),
        ("https://h/p.csv?api_key=abc", "https://h/p.csv?api_key=***"),
        (
            'said "s3://a:b@c/d" and https://e:f@g',
            'said "s3://***@c/d" and https://***@g',
        ),
    ],
)
def test_secrets_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert has_secret(text)
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "tcp://scheduler:8786",
        "http://127.0.0.1:9/a/p.parquet",
        "http://host:80/people/me@example.org/p.csv",
        "https://host/p.csv?part=2&day=2025-10-06",
        "s3://bucket/folder",
        "C:/Users/me@work/prices.csv",
        "somebody@example.org: no address",
        "events/2025.yaml:3:1: unknown field",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text
    assert not has_secret(text)


WORD = st.text("abcXYZ019+/=._~-", min_size=6, max_size=40)


@given(user=WORD, secret=WORD, host=st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_no_password_is_seen_whatever_it_is_made_of(user: str, secret: str, host: str) -> None:
    secret = f"q{secret}"  # A number alone would be a port.
    shown = masked(f"s3://{user.replace('/', '')}:{secret}@{host}/p.parquet")
    assert shown == f"s3://{HIDDEN}@{host}/p.parquet"
