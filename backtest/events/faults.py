"""What a schema fault means in plain words: what stands there, what was expected, the mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from backtest.errors import did_you_mean
from backtest.events.consistency import Steps
from backtest.events.exchanges import is_exchange
from backtest.events.schema import Announcement

Sentence = tuple[str, str, str | None]
"""Code, message, hint."""

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a mapping (`field: value`)",
    "model_type": "a mapping (`field: value`)",
    "date_type": "a day such as 2025-10-13",
    "date_parsing": "a day such as 2025-10-13",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_CODES = {
    "currency": ("three capital letters (USD)", "an ISO 4217 code such as USD, EUR or JPY"),
    "exchange": (
        "four capital letters or digits (XNYS)",
        "an ISO 10383 code such as XNYS; `backtest events exchanges` lists all",
    ),
}
_SLUG = "lower-case words of letters and digits joined by - _ or ."


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of pydantic's; `written` is the scalar as it stands in the file.

    `root` is the schema of what the path starts in.
    """

    kind: str
    path: Steps
    value: object
    context: Mapping[str, Any]
    written: str | None
    root: type[BaseModel] = Announcement

    @property
    def name(self) -> str:
        """The field's name, or the position in a list."""
        return str(self.path[-1]) if self.path else ""

    @property
    def there(self) -> str:
        """What was found."""
        return found(self.value, self.written)


def sentence(fault: Fault) -> Sentence:
    """Say what is wrong; unforeseen kinds keep pydantic's name for them."""
    if len(fault.path) > 1 and fault.path[-2] == "attributes":
        expected = "expected a number, text, true or false"
        return "wrong-type", f"{expected}, found {fault.there}", None
    explain = _EXPLAIN.get(fault.kind)
    if explain:
        return explain(fault)
    return "bad-value", f"{fault.there} cannot be read here ({fault.kind})", None


def dotted(path: Steps) -> str:
    """Write a path as `claims[0].basis`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def found(value: object, written: str | None = None) -> str:
    """Say what stands there, as it is written where that is known."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value) if written is None else written
    short = text if len(text) <= 60 else f"{text[:57]}…"
    if isinstance(value, str):
        return f"`{short}`"
    return f"{'the truth value' if isinstance(value, bool) else 'the number'} `{short}`"


def slug(text: str) -> str:
    """Make lower-case words joined by hyphens of any text; empty where nothing is left."""
    words = re.sub(r"[^a-z0-9._]+", "-", text.lower())
    return re.sub(r"([._-])[._-]+", r"\1", words).strip("-._")


def fields_at(path: Steps, root: type[BaseModel] = Announcement) -> list[str]:
    """Return the field names allowed in the mapping at `path` of an announcement."""
    model = _model_at(path, root)
    return list(model.model_fields) if model else []


def _wrong_type(fault: Fault) -> Sentence:
    expected = _EXPECTED[fault.kind]
    return "wrong-type", f"expected {expected}, found {fault.there}", _type_hint(fault)


def _type_hint(fault: Fault) -> str | None:
    if fault.value is None:
        return "leave the field out where there is nothing to say"
    if fault.name in _CODES:
        return _CODES[fault.name][1]
    if fault.kind == "string_type" and fault.written is not None:
        return f'put it in quotes: "{fault.written}"'
    if fault.kind == "float_type" and isinstance(fault.value, str):
        plain = re.sub(r"[_, ]", "", fault.value)
        return f"write {plain}" if re.fullmatch(r"[-+]?\d+(\.\d+)?(e\d+)?", plain) else None
    return None


def _out_of_range(fault: Fault) -> Sentence:
    words, key = _BOUNDS[fault.kind]
    return "out-of-range", f"{fault.there}, expected {words} {fault.context[key]:g}", None


def _unknown(fault: Fault) -> Sentence:
    known = fields_at(fault.path[:-1], fault.root)
    near = did_you_mean(fault.name, known)
    return "unknown-field", "unknown field", near or f"there are: {', '.join(known)}"


def _missing(fault: Fault) -> Sentence:
    if isinstance(fault.path[-1], int):
        return "wrong-type", "expected two sessions such as [-1, 1], found fewer", None
    model = _model_at(fault.path[:-1], fault.root)
    about = model.model_fields[fault.name].description if model else None
    return "missing-field", "this field is required and missing", about


def _length(fault: Fault) -> Sentence:
    if fault.name == "parties":
        return "no-party", "name at least one party", "{ticker: ORCL, role: issuer}"
    return "wrong-type", f"expected two sessions such as [-1, 1], found {fault.there}", None


def _choice(fault: Fault) -> Sentence:
    choices = re.findall(r"'([^']*)'", fault.context["expected"])
    hint = did_you_mean(fault.value, choices) if isinstance(fault.value, str) else None
    return "bad-choice", f"{fault.there} is not one of {', '.join(choices)}", hint


def _pattern(fault: Fault) -> Sentence:
    text = str(fault.value)
    if fault.name in _CODES:
        expected, example = _CODES[fault.name]
        better = text.strip().upper()
        hint = f"write {better}" if _is_code(fault, better) else example
        return "bad-text", f"{fault.there} is not {expected}", hint
    better = slug(text)
    return "bad-text", f"{fault.there} is not {_SLUG}", f"for example {better}" if better else None


def _is_code(fault: Fault, text: str) -> bool:
    """Whether a code would be taken: what a hint says to write must not be refused again."""
    fits = re.fullmatch(fault.context["pattern"], text) is not None
    return fits and (fault.name != "exchange" or is_exchange(text))


def _text_length(fault: Fault) -> Sentence:
    least, most = fault.context.get("min_length"), fault.context.get("max_length")
    size = len(str(fault.value))
    told = (
        f"too short: {size} of at least {least}" if least else f"too long: {size} of at most {most}"
    )
    return "bad-length", f"{told} characters", None


def _own(fault: Fault) -> Sentence:
    return "bad-value", str(fault.context["error"]), None


_EXPLAIN: dict[str, Callable[[Fault], Sentence]] = {
    **dict.fromkeys(_EXPECTED, _wrong_type),
    **dict.fromkeys(_BOUNDS, _out_of_range),
    "extra_forbidden": _unknown,
    "missing": _missing,
    "too_short": _length,
    "too_long": _length,
    "literal_error": _choice,
    "string_pattern_mismatch": _pattern,
    "string_too_short": _text_length,
    "string_too_long": _text_length,
    "value_error": _own,
}


def _model_at(path: Steps, root: type[BaseModel]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = root
    for step in path:
        if isinstance(step, str) and model is not None:
            field = model.model_fields.get(step)
            model = _model_in(field.annotation) if field else None
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for arg in get_args(annotation) if (model := _model_in(arg))), None)
