"""What a cross-sectional regression is asked for, checked before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from backtest.cross_section.regression import ERRORS, Errors
from backtest.errors import BadUsage, Problem
from backtest.spec import Window

Response = Literal["car", "scar"]
Weights = Literal["none", "inverse-variance"]


@dataclass(frozen=True, slots=True)
class RegressionSpec:
    """Attributes, windows and conventions of the regressions over one study (METHODS §6).

    Attributes:
        on: attributes: `deal_to_cap`, a number or class of the announcements, or one class of
            several (`role:counterparty`, `tag:chips`) as 0 or 1.
        differences: groups to compare: `role` each with all others, `role:issuer` one with all
            others, `role:issuer,competitor` one with another.
        windows: CAR windows; empty for all of the study.
        response: `car`, or `scar`, the CAR over its forecast error.
        weights: `inverse-variance` weighs a CAR by one over its forecast variance.
        errors: `hc3`, `hc1`, or `cluster-date`, by reaction date.

    Raises:
        BadUsage: every combination that cannot be meant, all at once.
    """

    on: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    response: Response = "car"
    weights: Weights = "none"
    errors: Errors = "hc3"

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise BadUsage(problems)

    def _problems(self) -> Iterator[Problem]:
        if not self.on and not self.differences:
            yield Problem(
                "no-attributes",
                "there is nothing to regress on",
                field="on",
                hint="for example --on deal_to_cap,role, or --difference role",
            )
        choices = {"response": get_args(Response), "weights": get_args(Weights), "errors": ERRORS}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                told = f"`{getattr(self, name)}` is not one of {', '.join(allowed)}"
                yield Problem(f"bad-{name}", told, field=name)
        if self.response == "scar" and self.weights != "none":
            yield Problem(
                "weighted-twice",
                "a SCAR is divided by its forecast error already",
                field="weights",
                hint="take --response car with weights, or --response scar without",
            )
        for name in sorted({one for one in self.on if self.on.count(one) > 1}):
            yield Problem("repeated", f"`{name}` is named twice", field="on")

    def as_dict(self) -> dict[str, object]:
        """Return plain values, windows as `start:end` text."""
        plain = asdict(self)
        return {
            **plain,
            "on": list(self.on),
            "differences": list(self.differences),
            "windows": [str(window) for window in self.windows],
        }
