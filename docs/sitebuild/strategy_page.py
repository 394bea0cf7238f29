"""The fields of a strategy file, from the schema that editors use too."""

from __future__ import annotations

from sitebuild.announcement_page import fields_of
from sitebuild.words import linked, plain

_INTRO = """\
# Strategy files

One file a strategy, or a list of them, in YAML; `backtest trade` takes a file, a folder, or an id
of `strategies/`. Unknown fields are errors. `backtest trade --schema` prints the same as JSON
Schema. [Trade the announcements](../trade.md) has examples.

Fields in **bold** are needed.
"""


def strategy_page() -> str:
    """Return the page: the strategy, then what it is made of, then what a condition may read."""
    from backtest.strategy.candidates import KNOWN, MEASURED
    from backtest.strategy.schema import Strategy
    from backtest.strategy.selection import FUNCTIONS

    schema = Strategy.model_json_schema()
    parts = [_INTRO, "## Strategy\n", *fields_of(schema)]
    for name, definition in schema.get("$defs", {}).items():
        text = plain(" ".join(definition.get("description", "").split()))
        parts += [f"## {name}\n", linked(text) + "\n", *fields_of(definition)]
    parts += [
        "## Conditions\n",
        f"`where` may read {_listed(KNOWN)}, every attribute of the announcement or the party "
        "(`financing`, `binding`, …), and what is estimated before (`alpha`, `beta`, `sigma`). "
        f"{_listed(MEASURED)} are the day's abnormal return, return, and abnormal return in "
        "standard errors: known after the close. `day` is text, as '2025-10-06'; `hour` is "
        "`pre`, `intraday` or `post`, of a time as the exchange's session of its day says (`pre` "
        "on a day without one), else `unknown`, or `reaction` for the `date` of a table; "
        "`hour = 'known'` asks for those with a time. `cap` is the market value before.\n",
        f"Its functions are {_listed(FUNCTIONS)}: each asks one row, none can know of another.\n",
    ]
    return "\n".join(parts)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
