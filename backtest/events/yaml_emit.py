"""Values as YAML text that readers of YAML 1.1 and 1.2 understand alike.

Text is left bare only where no reader can take it for anything else; `yes`, `16:05`, `1_000` and
`2025-10-06` are quoted when they are meant as text. Numbers follow the core schema of YAML 1.2.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Value = None | bool | int | float | str | dt.date | Sequence["Value"] | Mapping[str, "Value"]

WIDTH = 100

_BARE = re.compile(r"[^\W_][^\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\ufffe\uffff]*")
_BREAKS_BARE = re.compile(r":(\s|$)|\s#|\s$")
_BREAKS_FLOW = re.compile(r"[,\[\]{}]|:[^\w/]")
_MUST_ESCAPE = re.compile("[\x7f-\x9f\ufeff\u2028\u2029\ufffe\uffff]")
_FOLDS = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]+(?: [^\s\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]+)*"
)
_WORDS_OF_1_1 = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"])


def emit(fields: Mapping[str, Value]) -> str:
    """Return a block mapping, one line a short field, ending with a line break."""
    return "".join(f"{line}\n" for line in _block(fields, 0))


def emit_list(items: Sequence[Mapping[str, Value]]) -> str:
    """Return a list of block mappings."""
    return "".join(f"{line}\n" for item in items for line in _item(item, 0))


def _block(fields: Mapping[str, Value], indent: int) -> Iterator[str]:
    for name, value in fields.items():
        yield from _field(name, value, indent)


def _field(name: str, value: Value, indent: int) -> Iterator[str]:
    start = f"{' ' * indent}{scalar(name)}:"
    one_line = f"{start} {_flow(value)}"
    if isinstance(value, str):
        yield from _text(start, value, indent)
    elif isinstance(value, Mapping) and _nests(value, one_line):
        yield start
        yield from _block(value, indent + 2)
    elif isinstance(value, (list, tuple)) and _nests(value, one_line):
        yield start
        for item in value:
            yield from _item(item, indent + 2)
    else:
        yield one_line


def _nests(value: Mapping[str, Value] | Sequence[Value], one_line: str) -> bool:
    """Whether a collection is written below its name: a list of mappings, or one too long."""
    items = value.values() if isinstance(value, Mapping) else value
    deep = any(isinstance(item, (Mapping, list, tuple)) for item in items)
    return bool(value) and (deep or len(one_line) > WIDTH or isinstance(value, Mapping))


def _item(item: Value, indent: int) -> Iterator[str]:
    start = f"{' ' * indent}- "
    one_line = f"{start}{_flow(item)}"
    shallow = isinstance(item, Mapping) and not any(
        isinstance(value, (Mapping, list, tuple)) and value for value in item.values()
    )
    if not isinstance(item, Mapping) or not item or (shallow and len(one_line) <= WIDTH):
        yield one_line
        return
    first, *rest = _block(item, indent + 2)
    yield start + first.lstrip(" ")
    yield from rest


def _text(start: str, value: str, indent: int) -> Iterator[str]:
    if len(start) + len(value) < WIDTH or not _FOLDS.fullmatch(value):
        yield f"{start} {scalar(value)}"
        return
    yield f"{start} >-"
    margin = " " * (indent + 2)
    for line in textwrap.wrap(
        value, WIDTH - len(margin), break_long_words=False, break_on_hyphens=False
    ):
        yield margin + line


def _flow(value: Value) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{scalar(name, flow=True)}: {_flow(item)}" for name, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_flow(item) for item in value)}]"
    return scalar(value, flow=True)


def scalar(value: Value, *, flow: bool = False) -> str:
    """Write one scalar; `flow` where commas and brackets have a meaning."""
    if isinstance(value, str):
        bare = _BARE.fullmatch(value) and not _BREAKS_BARE.search(value)
        if bare and not (flow and _BREAKS_FLOW.search(value)) and not _means_more(value):
            return value
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return "null" if value is None else str(value)


def number(value: float) -> str:
    """Write a float; large whole ones in thousands of exponent (300.0e9)."""
    if value.is_integer() and abs(value) >= 1e6:
        power = (len(str(int(abs(value)))) - 1) // 3 * 3
        text = f"{value / 10.0**power!r}e{power}" if power < 300 else repr(value)
        if float(text) == value and len(text) <= len(repr(value)) + 2:
            return text
    return repr(value)


def _quoted(value: str) -> str:
    """Quote; JSON's escapes are YAML's, and what YAML calls unprintable is escaped too."""
    text = json.dumps(value, ensure_ascii=False)
    return _MUST_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@cache
def _implicit_1_1() -> tuple[re.Pattern[str], ...]:
    from yaml.resolver import Resolver

    rules = Resolver.yaml_implicit_resolvers.values()
    return tuple({pattern for rule in rules for _, pattern in rule})


def _means_more(value: str) -> bool:
    """Whether a reader of either version would take the bare text for another type."""
    if value.lower() in _WORDS_OF_1_1:
        return True
    from backtest.events.yaml_scalars import resolve

    return resolve(value) is not value or any(rule.match(value) for rule in _implicit_1_1())
