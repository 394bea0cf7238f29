"""Plug-ins by file name: a new model, test, provider, format or executor is one new file.

A plug-in folder is a package whose public modules each define one object under an agreed name
(`MODEL`, `TEST`, …). The module's name is the plug-in's key. Nothing is imported until it is asked
for. Other distributions add theirs by entry points of the group that the registry names; on a
clash of keys our own file wins.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

from backtest.errors import BadUsage, did_you_mean

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registry(Generic[T]):
    """The plug-ins of one folder; `attribute` is the name each module gives its object."""

    package: str
    attribute: str
    noun: str

    def keys(self) -> tuple[str, ...]:
        """Return the keys of all plug-ins, ours and those of entry points, sorted."""
        return tuple(sorted({*_modules(self.package), *_entry_points(self.package)}))

    def get(self, key: str, also: Iterable[str] = ()) -> T:
        """Import and return one plug-in.

        Args:
            key: its name.
            also: more names that are known where it is looked for, of another registry.

        Raises:
            BadUsage: no plug-in has this key; the message lists those there are.
        """
        if key in _modules(self.package):
            module = importlib.import_module(f"{self.package}.{key}")
            return cast(T, getattr(module, self.attribute))
        if key in _entry_points(self.package):
            return cast(T, _entry_points(self.package)[key].load())
        known = tuple(sorted({*self.keys(), *also}))
        raise BadUsage.because(
            f"unknown-{self.noun.replace(' ', '-')}",
            f"unknown {self.noun} `{key}`; there are: {', '.join(known)}",
            hint=did_you_mean(key, known),
        )


@cache
def _modules(package: str) -> frozenset[str]:
    found = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return frozenset(one.name for one in found if not (one.ispkg or one.name.startswith("_")))


@cache
def _entry_points(group: str) -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=group)}
