"""The settings of a file as their flags would take them, or every fault with its place."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.config.load import load
from backtest.config.settings import SETTINGS
from backtest.errors import BadInput


def loaded(text: str, folder: Path = Path()) -> dict[str, str]:
    file = folder / "backtest.toml"
    file.write_text(text, encoding="utf-8")
    return {name: entry.text for name, entry in load(file).entries.items()}


def faults(text: str) -> list[str]:
    with pytest.raises(BadInput) as error:
        loaded(text)
    return [str(problem) for problem in error.value.problems]


def test_every_kind_of_value() -> None:
    text = """
        study.model = "market,mean"
        study.tests = ["bmp", "rank"]
        study.factors = ["rf", "mkt_rf", "SMH"]
        study.cars = ["0:0", "-1:1"]
        study.window = "-5:5"
        study.returns = "log"
        study.min-obs = 1_00
        study.no-cache = true
        study.scheduler = "tcp://host:8786"
        prices = {rate = 2}
    """
    assert loaded(text) == {
        "study.model": "market,mean",
        "study.tests": "bmp,rank",
        "study.factors": "rf+mkt_rf+SMH",
        "study.cars": "0:0,-1:1",
        "study.window": "-5:5",
        "study.returns": "log",
        "study.min-obs": "100",
        "study.no-cache": "true",
        "study.scheduler": "tcp://host:8786",
        "prices.rate": "2",
    }


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    for name in ("sub", "snapshot", "mine"):
        (folder / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    text = """
        [study]
        events = "events"
        prices = "p.parquet"
        sectors = "../sectors.csv"
        factor-data = "~/f.csv"
        shared = "s3://bucket/x"
        [cache]
        folder = "/elsewhere"
    """
    expected = {
        "study.events": "project/events",
        "study.prices": "project/p.parquet",
        "study.sectors": "sectors.csv",  # as one types it here
        "study.factor-data": "f.csv",
        "study.shared": "s3://bucket/x",
        "cache.folder": "/elsewhere",
    }
    assert loaded(text, folder) == expected
    monkeypatch.chdir(folder)
    assert loaded(text)["study.events"] == "events"
    monkeypatch.chdir(folder / "sub")
    assert loaded(text, folder)["study.events"] == str(folder / "events")


@pytest.mark.parametrize(
    ("prices", "meant"),
    [
        ("auto", "auto"),
        ("snapshot", "snapshot"),  # though there is a folder of this name
        ("snapshto", "snapshto"),  # told with a hint when it is looked up
        ("mine", "project/mine"),
        ("./snapshot", "project/snapshot"),
        ("p.csv", "project/p.csv"),
        ("a/b", "project/a/b"),
        ("https://host/p.parquet", "https://host/p.parquet"),
    ],
)
def test_prices_are_a_source_or_a_path(tmp_path: Path, prices: str, meant: str) -> None:
    for name in ("snapshot", "mine"):
        (tmp_path / "project" / name).mkdir(parents=True)
    text = f'[study]\nprices = "{prices}"\n'
    assert loaded(text, tmp_path / "project") == {"study.prices": meant}


def test_all_faults_come_at_once_in_the_order_of_the_lines() -> None:
    text = """\
[study]
benchmrk = "QQQ"
min_obs = 100
min-obs = "100"
jobs = true
estimation = [-260, -11]
window = "5:-5"
cars = ["0:0", "1"]
cache = "x"
returns = "simpel"
tests = ["bmp", 1]
events = ""
prices = "a\\u0000b"
[stdy]
x = 1
[cache]
folder = 2025-10-06
[prices]
rate = nan
"""
    at = "backtest.toml"
    found = faults(text)
    assert [fault.split(": ")[0] for fault in found] == [
        *(f"{at}:{place}" for place in ("2:1", "3:1", "4:11", "5:8", "6:14", "7:10", "8:8")),
        *(f"{at}:{place}" for place in ("9:1", "10:11", "11:9", "12:10", "13:10", "14:1")),
        *(f"{at}:{place}" for place in ("17:10", "19:8")),
    ]
    for place, words in {
        0: "study.benchmrk: unknown key (did you mean `benchmark`?)",
        1: "study.min_obs: unknown key (did you mean [study] min-obs?)",
        2: "expected a whole number, found `100` (write it without quotes)",
        3: "expected a whole number, found the truth value `true`",
        4: 'expected a window such as "-10:10", found a list of 2 (write "-260:-11")',
        5: "`5:-5` ends before it starts (did you mean -5:5?)",
        6: "`1` is not a window",
        7: "study.cache: unknown key (did you mean [cache] folder?)",
        8: "`simpel` is not one of simple, log (did you mean `simple`?)",
        9: "expected a list of texts, found the number `1` in it",
        10: "expected text, found nothing",
        11: "has a character that is never meant",
        12: "stdy: unknown section (did you mean `study`?)",
        13: "expected text, found the time `2025-10-06`",
        14: "the number `nan`, expected more than 0",
    }.items():
        assert words in found[place]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[study]\njobs = 1\njobs = 2", ":3:1: the key `jobs` stands twice, first on line 2"),
        ("[study]\n[cache]\n[study]", ":3:1: the section `study` stands twice, first on line 1"),
        ("[study]\nbenchmark = SPY", ":2:13: not TOML: invalid value (text stands in quotes"),
        ("[study\n", ":1:7: not TOML: expected ']'"),
        ('[study]\nbenchmark = "SPY', ":2:17: not TOML: "),
        ('benchmark = "SPY"', ":1:1: benchmark: this key stands in no section (write [study] be"),
        ("study = 1", ":1:9: study: expected a section ([study]), found the number `1`"),
        ("[[study]]", ":1:1: study: expected a section ([study]), found a list of 1"),
        ("study = {nope = 1}", ":1:1: study.nope: unknown key"),
        ('[study]\n"\\u001b[31m" = 1', ":2:1: study.\\x1b[31m: unknown key"),
        (f"x = {'[' * 1500}", "backtest.toml: brackets or keys are nested too deeply"),
    ],
)
def test_one_fault(text: str, told: str) -> None:
    (fault,) = faults(text)
    assert told in fault


def test_secrets_are_told() -> None:
    Path("backtest.toml").write_text('[study]\nshared = "s3://a:b@c/d"\nprices = "https://h/p"\n')
    (entry,) = load(Path("backtest.toml")).secrets()
    assert (entry.setting.name, entry.where.line, entry.where.column) == ("study.shared", 2, 10)


WORDS = st.sampled_from(
    [
        *("[study]", "[cache]", "[prices]\n", "\n", "=", " = ", '"', "'", "#", ",", ".", "[", "]"),
        *("{", "}", "true", "1", "-260:-11", '"0:0"', "\\", '"""', "é", "\x1b", "\0", "2025-10-06"),
        *(setting.key for setting in SETTINGS),
    ]
)


@given(st.lists(WORDS | st.text(string.printable, max_size=5), max_size=25).map("".join))
def test_no_text_is_a_bug(text: str) -> None:
    """Any text is settings, or is refused with a place and nothing that a terminal obeys."""
    file = Path("backtest.toml")
    file.write_text(text, encoding="utf-8", newline="")
    try:
        load(file)
    except BadInput as error:
        for problem in error.problems:
            assert str(problem).startswith("backtest.toml")
            assert not set(str(problem)) & {"\x1b", "\0", "\r", "\n"}
