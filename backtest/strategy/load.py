"""Strategy files → validated strategies, or every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from backtest.errors import BadInput, BadUsage, Location, Problem, did_you_mean
from backtest.events.faults import Fault, Sentence, dotted, found, sentence
from backtest.events.files import SUFFIXES
from backtest.events.yaml_marks import YamlDocument, parse_yaml
from backtest.events.yaml_text import read_bytes
from backtest.strategy.blame import blamed
from backtest.strategy.impossible import impossible
from backtest.strategy.places import default_strategies
from backtest.strategy.schema import Strategy

Steps = tuple[int | str, ...]

_NOT_A_DIRECTION: Sentence = (
    "bad-choice",
    "expected long, short, with_reaction, against_reaction, or a side for each role "
    "(`{counterparty: long, competitor: short}`)",
    None,
)


_NOT_A_TICKER: Sentence = (
    "bad-text",
    "expected a ticker as the prices write it, such as QQQ",
    None,
)


@dataclass(frozen=True, slots=True)
class LoadedStrategy:
    """A strategy and where its parts stand.

    Attributes:
        strategy: the rule.
        document: its file.
        prefix: of all its fields in it.
        options: names of the options that stand for fields of it, as `--where` for `where`.
    """

    strategy: Strategy
    document: YamlDocument
    prefix: Steps
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The strategy's id."""
        return self.strategy.id

    def where(self, *path: int | str) -> Location | str:
        """Return the place of a field, the option's name where one stands for it."""
        if path and path[0] in self.options:
            return self.options[str(path[0])]
        return self.document.where((*self.prefix, *path))


def find_strategies(words: Sequence[str]) -> list[LoadedStrategy]:
    """Return the strategies that words name; all there are by default for no words.

    A word is the id of a strategy of the default folder, a YAML file, or a folder of them.

    Raises:
        BadUsage: a word that names nothing.
        BadInput: a file that cannot be used.
    """
    if not words:
        return load_strategies(default_strategies())
    chosen: dict[tuple[Path, Steps], LoadedStrategy] = {}
    problems: list[Problem] = []
    known: dict[str, LoadedStrategy] | None = None
    for word in words:
        path = Path(word)
        if path.suffix in SUFFIXES or path.is_dir():
            some = load_strategies(path)
        else:
            if known is None:
                known = {one.id: one for one in load_strategies(default_strategies())}
            if word not in known:
                problems.append(_unknown(word, list(known)))
                continue
            some = [known[word]]
        chosen.update(((one.document.path.resolve(), one.prefix), one) for one in some)
    if problems:
        raise BadUsage(problems)
    twice = list(_twice(list(chosen.values())))
    if twice:
        raise BadInput(twice)
    return list(chosen.values())


def load_strategies(path: Path) -> list[LoadedStrategy]:
    """Load a YAML file (one strategy, or a list of them), or all those of a folder.

    Raises:
        BadInput: with every problem of every file.
    """
    loaded: list[LoadedStrategy] = []
    problems: list[Problem] = []
    for file in _files(path):
        try:
            document = parse_yaml(read_bytes(file), file)
        except BadInput as error:
            problems += error.problems
            continue
        made, wrong = _parsed(document)
        loaded += made
        problems += wrong
    problems += _twice(loaded)
    if problems:
        raise BadInput(problems)
    return loaded


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found_ = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
        if found_:
            return found_
        message, hint = "the folder holds no .yaml or .yml file", "`backtest trade --schema`"
        raise BadInput.because("no-yaml", message, where=Location(path), hint=hint)
    if not path.is_file():
        raise BadInput.because(
            "no-such-path", "there is no such file or folder", where=Location(path)
        )
    return [path]


def _parsed(document: YamlDocument) -> tuple[list[LoadedStrategy], list[Problem]]:
    loaded: list[LoadedStrategy] = []
    problems = list(document.problems)
    value = document.value
    items = enumerate(value) if isinstance(value, list) and value else [(None, value)]
    for place, item in items:
        prefix: Steps = () if place is None else (place,)
        if not isinstance(item, dict):
            told = f"expected a strategy (`id: …`, `exit: …`), found {found(item)}"
            problems.append(Problem("not-a-strategy", told, document.where(prefix)))
            continue
        try:
            strategy = Strategy.model_validate_json(to_json(item), strict=True)
        except ValidationError as error:
            problems.extend(_problems(error, document, prefix))
        except PydanticSerializationError:
            told = "a text with half a character (\\uD800)"
            problems.append(Problem("bad-text", told, document.where(prefix)))
        else:
            for path, said, hint in impossible(strategy):
                where = document.where((*prefix, *path))
                problems.append(Problem("out-of-reach", said, where, dotted(path), hint))
            loaded.append(LoadedStrategy(strategy, document, prefix))
    return loaded, problems


def _problems(error: ValidationError, document: YamlDocument, prefix: Steps) -> Iterator[Problem]:
    seen: set[Steps] = set()
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if path[:1] == ("direction",):
            # Of a union pydantic tells what every branch would have wanted.
            if ("direction",) in seen:
                continue
            path, told = ("direction",), _NOT_A_DIRECTION
        else:
            fault = Fault(
                detail["type"],
                path,
                detail["input"],
                detail.get("ctx", {}),
                document.written((*prefix, *path)),
                Strategy,
            )
            told = _NOT_A_TICKER if _is_fund(path) else sentence(fault)
        seen.add(path)
        code, message, hint = told
        where = document.where((*prefix, *path), key=code == "unknown-field")
        yield Problem(code, message, where, dotted((*prefix, *path)) or None, hint)


def _is_fund(path: Steps) -> bool:
    return path[:1] == ("hedge",) and ("funds" in path[:-1] or path[-1] == "otherwise")


def _twice(loaded: Sequence[LoadedStrategy]) -> Iterator[Problem]:
    first: dict[str, LoadedStrategy] = {}
    for one in loaded:
        other = first.setdefault(one.id, one)
        if other is not one:
            told = f"`{one.id}` is also the id of the strategy at {other.where('id')}"
            yield blamed("duplicate-id", told, one.where("id"), "id")


def _unknown(word: str, known: list[str]) -> Problem:
    return Problem(
        "unknown-strategy",
        f"no strategy is called `{word}`; there are: {', '.join(known)}",
        field="strategy",
        hint=did_you_mean(word, known) or "or name a file: my.yaml",
    )
