"""Conditions: what they may ask, and that they ask one row only."""

from __future__ import annotations

import polars as pl
import pytest

from backtest.errors import BadInput
from backtest.strategy.selection import FUNCTIONS, chosen, read_condition

ROWS = pl.DataFrame(
    {
        "role": ["counterparty", "competitor", "issuer", None],
        "ar": [0.08, -0.06, None, 0.01],
        "tags": [["chips"], ["chips", "debt"], [], ["debt"]],
        "deal_to_cap": [0.5, None, 0.1, 2.0],
        "capex_to_ebitda": [0.6, 0.2, None, 0.9],
        "day": ["2025-09-09", "2025-10-06", "2026-02-01", "2026-02-20"],
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("role = 'counterparty'", [True, False, False, False]),
        ("abs(ar) > 0.05", [True, True, False, False]),
        ("array_contains(tags, 'debt') AND NOT ar < 0", [False, False, False, True]),
        ("role IN ('issuer', 'competitor') OR deal_to_cap >= 2", [False, True, True, True]),
        ("deal_to_cap BETWEEN 0.1 AND 1", [True, False, True, False]),
        ("role LIKE 'co%'", [True, True, False, False]),
        ("day < '2026-01-01' AND capex_to_ebitda * 2 > 1", [True, False, False, False]),
        ("ar IS NULL", [False, False, True, False]),
        ("CASE WHEN ar > 0 THEN deal_to_cap > 1 ELSE FALSE END", [False, False, False, True]),
        ("1 = 1", [True] * 4),
        ("day < date('2025-10-06')", [True, False, False, False]),
        ("date(day) >= DATE '2026-02-01'", [False, False, True, True]),
        ("day BETWEEN date('2025-10-06') AND date('2026-02-01')", [False, True, True, False]),
        ("day >= '2026'", [False, False, True, True]),
        ("day LIKE '2026-%' OR '2025-10' > day", [True, False, True, True]),
        ("role = 'date(day)' OR day IN ('2026-02-20')", [False, False, False, True]),
    ],
)
def test_who_is_chosen(text: str, expected: list[bool]) -> None:
    assert chosen(read_condition(text, ROWS.columns), ROWS).to_list() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqrt(ar) > 0.1", [True, False, False, False]),
        ("sqrt (ar) > 0.05", [True, False, False, True]),
        ("ln(ar) > -3", [True, False, False, False]),
        ("NOT ln(ar) > -3", [False, False, False, True]),
        ("abs(ln(ar)) + 1 > 0", [True, False, False, True]),
        ("1 + abs(ln(ar) - ln(ar)) = 1", [True, False, False, True]),
        ("0 * ar / 0 > 1 OR role = 'issuer'", [False, False, True, False]),
        ("0 * ar % 0 > 1", [False] * 4),
        ("mod(ar, 0) > 1", [False] * 4),
        ("sqrt(ar) BETWEEN 0 AND 1", [True, False, False, True]),
        ("sqrt(ar) IS NULL", [False, True, True, False]),
        ("coalesce(sqrt(ar), 1) = 1", [False, True, True, False]),
        ("CASE WHEN ar > 0 THEN sqrt(ar) > 0.2 ELSE TRUE END", [True, True, True, False]),
        ("CASE WHEN ar > 0 THEN 1 ELSE -1 END / deal_to_cap < 0", [False, False, True, False]),
        ("deal_to_cap IN (1 / 2, 0.1)", [True, False, True, False]),
        ("(sqrt(ar) > 0.1) = (ar > 0.01)", [True, False, False, True]),
        ("missing > 1", [False, False, True, False]),
        ("exp > 1 AND day < date('2025-12-01')", [False, True, False, False]),
    ],
)
def test_what_is_not_a_number_is_not_known(text: str, expected: list[bool]) -> None:
    """Polars alone holds NaN for greater than every number."""
    rows = ROWS.with_columns(
        pl.Series("missing", [float("nan"), None, 2.0, 1.0]),
        pl.Series("exp", [1, 2, 3, 4]),
    )
    assert chosen(read_condition(text, rows.columns), rows).to_list() == expected


HOURS = pl.DataFrame(
    {
        "hour": ["pre", "post", "post", "unknown"],
        "instant": pl.Series([1, 2, None, None], dtype=pl.Datetime("us")),
        "role": ["known", "issuer", "known", None],
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hour = 'post'", [False, True, True, False]),
        ("hour IN ('pre', 'unknown')", [True, False, False, True]),
        ("hour = 'known'", [True, True, False, False]),
        ("'known' <> \"hour\"", [False, False, True, True]),
        ("hour NOT IN ('known', 'unknown')", [False, False, True, False]),
        ("hour = 'known' AND hour = 'post'", [False, True, False, False]),
        ("NOT (hour='known') OR role = 'known'", [True, False, True, True]),
        ("CASE WHEN hour = 'known' THEN 1 ELSE 0 END = 1", [True, True, False, False]),
        ("concat('a', hour) = 'apost'", [False, True, True, False]),
        ("'a' || hour = 'apost'", [False, True, True, False]),
        ("hour = 'po' || 'st'", [False, True, True, False]),
    ],
)
def test_known_asks_for_a_time_whatever_the_part_of_the_day(
    text: str, expected: list[bool]
) -> None:
    columns = [name for name in HOURS.columns if name != "instant"]
    condition = read_condition(text, columns)
    assert "instant" not in condition.reads
    assert chosen(condition, HOURS).to_list() == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hour = 'psot'", "`psot` is no part of the day that `hour` tells (did you mean `post`?)"),
        ("role = 'x' OR hour IN ('pre', 'noon')", "`noon` is no part of the day"),
        ("'PRE' != hour", "(there are: pre, intraday, post, unknown, reaction, known)"),
        ("instant IS NULL", "nothing is known by `instant`"),
    ],
)
def test_a_word_that_no_hour_has(text: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_condition(text, ["role", "hour"])
    assert told in str(caught.value)


def test_what_reads_the_reaction() -> None:
    assert read_condition("abs(ar) > 0.05", ROWS.columns).after_reaction
    assert not read_condition("role = 'ar'", ROWS.columns).after_reaction


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ar > avg(ar)", "`avg` is no function of one row"),
        ("sum(ar) > 1", "`sum` is no function of one row"),
        ("row_number() OVER (ORDER BY ar) = 1", "`row_number` is no function"),
        ("rank (ar) < 3", "`rank` is no function"),
        ('"max"(ar) = ar', "is no function of one row"),
        ("`sum`(ar) > 1", "is no function of one row"),
        ("sum\n(ar) > 1", "`sum` is no function of one row"),
        ("abs(ar) FILTER (WHERE ar > 0) > 0", "`FILTER` has no place"),
        ("ar = (SELECT max(ar) FROM self)", "`SELECT` has no place"),
        ("ar > 0 -- and more", "`--` has no place"),
        ("read_csv('x') > 1", "`read_csv` is no function"),
        ("ar >", "`ar >` cannot be read as a condition (for example role"),
        ("raole = 'issuer'", "nothing is known by `raole` (did you mean `role`?)"),
        ("role = issuer", "text is written 'issuer'"),
        ("deal_to_cap", "expected a condition, true or false; this is a number"),
        ("role > 3", "what does not go together: `role` is text (text is written 'so', a number"),
        ("ar > '0.05'", "`ar` is a number"),
        ("role = 'issuer' AND ar", "`ar` is a number, `role` is text"),
        ("tags = 'chips'", "`tags` is a list (a list is asked array_contains(tags, 'chips'))"),
        ("'chips' IN tags", "cannot be read as a condition"),
        ("ar >> 0.05 AND", "`ar >> 0.05 AND` cannot be read as a condition"),
        ("ar > 5%", "`ar > 5%` cannot be read"),
        ("role = 'issuer", "a quotation mark is not closed"),
        ("(ar > 0.05", "a bracket is not closed"),
        ("day < '2025-13-45'", "`2025-13-45` is no day (a day is written '2025-12-01')"),
        ("day < '01.12.2025'", "`01.12.2025` is no day"),
        ("'2025-02-30' <= day", "`2025-02-30` is no day"),
        ("day BETWEEN '2025-01-01' AND '2025-31-01'", "`2025-31-01` is no day"),
        ("day NOT IN ('2025-10-06', 'monday')", "`monday` is no day"),
        ("day = '2025-10'", "`2025-10` is no day"),
        ("ar > 0 AND day>=date('2025-6-1')", "`2025-6-1` is no day"),
    ],
)
def test_what_cannot_be_asked(text: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        chosen(read_condition(text, ROWS.columns), ROWS)
    assert told in str(caught.value)
    assert caught.value.problems[0].field == "where"


ARGUMENTS = {
    **dict.fromkeys(("array_contains",), "tags, 'chips'"),
    "array_length": "tags",
    "cast": "ar AS INT",
    "date": "day",
    "if": "ar > 0, 1, 0",
    **dict.fromkeys(("ends_with", "starts_with", "regexp_like", "nullif", "ifnull"), "role, 'co'"),
    **dict.fromkeys(("coalesce", "concat"), "role, day"),
    **dict.fromkeys(("length", "lower", "upper"), "role"),
    **dict.fromkeys(("greatest", "least", "mod", "pow", "round"), "ar, 2"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_that_is_named_works_on_one_row(name: str) -> None:
    """A row's answer is the same whether the others are there or not."""
    condition = read_condition(f"{name}({ARGUMENTS.get(name, 'ar')}) IS NOT NULL", ROWS.columns)
    alone = [chosen(condition, ROWS[at : at + 1])[0] for at in range(ROWS.height)]
    assert chosen(condition, ROWS).to_list() == alone
