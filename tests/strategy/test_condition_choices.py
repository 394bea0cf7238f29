"""Words that a condition compares a column with, where that can be told for sure."""

from __future__ import annotations

import pytest

from backtest.strategy.condition_choices import words_for


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("role = 'issuer'", ("issuer",)),
        ("ar > 0 AND role=='issuer'", ("issuer",)),
        ("(role <> 'issuer') OR 'lender' != role", ("issuer", "lender")),
        ("role NOT IN ('issuer', 'lender') AND ar > 0", ("issuer", "lender")),
        ("CASE WHEN `role` = 'issuer' THEN TRUE ELSE \"role\" = 'l''s' END", ("issuer", "l's")),
        ("if(role = 'issuer', ar > 0, ar < 0)", ("issuer",)),
        ("role = 'issuer' OR role = 'issuer'", ("issuer",)),
        ("'my' || role = 'myissuer'", ()),
        ("role || 'x' = 'issuerx'", ()),
        ("role = 'iss' || 'uer'", ()),
        ("lower(role) = 'issuer'", ()),
        ("role IN (lower('ISSUER'))", ()),
        ("role IN ('a' || 'b')", ()),
        ("role LIKE 'iss%'", ()),
        ("role < 'issuer' OR role >= 'j'", ()),
        ("kind = 'role' AND role IS NULL", ()),
        ("role", ()),
        ("role =", ()),
        ("role IN ('issuer'", ()),
    ],
)
def test_only_whole_comparisons_count(text: str, words: tuple[str, ...]) -> None:
    assert words_for(text, "role") == words
