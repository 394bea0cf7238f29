"""YAML as plain values with places: YAML 1.2 scalars, refusals, and where they are told."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.errors import BadInput
from backtest.events.yaml_marks import MAX_DEPTH, PurePython, YamlDocument, parse_yaml

PATH = Path("file.yaml")
PARSERS = [None, PurePython]

needs_libyaml = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")


def parse(text: str | bytes, parser: type | None = None) -> YamlDocument:
    return parse_yaml(text if isinstance(text, bytes) else text.encode(), PATH, parser)


def refusal(text: str | bytes, parser: type | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        parse(text, parser)
    assert len(caught.value.problems) == 1
    return str(caught.value)


# YAML 1.2.2, section 10.3.2, and what YAML 1.1 readers make other things of.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ON", "ON"),
        ("NO", "NO"),
        ("Y", "Y"),
        ("yes", "yes"),
        ("16:05", "16:05"),
        ("2025-10-06", "2025-10-06"),
        ("9984.T", "9984.T"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-7", -7),
        ("+3", 3),
        ("0o14", 12),
        ("0xC", 12),
        ("014", 14),
        ("1e9", 1e9),
        ("70.0e9", 70e9),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5E-3", -0.0015),
        ("-.inf", float("-inf")),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!float 12", 12),
        ("1.2.3", "1.2.3"),
        ("-", None),
    ],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_scalars_follow_the_core_schema(text: str, value: object, parser: type | None) -> None:
    document = parse(f"- {text}" if text != "-" else "- -", parser)
    expected = [[None]] if text == "-" else [value]
    assert document.value == expected
    assert type(document.value[0]) is type(expected[0])


def test_nan_is_a_number() -> None:
    (value,) = parse("[.nan]").value
    assert math.isnan(value)


def test_a_number_too_long_for_an_integer_stays_text() -> None:
    digits = "9" * 5000
    assert parse(f"- {digits}").value == [digits]


def test_keys_are_text_as_written() -> None:
    document = parse("{on: 1, 2025: 2, true: 3, 16:05: 4}")
    assert document.value == {"on": 1, "2025": 2, "true": 3, "16:05": 4}


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda below: st.lists(below) | st.dictionaries(_TEXT, below),
    max_leaves=20,
)


@settings(deadline=None, derandomize=True)
@given(_JSON)
def test_json_is_yaml(value: object) -> None:
    """Every JSON text is YAML of the same meaning (YAML 1.2.2, section 1.1)."""
    text = json.dumps(value, ensure_ascii=False)
    text = (
        text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\ufeff", "\\ufeff")
    )
    assert parse(text).value == value


@needs_libyaml
@settings(deadline=None, derandomize=True)
@given(_JSON)
def test_both_parsers_read_the_same(value: object) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    fast, slow = parse(text), parse(text, PurePython)
    assert fast.value == slow.value


def test_places_count_from_one() -> None:
    document = parse("id: x\nclaims:\n  - id: a\n    value: 3\n  - {id: b, value: 4}\n")
    assert str(document.where(("claims", 0, "value"))) == "file.yaml:4:12"
    assert str(document.where(("claims", 0, "value"), key=True)) == "file.yaml:4:5"
    assert str(document.where(("claims", 1, "value"))) == "file.yaml:5:20"
    assert document.written(("claims", 1, "value")) == "4"


def test_a_missing_field_is_placed_at_its_mapping() -> None:
    document = parse("id: x\nclaims:\n  - id: a\n")
    assert str(document.where(("claims", 0, "basis"))) == "file.yaml:3:5"
    assert str(document.where(("claims", 7, "basis"))) == "file.yaml:3:3"


def test_columns_count_characters_not_bytes() -> None:
    assert str(parse("{é: 1, b: 2}").where(("b",))) == "file.yaml:1:11"


@pytest.mark.parametrize("parser", PARSERS)
def test_duplicate_keys_are_told_with_both_places(parser: type | None) -> None:
    document = parse("id: a\ntitle: t\nid: b\ndeal: {value: 1, value: 2}\n", parser)
    assert [str(problem) for problem in document.problems] == [
        "file.yaml:3:1: id: given twice, first in line 1",
        "file.yaml:4:18: value: given twice, first in line 4",
    ]
    assert document.value == {"id": "a", "title": "t", "deal": {"value": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!python/object:os.system x", "file.yaml:1:4: the tag `!!python/object:os.system`"),
        ("a: !mine {b: 1}", "file.yaml:1:4: the tag `!mine` is not allowed"),
        ("a: !!int x", "file.yaml:1:4: `x` is not what its tag `!!int` says"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "file.yaml:3:3: merge keys (`<<`) are not read"),
        ("[a, b]: c", "file.yaml:1:1: a key must be a word"),
    ],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_what_is_not_plain_data_is_refused(text: str, message: str, parser: type | None) -> None:
    (problem,) = parse(text, parser).problems
    assert str(problem).startswith(message)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a:\n\tb: 1", "2:1", "a tab in the indentation"),
        ("a:\n  b: 1\n  \tc: 2", "3:3", "a tab in the indentation"),
        ("title: AMD: a deal", "1:11", "put text that contains `: ` in quotes"),
        ("a: [1, 2\nb: 3", "1:4", "is not closed"),
        ("a: {b: 1", "1:4", "is not closed"),
        ("a: 'x\nb: 1\n", "1:4", "close the quote"),
        ("a: @x", "1:4", "cannot start with this character"),
        ("a: *x", "1:4", "an anchor that does not exist"),
        ("a: &x 1\nb: &x 2", "2:4", "was set before"),
        ('a: "\\q"', "1:", "unknown escape"),
        ("a: 1\n---\nb: 2", "2:1", "write several as one list"),
        ("a: 1\nb\nc: 2", "", "expected `field: value`"),
        ("title: x\n  y: 1", "2:4", "a `:` where none is expected"),
        ("- a\nb: 1", "2:1", "check the indentation"),
        ("a: x\x07y", "1:5", "the character U+0007 is not allowed"),
        ("a: 1\nb: \x00", "2:4", "the character U+0000 is not allowed"),
    ],
)
@pytest.mark.parametrize("parser", PARSERS)
def test_syntax_is_explained_at_its_place(
    text: str, place: str, words: str, parser: type | None
) -> None:
    told = refusal(text, parser)
    assert told.startswith(f"file.yaml:{place}")
    assert words in told


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "{a: " * 100_000,
        "? " * 100_000,
        "\n".join(f"{' ' * level}a:" for level in range(2000)),
        "[" * 33 + "]" * 33,
        "- " * 33 + "x",
    ],
)
def test_deep_nesting_is_refused_early(text: str, parser: type | None) -> None:
    assert f"nested deeper than {MAX_DEPTH} levels" in refusal(text, parser)


def bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [x, x, x]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", [bomb(12, 9), bomb(5, 40)])
def test_alias_bombs_are_refused(text: str, parser: type | None) -> None:
    assert "grow beyond its own size" in refusal(text, parser)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "a: &a [x, {b: *a}]"])
def test_an_alias_that_holds_itself_is_refused(text: str, parser: type | None) -> None:
    assert "an alias that holds itself" in refusal(text, parser)


@pytest.mark.parametrize("parser", PARSERS)
def test_thirty_two_levels_are_read(parser: type | None) -> None:
    value = parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, parser).value
    for _ in range(MAX_DEPTH - 1):
        (value,) = value
    assert value == []


def test_a_few_aliases_are_fine() -> None:
    document = parse("a: &s {title: an article, date: 2025-10-13}\nb: *s\nc: *s")
    assert document.value["c"] == {"title": "an article", "date": "2025-10-13"}
    assert not document.problems


def test_wrong_bytes_are_told_with_offset_line_and_column() -> None:
    told = refusal("title: é\nnotes: caf".encode() + b"\xe9 au lait\n")
    assert told.startswith("file.yaml:2:11: byte 0xe9 at offset 20 is not UTF-8")


def test_utf_16_is_named() -> None:
    assert "UTF-16" in refusal("title: x".encode("utf-16"))


def test_a_byte_order_mark_is_no_content() -> None:
    assert parse(b"\xef\xbb\xbfid: x").value == {"id": "x"}


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_nothing_is_none(text: str) -> None:
    assert parse(text).value is None


def test_problems_of_one_file_are_bounded() -> None:
    assert len(parse("a: 1\n" * 5000).problems) == 100
