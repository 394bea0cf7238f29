"""One error base: what went wrong, where, what was expected and how to mend it.

Every error a user can cause is a `BacktestError` that carries one or more `Problem`s, so that all
findings of one pass are told at once. The command line prints them and exits with `exit_code`;
nothing else in the package prints or exits.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; line and column count from 1, 0 where they are not known."""

    path: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [str(self.path)]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a stable code, a sentence, and where it is known the place, field and mend."""

    code: str
    message: str
    where: Location | None = None
    field: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        field = f"{self.field}: " if self.field else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{field}{self.message}{hint}"


class BacktestError(Exception):
    """Base of all errors that are told to the user; `problems` is never empty."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Problem, ...]]]:
        # The default would make the copy from the text, letter by letter.
        return type(self), (self.problems,)

    @classmethod
    def because(
        cls,
        code: str,
        message: str,
        *,
        where: Location | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> Self:
        """Make the error from a single problem."""
        return cls(Problem(code, message, where, field, hint))


class BadUsage(BacktestError):
    """An option, a name or a combination of options that cannot be meant (exit 2)."""


class BadInput(BacktestError):
    """A file or table whose content cannot be used (exit 2)."""


class DataUnavailable(BacktestError):
    """Data that could not be had: network, unknown security, missing history (exit 3)."""

    exit_code = 3


class RateLimited(BacktestError):
    """A provider asked us to stop; what was fetched is saved and the pull can resume (exit 4)."""

    exit_code = 4


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the hint "did you mean `x`?" for the nearest known word, if one is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None
