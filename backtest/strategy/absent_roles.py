"""Roles that a rule asks for and nobody has, told where it then chooses nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest.strategy.condition_choices import words_for

if TYPE_CHECKING:
    from backtest.strategy.candidates import Candidates
    from backtest.strategy.rules import Planned
    from backtest.strategy.schema import Strategy


def absent_roles(rule: Strategy, planned: Planned, given: Candidates) -> Iterator[str]:
    """Yield a sentence where a rule chooses nobody and asks for a role that nobody has.

    Another calendar may well lack a role, so this is no fault.
    """
    if len(planned.place) or planned.dropped:
        return
    known = given.frame["role"].drop_nulls().unique().sort().to_list()
    absent = [f"`{role}`" for role in words_for(rule.where or "", "role") if role not in known]
    if absent and known:
        yield (
            f"{rule.id}: no announcement that could be traded has a party of the role "
            f"{' or '.join(absent)}; there are: {', '.join(known)}"
        )
