"""Where keys and values stand in a TOML text; the parser is the judge of what the keys are."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backtest.config.marks import line_and_column, marks

TEXT = """\
# a = "no key"
title = "x # no comment"   # = one
'quoted = key' = 1
site."a.b".c = '''
[no.header]
no = 1
'''
long = QQQ
also \\QQQ = 2 QQQ
list = [ # of lists
  [1, 2], # [x]
  ["]", '[']
]

[ table . "with ]" ] # [or not]
inline = {a = 1, b = "}"}
\t indented = true
[[many]]
one = 1
""".replace("QQQ", '"' * 3)


def test_every_key_and_header_is_found() -> None:
    assert isinstance(tomllib.loads(TEXT), dict)
    found = [
        (mark.path, line_and_column(TEXT, mark.key), line_and_column(TEXT, mark.value))
        for mark in marks(TEXT)
    ]
    assert found == [
        (("title",), (2, 1), (2, 9)),
        (("quoted = key",), (3, 1), (3, 18)),
        (("site", "a.b", "c"), (4, 1), (4, 16)),
        (("long",), (8, 1), (8, 8)),
        (("list",), (10, 1), (10, 8)),
        (("table", "with ]"), (15, 1), (15, 1)),
        (("table", "with ]", "inline"), (16, 1), (16, 10)),
        (("table", "with ]", "indented"), (17, 3), (17, 14)),
        (("many",), (18, 1), (18, 1)),
        (("many", "one"), (19, 1), (19, 7)),
    ]


NAMES = st.text("ab-_1", min_size=1, max_size=4) | st.text(max_size=5).map(
    lambda text: '"' + "".join(f"\\u{ord(c):04x}" for c in text if ord(c) < 0xD800) + '"'
)
VALUES = st.sampled_from(
    [
        *("1", "true", '"a = b # c"', "'[x]'", '"""\n[t]\nx = 1"""', "'''\n''x'''''"),
        *('[\n  "]", # ]\n  [1, 2],\n]', '{a = "}", b = [1]}', "2025-10-06T07:00:00Z", '"\\"="'),
    ]
)
LINES = st.tuples(NAMES, VALUES, st.sampled_from(["", " # x = 1", "  \n\n#[no]"]))


@given(st.lists(st.tuples(NAMES, st.lists(LINES, max_size=4)), max_size=3))
def test_keys_and_values_are_the_parsers(sections: list[tuple[str, list[Any]]]) -> None:
    text = ""
    for section, lines in sections:
        text += f"[{section}]\n"
        text += "".join(f"{name} ={value}{more}\n" for name, value, more in lines)
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # A name stands twice.
        return
    found = {mark.path: mark for mark in marks(text) if not mark.header}
    there = {(section, key) for section, table in plain.items() for key in table}
    assert found.keys() == there
    for (section, key), mark in found.items():
        assert text[mark.value - 1] == "="
        # Cut off, the document ends with this value, so the parser reads the same.
        ends = [one.key for one in marks(text) if one.key > mark.key]
        cut = text[mark.value : min(ends, default=len(text))]
        assert tomllib.loads(f"x ={cut}")["x"] == plain[section][key]


@example("[#")  # once failed
@given(st.text("[]{}\"'#=.\\ \nab", max_size=40))
def test_text_that_is_not_toml_is_no_trouble(text: str) -> None:
    for mark in marks(text):
        assert 0 <= mark.key <= mark.value <= len(text)


@pytest.mark.parametrize(("offset", "place"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 3))])
def test_lines_and_columns_count_from_one(offset: int, place: tuple[int, int]) -> None:
    assert line_and_column("ab\ncd", offset) == place
