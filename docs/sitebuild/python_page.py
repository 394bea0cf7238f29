"""The Python reference, from signatures and docstrings as griffe reads them, nothing imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import griffe

from sitebuild.words import linked, plain, term

PACKAGE = Path(__file__).parents[2]

SEAMS = (
    ("Models", ("backtest.engine.block", "Block Regressor Fit ExpectedReturnModel")),
    ("Sample tests", ("backtest.engine.sample", "Sample Outcome SampleTest")),
    (
        "Tests of single events",
        ("backtest.engine.event_test", "EventSample EventOutcome EventTest"),
    ),
    ("Price providers", ("backtest.prices.provider", "Setup Bars PriceProvider RemoteProvider")),
    ("Formats", ("backtest.report", "Format")),
    ("Executors", ("backtest.executors", "Executor")),
)
"""What a plug-in is given and has to answer."""

_NAMES = re.compile(r"^ +\w+(?:, \w+)+(?=:)", re.MULTILINE)

RETURNED = (
    ("cross_section.tables", "CrossSection"),
    ("specifications.tables", "Curve"),
    ("strategy.judged", "Judged"),
    ("strategy.tables", "TradeResult"),
)

ERRORS = (
    "BacktestError",
    "Problem",
    "Location",
    "BadUsage",
    "BadInput",
    "DataUnavailable",
    "RateLimited",
)

_INTRO = """\
# Python

```python
import backtest as bt

result = bt.run(events="events", prices="snapshot", selection="2025-10-06*")
print(result.summary())
```

This page is made from signatures and docstrings when the site is built. Tables are frames of
Polars, with the columns that [Tables](tables.md) lists. Names in `backtest` are imported on first
use, so that `import backtest` costs nothing.
"""


def python_page() -> str:
    """Return the page: the public names, errors, and what plug-ins are held to."""
    package = griffe.load("backtest", search_paths=[PACKAGE], resolve_aliases=True)
    exported = [name for name in _exports(package) if not name.startswith("_")]
    functions = [name for name in exported if name[0].islower()]
    classes = [name for name in exported if name[0].isupper() and not name.endswith("Error")]
    parts = [_INTRO]
    for name in ["run", *sorted({*functions} - {"run"}), *classes]:
        parts += _object(_resolved(package[name]), f"backtest.{name}", "##")
    parts.append("## What regressions, curves and trades return\n")
    for module, name in RETURNED:
        parts += _object(_resolved(package[f"{module}.{name}"]), f"backtest.{module}.{name}", "###")
    parts.append("## Errors\n")
    for name in ERRORS:
        parts += _object(package[f"errors.{name}"], f"backtest.errors.{name}", "###")
    parts.append("## What plug-ins are given and answer\n")
    for title, (module, names) in SEAMS:
        parts.append(f"### {title}\n")
        for name in names.split():
            found = package[f"{module.removeprefix('backtest.')}.{name}"]
            parts += _object(_resolved(found), f"{module}.{name}", "####")
    return "\n".join(parts)


def _exports(package: griffe.Object | griffe.Alias) -> list[str]:
    return [str(one) for one in package.exports or []]


def _resolved(found: griffe.Object | griffe.Alias) -> griffe.Object:
    return found.final_target if isinstance(found, griffe.Alias) else found


def _object(found: griffe.Object, path: str, depth: str) -> Iterator[str]:
    module, name = path.rsplit(".", maxsplit=1)
    if depth == "##":
        yield f"## {path} {{#{path}}}\n"
    else:
        yield f"{depth} {name} {{#{path}}}\n\n`from {module} import {name}`\n"
    if isinstance(found, griffe.Class):
        yield from _class(found, path)
    elif isinstance(found, griffe.Function):
        yield _signature(found, path.rsplit(".", maxsplit=1)[-1])
        yield from _docstring(found)


def _class(found: griffe.Class, path: str) -> Iterator[str]:
    fields = [one for one in found.attributes.values() if _public(one.name) and _is_field(one)]
    told = {entry.name for entry in _attribute_entries(found)}
    if _is_dataclass(found) and fields:
        yield _code(f"class {path.rsplit('.', maxsplit=1)[-1]}", [_field(one) for one in fields])
    yield from _docstring(found)
    for one in fields:
        if one.name not in told and (one.docstring or not _is_dataclass(found)):
            yield term(_typed(one.name, one.annotation), _text(one))
    for one in found.attributes.values():
        if _public(one.name) and "property" in one.labels and one.docstring:
            yield term(_typed(one.name, one.annotation), _text(one))
    for function in found.functions.values():
        if _public(function.name) and function.docstring:
            yield f"**{found.name}.{function.name}**\n"
            yield _signature(function, function.name)
            yield from _docstring(function)


def _public(name: str) -> bool:
    return not name.startswith("_")


def _is_field(one: griffe.Attribute) -> bool:
    return one.annotation is not None and "property" not in one.labels


def _is_dataclass(found: griffe.Class) -> bool:
    return any("dataclass" in str(one.value) for one in found.decorators)


def _field(one: griffe.Attribute) -> str:
    default = f" = {one.value}" if one.value is not None else ""
    return f"{one.name}: {one.annotation}{default}"


def _signature(function: griffe.Function, name: str) -> str:
    pieces: list[str] = []
    kinds = griffe.ParameterKind
    starred = False
    for one in function.parameters:
        if one.name in ("self", "cls"):
            continue
        if one.kind is kinds.keyword_only and not starred:
            pieces.append("*")
            starred = True
        annotation = f": {one.annotation}" if one.annotation is not None else ""
        equals = " = " if annotation else "="
        default = f"{equals}{one.default}" if one.default is not None else ""
        pieces.append(f"{one.name}{annotation}{default}")
    answer = f" -> {function.returns}" if function.returns is not None else ""
    return _code(name, pieces, answer)


def _code(name: str, pieces: list[str], answer: str = "") -> str:
    short = f"{name}({', '.join(pieces)}){answer}"
    if len(short) > 80:
        lines = "".join(f"    {piece},\n" for piece in pieces)
        short = f"{name}(\n{lines}){answer}"
    return f"```python\n{short}\n```\n"


def _typed(name: str, annotation: object) -> str:
    return f"`{name}`: `{annotation}`" if annotation is not None else f"`{name}`"


def _text(found: griffe.Object) -> str:
    return linked(plain(found.docstring.value)) if found.docstring else ""


def _attribute_entries(found: griffe.Object) -> list[griffe.DocstringAttribute]:
    out: list[griffe.DocstringAttribute] = []
    for section in _sections(found):
        if isinstance(section, griffe.DocstringSectionAttributes):
            for entry in section.value:
                out += [
                    griffe.DocstringAttribute(
                        name.strip(), annotation=entry.annotation, description=entry.description
                    )
                    for name in entry.name.split(",")
                ]
    return out


def _sections(found: griffe.Object) -> list[griffe.DocstringSection]:
    if found.docstring is None:
        return []
    # griffe takes a name to end at a blank; ours may share a line: `car, std_error: all (n, W)`.
    joined = _NAMES.sub(lambda names: names[0].replace(", ", ","), found.docstring.value)
    text = griffe.Docstring(joined, parent=found.docstring.parent)
    return text.parse(
        "google", warn_unknown_params=False, returns_named_value=False, warnings=False
    )


def _docstring(found: griffe.Object) -> Iterator[str]:
    for section in _sections(found):
        match section:
            case griffe.DocstringSectionText():
                yield _paragraphs(section.value)
            case griffe.DocstringSectionReturns():
                text = " ".join(entry.description for entry in section.value)
                yield term("Returns", linked(plain(text)))
            case griffe.DocstringSectionRaises():
                each = (f"`{one.annotation}`: {plain(one.description)}" for one in section.value)
                yield term("Raises", linked("\n\n".join(each)))
            case griffe.DocstringSectionParameters() | griffe.DocstringSectionAttributes():
                for entry in section.value:
                    names = ", ".join(f"`{name.strip()}`" for name in entry.name.split(","))
                    yield term(names, linked(plain(entry.description)))
            case _:
                raise NotImplementedError(f"{found.path}: {section.kind} in a docstring")


def _paragraphs(text: str) -> str:
    return (
        "\n\n".join(
            one if one.startswith("    ") else linked(plain(one)) for one in text.split("\n\n")
        )
        + "\n"
    )
