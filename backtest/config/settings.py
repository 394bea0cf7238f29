"""What can be set, and where: a key of `backtest.toml`, a variable, a flag. One list for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from backtest.spec import DEFAULT_TESTS, Measure, Missing, Returns, StudySpec

Kind = Literal[
    "text",  # any text
    "choice",  # one of `choices`
    "words",  # a list, or text joined by commas
    "sum",  # a list, or text joined by +
    "window",  # "-10:10"
    "windows",  # a list of them, or text joined by commas
    "whole",  # a whole number from 1
    "number",  # a number above 0
    "switch",  # true or false
    "path",  # a file or folder
    "source",  # a source of prices, or a path or an address
    "place",  # a folder, or an address
]

_SPEC = StudySpec()


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set.

    Attributes:
        section, key: its place in the file.
        kind: what its value is.
        variable: the environment variable.
        option: the flag; None where there is none.
        about: what it is, for a comment.
        example: a value as TOML; the default where there is one.
        unset: what holds where it is not set and has no default value.
        choices: what there is to choose from.
    """

    section: str
    key: str
    kind: Kind
    variable: str
    option: str | None
    about: str
    example: str
    unset: str = ""
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Section and key, as `study.benchmark`."""
        return f"{self.section}.{self.key}"


def _study(
    key: str,
    kind: Kind,
    example: str,
    about: str,
    unset: str = "",
    choices: tuple[str, ...] = (),
) -> Setting:
    variable = f"BACKTEST_{key.upper().replace('-', '_')}"
    return Setting("study", key, kind, variable, f"--{key}", about, example, unset, choices)


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


_STUDY = (
    _study(
        *("events", "path", '"events"'),
        "announcements: a YAML file, a folder of them, or a .csv or .parquet table",
        "./events, else the shipped calendar",
    ),
    _study("prices", "source", '"auto"', "auto, snapshot, yahoo, or a price table of your own"),
    _study("benchmark", "text", f'"{_SPEC.benchmark}"', "ticker of the market return"),
    _study(
        "model", "words", _list(_SPEC.models), "expected-return models; `backtest models` lists all"
    ),
    _study(
        *("factors", "sum", '["rf", "mkt_rf", "SMH"]'),
        'what the model `factors` regresses on; needs model = ["factors"]',
        "none",
    ),
    _study(
        *("factor-data", "path", '"factors.csv"'),
        "a table of daily factor returns in decimals",
        "the fetched factors, else the shipped ones",
    ),
    _study("sectors", "path", '"sectors.csv"', "a table of ticker and sector", "none"),
    _study(
        *("estimation", "window", f'"{_SPEC.estimation}"'),
        "estimation window, in sessions from the event day",
    ),
    _study("window", "window", f'"{_SPEC.window}"', "event window"),
    _study(
        *("cars", "windows", '["0:0", "-1:1"]'),
        "windows of cumulative abnormal returns",
        "the usual ones that fit",
    ),
    _study("returns", "choice", '"simple"', "kind of returns", choices=get_args(Returns)),
    _study("measure", "choice", '"return"', "what is studied", choices=get_args(Measure)),
    _study("tests", "words", _list(DEFAULT_TESTS), "tests; `backtest tests` lists all"),
    _study("group-by", "words", '["tag"]', "groups of the sample tests", "none"),
    _study(
        *("missing", "choice", '"strict"', "a missing day inside a CAR window"),
        choices=get_args(Missing),
    ),
    _study("min-obs", "whole", str(_SPEC.min_obs), "fewest estimation days"),
    _study("no-cache", "switch", "false", "neither read nor keep results"),
    _study("jobs", "whole", "4", "threads, or worker processes of dask", "all processors"),
    _study("engine", "text", '"local"', "local, or dask"),
    _study(
        *("scheduler", "text", '"tcp://host:8786"'),
        'a running Dask scheduler, for engine = "dask"',
        "workers are started here",
    ),
    _study(
        *("shared", "place", '"s3://bucket/backtest"'),
        'a folder or address that all machines see, for engine = "dask"',
        "none",
    ),
)

SETTINGS = (
    *_STUDY,
    Setting(
        *("cache", "folder", "path", "BACKTEST_CACHE", "--cache"),
        *("what is kept between runs", '"cache"', "./cache"),
    ),
    Setting(
        *("prices", "rate", "number", "BACKTEST_RATE", "--rate"),
        *("requests a second of `backtest prices pull`", "1.0"),
    ),
    Setting(
        *("prices", "yahoo-url", "text", "BACKTEST_YAHOO_URL", None),
        *("a mirror of Yahoo Finance", '"https://mirror.example"', "Yahoo's own address"),
    ),
    Setting(
        *("prices", "french-url", "text", "BACKTEST_FRENCH_URL", None),
        *("a mirror of the French library", '"https://mirror.example/ftp"', "its own address"),
    ),
    Setting(
        *("program", "traceback", "switch", "BACKTEST_TRACEBACK", None),
        *("show where an internal error arose", "false", "false"),
    ),
)
"""In the order in which they are shown."""

SECTIONS = tuple(dict.fromkeys(setting.section for setting in SETTINGS))
BY_NAME = {setting.name: setting for setting in SETTINGS}
BY_OPTION = {setting.option: setting for setting in SETTINGS if setting.option}


def keys_of(section: str) -> list[str]:
    """Return the keys of a section."""
    return [setting.key for setting in SETTINGS if setting.section == section]
