"""Writing announcements: the text loads as an equal announcement, and nothing is written over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtest.errors import BadInput, BadUsage
from backtest.events.compose import compose, compose_all, plain, write_new
from backtest.events.json_schema import SCHEMA_FILE, json_schema_text
from backtest.events.load import load_announcements, parse_announcements
from backtest.events.schema import Announcement
from backtest.events.yaml_emit import emit, number, scalar
from backtest.plain_text import command_in

EXAMPLE = """\
# yaml-language-server: $schema=announcement.schema.json
id: 2025-10-06-amd-openai
title: AMD and OpenAI agree on 6 GW of GPUs and a warrant for up to 160M shares
announced: 2025-10-06T07:00:00-04:00
parties:
  - {ticker: AMD, role: counterparty}
  - {name: OpenAI, role: customer, attributes: {revenue: 13.0e9}}
  - {ticker: "NO", role: competitor}
deal:
  currency: USD
  financing: equity-warrant
attributes:
  warrant_share: 0.1
claims:
  - id: one-day-cap
    says: market value rose by nearly $70 billion in one day
    ticker: AMD
    quantity: market_cap_change
    basis: close
    window: [0, 0]
    value: 70.0e9
    source:
      title: An article
      date: 2025-10-13
tags: [openai, chips]
confounders:
  - {date: 2025-10-07, what: "a report: margins are thin"}
notes: >-
  A long note is folded so that the file stays readable in a narrow editor, and it comes back as the
  one line that it was when the file is read again.
"""


def load(text: str) -> Announcement:
    loaded, problems, _ = parse_announcements(text.encode(), Path("x.yaml"))
    assert not problems, [str(problem) for problem in problems]
    assert len(loaded) == 1
    return loaded[0].announcement


def test_the_layout() -> None:
    text = EXAMPLE.replace(
        "  - {name: OpenAI, role: customer, attributes: {revenue: 13.0e9}}\n",
        "  - name: OpenAI\n    role: customer\n    attributes:\n      revenue: 13.0e9\n",
    )
    assert compose(load(EXAMPLE)) == text


def test_several_become_a_list() -> None:
    one = load(EXAMPLE)
    other = one.model_copy(update={"id": "other"})
    loaded, problems, _ = parse_announcements(compose_all([one, other]).encode(), Path("x"))
    assert not problems
    assert [item.announcement for item in loaded] == [one, other]
    assert compose_all([one]) == compose(one)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=150).filter(
    lambda text: not command_in(text)  # these are refused
)
_WORDS = st.lists(st.sampled_from(["deal", "a", "of", "$1", "it's", "#1", "a:b", "-"]), max_size=60)
_PROSE = _TEXT | _WORDS.map(" ".join).filter(lambda text: len(text) > 2)
_AMBIGUOUS = st.sampled_from(
    """y n yes No ON off true Null ~ 16:05 1_000 2025-10-06 1e9 0x1F 0o17 017 .5 .inf 1. - ? :
    << = a: a#b |x >y %x @x `x` &x *x !x [x] {x} x,y ' " \\ x' 9984.T 000660.KS""".split()  # noqa: SIM905
)
_LINES = st.lists(_PROSE, max_size=3).map("\n".join)
_ANY_TEXT = _PROSE | _AMBIGUOUS | _LINES
_NUMBER = st.floats(allow_nan=False, allow_infinity=False)
_KEBAB = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True)
_TICKER = st.from_regex(r"[A-Z0-9^][A-Z0-9.^=-]{0,9}", fullmatch=True)
_SCALAR = st.none() | st.booleans() | st.integers() | _NUMBER | _ANY_TEXT
_ATTRIBUTES = st.dictionaries(_ANY_TEXT, _SCALAR, max_size=4)
_DAY = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1))
_ZONE = st.timezones() | st.just(dt.UTC)
_MOMENT = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1), timezones=_ZONE)


def _optional(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=fields)


_SOURCE = st.builds(
    lambda title, rest: {"title": title, **rest},
    _ANY_TEXT,
    _optional(
        publisher=_ANY_TEXT, date=_DAY, url=_ANY_TEXT, grade=st.sampled_from(["A", "A-", "C"])
    ),
)
_DEAL = _optional(
    value=st.floats(0, 1e15),
    currency=st.sampled_from(["USD", "JPY"]),
    years=st.floats(0.1, 100),
    financing=_KEBAB,
    note=_ANY_TEXT,
)


@st.composite
def raw_announcements(draw: st.DrawFn) -> dict[str, object]:
    tickers = draw(st.lists(_TICKER, min_size=1, max_size=4, unique=True))
    parties = [
        {
            "ticker": ticker,
            "role": draw(_KEBAB),
            **draw(_optional(attributes=_ATTRIBUTES, note=_ANY_TEXT)),
        }
        for ticker in tickers
    ]
    claims = [
        {
            "id": key,
            "says": draw(_ANY_TEXT),
            "ticker": draw(st.sampled_from(tickers)),
            "quantity": draw(st.sampled_from(["return", "market_cap"])),
            "value": draw(_NUMBER),
            "source": draw(_SOURCE),
            **draw(_optional(basis=st.just("intraday_high"), window=st.just((-1, 3)))),
        }
        for key in draw(st.lists(_KEBAB, max_size=2, unique=True))
    ]
    confounder = st.fixed_dictionaries({"date": _DAY, "what": _ANY_TEXT})
    return {
        "id": draw(_KEBAB),
        "title": draw(_PROSE.filter(lambda text: len(text) <= 200)),
        "announced": draw(_DAY | _MOMENT),
        "parties": parties,
        "claims": claims,
        **draw(
            _optional(
                timing=_ANY_TEXT,
                deal=_DEAL,
                attributes=_ATTRIBUTES,
                tags=st.lists(_KEBAB, max_size=3),
                confounders=st.lists(confounder, max_size=2),
                sources=st.lists(_SOURCE, max_size=2),
                notes=_ANY_TEXT,
            )
        ),
    }


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(raw_announcements())
def test_what_is_composed_loads_as_the_same(raw: dict[str, object]) -> None:
    event = Announcement.model_validate(raw)
    again = load(compose(event))
    assert again == event
    for mine, other in zip(event.attributes.items(), again.attributes.items(), strict=True):
        assert mine == other
        assert type(mine[1]) is type(other[1])


@settings(deadline=None, derandomize=True)
@given(_ANY_TEXT, _ANY_TEXT)
def test_readers_of_yaml_1_1_see_the_same_text(one: str, two: str) -> None:
    text = emit({"field": one, "flow": [one, two], "both": [{"a": one, "b": two}]})
    expected = {"field": one, "flow": [one, two], "both": [{"a": one, "b": two}]}
    assert yaml.safe_load(text) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (300e9, "300.0e9"),
        (63.4e9, "63.4e9"),
        (1e12, "1.0e12"),
        (160_000_000.0, "160.0e6"),
        (317_250_000_000.0, "317.25e9"),
        (999_999.0, "999999.0"),
        (0.62, "0.62"),
        (-70e9, "-70.0e9"),
        (1e-7, "1e-07"),
        (123_456_789.0, "123.456789e6"),
    ],
)
def test_numbers_are_readable(value: float, text: str) -> None:
    assert number(value) == text
    assert float(text) == value


@settings(deadline=None, derandomize=True)
@given(_NUMBER)
def test_numbers_are_exact(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ORCL", "ORCL"),
        ("9984.T", "9984.T"),
        ("ON", '"ON"'),
        ("16:05", '"16:05"'),
        ("2025-10-06", '"2025-10-06"'),
        (dt.date(2025, 10, 6), "2025-10-06"),
        ("it's $5 - fine", "it's $5 - fine"),
        ("a: b", '"a: b"'),
        ("", '""'),
        (True, "true"),
        (None, "null"),
    ],
)
def test_quotes_only_where_they_matter(value: object, text: str) -> None:
    assert scalar(value) == text  # type: ignore[arg-type]


def test_what_is_empty_or_default_is_left_out() -> None:
    event = load("id: a\ntitle: Deal\nannounced: 2025-10-06\nparties: [{name: X, role: y}]\n")
    assert list(plain(event)) == ["id", "title", "announced", "parties"]


def test_the_shipped_calendar_survives_rewriting() -> None:
    loaded = load_announcements(Path(__file__).parents[2] / "events")
    assert len(loaded) == 44
    for item in loaded:
        assert load(compose(item.announcement)) == item.announcement


def test_a_new_file_is_loadable_and_has_its_schema_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "events" / "a.yaml"
    write_new(path, EXAMPLE, calendar=path.parent)
    assert path.read_text() == EXAMPLE
    assert (path.parent / SCHEMA_FILE).read_text() == json_schema_text()
    assert sorted(found.name for found in path.parent.iterdir()) == ["a.yaml", SCHEMA_FILE]
    assert load_announcements(path.parent)[0].id == "2025-10-06-amd-openai"


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# mine")
    with pytest.raises(BadUsage, match="the file exists") as caught:
        write_new(path, EXAMPLE)
    assert caught.value.exit_code == 2
    assert path.read_text() == "# mine"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# mine")
    monkeypatch.setattr(Path, "exists", lambda self: self != path)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", _no_links)
    with pytest.raises(BadUsage, match="the file exists"):
        write_new(path, EXAMPLE)
    assert path.read_text() == "# mine"
    assert [found.name for found in tmp_path.iterdir()] == ["a.yaml"]


def _no_links(self: Path, target: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_file_systems_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", _no_links)
    write_new(tmp_path / "a.yaml", EXAMPLE)
    assert (tmp_path / "a.yaml").read_text() == EXAMPLE


def test_an_id_of_the_calendar_is_refused(tmp_path: Path) -> None:
    write_new(tmp_path / "a.yaml", EXAMPLE, calendar=tmp_path)
    with pytest.raises(BadUsage, match=r"is the id of .*a\.yaml:2"):
        write_new(tmp_path / "b.yaml", EXAMPLE, calendar=tmp_path)
    assert not (tmp_path / "b.yaml").exists()


def test_an_invalid_text_never_reaches_the_disk(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="titel: unknown field"):
        write_new(tmp_path / "new" / "a.yaml", EXAMPLE.replace("title: AMD", "titel: AMD"))
    assert not (tmp_path / "new").exists()


def test_a_full_disk_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadUsage, match="No space left"):
        write_new(tmp_path / "a.yaml", EXAMPLE)
    assert list(tmp_path.iterdir()) == []
