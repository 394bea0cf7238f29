"""What a strategy does, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.notation import percent

if TYPE_CHECKING:
    from backtest.strategy.schema import Strategy


def rule_text(rule: Strategy) -> str:
    """Say what a strategy does in one line."""
    where = f"where {rule.where}" if rule.where else "every event × ticker"
    entry = {
        "auction": "the first auction that can act on it",
        "open": "the first open",
        "close": "the first close",
        "next_open": "the next open",
    }[rule.entry.at]
    later = f", {_sessions(rule.entry.after)} later" if rule.entry.after else ""
    direction = rule.direction
    side = (
        ", ".join(f"{name} {side}" for name, side in direction.items())
        if isinstance(direction, dict)
        else direction.replace("_", " the ")
    )
    leave = (
        [f"{_sessions(rule.exit.after)} later at the {rule.exit.at}"]
        if rule.exit.after is not None
        else []
    )
    leave += [f"at {rule.exit.until}"] if rule.exit.until else []
    leave += [f"stop {percent(-rule.exit.stop, 0)}"] if rule.exit.stop else []
    leave += [f"target {percent(rule.exit.target, 0)}"] if rule.exit.target else []
    hedge = "" if rule.hedge.by == "none" else f"; hedged by {rule.hedge.by}"
    return f"{where}; {side}; in at {entry}{later}; out {', '.join(leave)}{hedge}"


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
