"""Safe YAML as plain values, every one of them with its place in the file.

The parser is libyaml's where PyYAML was built with it (about ten times faster), else PyYAML's own.
Only plain data is read: core-schema scalars (`yaml_scalars`), lists, and mappings whose keys are
text exactly as written. Duplicate keys, foreign tags, merge keys and aliases that blow the file up
are refused.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from backtest.errors import BadInput, Location, Problem
from backtest.events.yaml_scalars import Scalar, resolve
from backtest.events.yaml_syntax import explain, locate
from backtest.events.yaml_text import decode
from backtest.plain_text import command_in

if TYPE_CHECKING:
    Plain = Scalar | list["Plain"] | dict[str, "Plain"]

Path_ = Sequence[str | int]

MAX_DEPTH = 32
MAX_PROBLEMS = 100
"""Of one file; nobody reads more of them at once."""
_TAME = 200
_DEEP_LINE = re.compile(rf"^[ ?-]{{{_TAME}}}", re.MULTILINE)
_PLAIN, _QUOTED = "plain", "quoted"
_CORE = "tag:yaml.org,2002:"
_TYPES: dict[str, tuple[type, ...]] = {
    f"{_CORE}bool": (bool,),
    f"{_CORE}int": (int,),
    f"{_CORE}float": (float, int),
    f"{_CORE}null": (type(None),),
}


class _Composer(Protocol):
    def get_single_node(self) -> Node | None: ...


class _Resolver:
    """Called by the composer for every node without a tag: marks plain scalars."""

    def resolve(self, kind: type[Node], _value: object, implicit: Any) -> str:
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _QUOTED
        return _PLAIN


class _Guarded(_Resolver):
    """Bounds the depth, too: the composer recurses, and libyaml's would overrun the stack."""

    _depth = 0

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH and parent is not None:
            raise yaml.MarkedYAMLError(
                problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=parent.start_mark
            )

    def ascend_resolver(self) -> None:
        self._depth -= 1


class _Unguarded(_Resolver):
    """For text that cannot nest deep: does nothing at each node, and that in C."""

    descend_resolver = staticmethod(operator.is_)
    ascend_resolver = staticmethod(tuple)


class PurePython(_Guarded, Reader, Scanner, Parser, Composer):
    """PyYAML's own parser, for builds without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


def _libyaml() -> tuple[type[_Composer], type[_Composer]]:
    """Return the parsers for tame and for suspicious text."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        return PurePython, PurePython
    tame = type("LibYaml", (_Unguarded, CParser), {})
    return tame, type("GuardedLibYaml", (_Guarded, CParser), {})


def _nests_deep(text: str) -> bool:
    """Whether brackets or indentation might nest so deep that the composer must be guarded."""
    return text.count("[") + text.count("{") > _TAME or bool(_DEEP_LINE.search(text))


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One parsed file: its plain value, what was refused in it, and where everything stands."""

    path: Path
    value: Plain
    problems: tuple[Problem, ...]
    root: Node | None

    def where(self, path: Path_ = (), *, key: bool = False) -> Location:
        """Return the place of the value at `path`, or of its key.

        Where `path` leaves the document (a missing field), the place of the last value on the way.
        """
        node, name = self._node(path)
        return locate((name if key and name else node).start_mark if node else None, self.path)

    def written(self, path: Path_) -> str | None:
        """Return the scalar at `path` exactly as written, without its quotes."""
        node, _ = self._node(path)
        return node.value if isinstance(node, ScalarNode) else None

    def _node(self, path: Path_) -> tuple[Node | None, Node | None]:
        node, name = self.root, None
        for step in path:
            if isinstance(node, SequenceNode) and isinstance(step, int):
                below = node.value[step] if step < len(node.value) else None
                found: tuple[Node | None, Node | None] = (None, below)
            elif isinstance(node, MappingNode):
                found = next((pair for pair in node.value if pair[0].value == step), (None, None))
            else:
                break
            if found[1] is None:
                break
            name, node = found
        return node, name


def parse_yaml(data: bytes, path: Path, parser: type[_Composer] | None = None) -> YamlDocument:
    """Parse the content of one file; an empty one has the value None.

    Raises:
        BadInput: not UTF-8, not YAML, several documents, nested too deep, or aliases that expand
            beyond the size of the text. What can be read on (a duplicate key, a foreign tag) is
            told in `problems` instead.
    """
    text = decode(data, path)
    try:
        made = parser or _PARSERS[_nests_deep(text)]
        root = made(text).get_single_node()  # type: ignore[call-arg]
    except yaml.YAMLError as error:
        raise BadInput(explain(error, text, path)) from None
    if root is None:
        return YamlDocument(path, None, (), None)
    # A file without an escape has no control character that the parser lets through.
    builder = _Builder(path, len(text), guarded="\\" in text or command_in(text) is not None)
    value = builder.build(root)
    return YamlDocument(path, value, tuple(builder.problems), root)


class _Builder:
    """Turns nodes into plain values and notes what it had to refuse."""

    def __init__(self, path: Path, size: int, *, guarded: bool) -> None:
        self.path = path
        self.guarded = guarded
        self.problems: list[Problem] = []
        # Without aliases a text has fewer nodes than characters.
        self.budget = size + 100
        self.depth = 0

    def build(self, node: Node) -> Plain:
        if isinstance(node, ScalarNode):
            if self.guarded:
                self._refuse_commands(node)
            tag = node.tag
            if tag == _PLAIN:
                return resolve(node.value)
            return node.value if tag == _QUOTED else self._tagged(node)
        if node.tag not in (_PLAIN, f"{_CORE}seq", f"{_CORE}map"):
            self._refuse_tag(node)
        self._enter(node)
        value: Plain = (
            [self.build(item) for item in node.value]
            if isinstance(node, SequenceNode)
            else self._mapping(node)
        )
        self.depth -= 1
        return value

    def _enter(self, node: Node) -> None:
        self.depth += 1
        self.budget -= len(node.value)
        if self.depth > MAX_DEPTH:
            raise BadInput.because(
                "yaml-too-deep",
                f"nested deeper than {MAX_DEPTH} levels, or an alias that holds itself",
                where=locate(node.start_mark, self.path),
            )
        if self.budget < 0:
            raise BadInput.because(
                "yaml-alias-bomb",
                "aliases (`*name`) make this file grow beyond its own size",
                where=locate(node.start_mark, self.path),
                hint="write the values out",
            )

    def _mapping(self, node: Node) -> dict[str, Plain]:
        out: dict[str, Plain] = {}
        for key, value in node.value:
            if isinstance(key, ScalarNode) and self.guarded:
                self._refuse_commands(key)
            if not isinstance(key, ScalarNode):
                self._note("yaml-key", "a key must be a word, not a list or mapping", key)
            elif key.value == "<<" and key.tag == _PLAIN:
                self._note(
                    "yaml-merge-key", "merge keys (`<<`) are not read", key, "repeat the fields"
                )
            elif key.value in out:
                first = next(k for k, _ in node.value if k.value == key.value)
                line = first.start_mark.line + 1
                self._note("yaml-duplicate-key", f"given twice, first in line {line}", key)
            else:
                out[key.value] = self.build(value)
        return out

    def _refuse_commands(self, node: ScalarNode) -> None:
        name = command_in(node.value)
        if name:
            self._note(
                "bad-text",
                f"the character {name} would command the terminal of whoever reads it",
                node,
                "leave it out; a text has letters, spaces and line breaks",
            )

    def _tagged(self, node: ScalarNode) -> Scalar:
        if node.tag == f"{_CORE}str":
            return str(node.value)
        value = resolve(node.value)
        if node.tag not in _TYPES:
            self._refuse_tag(node)
        elif not isinstance(value, _TYPES[node.tag]):
            tag = node.tag.removeprefix(_CORE)
            self._note("yaml-tag", f"`{node.value}` is not what its tag `!!{tag}` says", node)
        return value

    def _refuse_tag(self, node: Node) -> None:
        tag = node.tag.replace(_CORE, "!!")
        self._note("yaml-tag", f"the tag `{tag}` is not allowed", node, "only plain data is read")

    def _note(self, code: str, message: str, node: Node, hint: str | None = None) -> None:
        if len(self.problems) == MAX_PROBLEMS:
            return
        field = node.value if code == "yaml-duplicate-key" else None
        self.problems.append(
            Problem(code, message, locate(node.start_mark, self.path), field, hint)
        )


_PARSERS = _libyaml()
