"""Exit codes and environment variables."""

from __future__ import annotations

import inspect

from backtest.config.find import VARIABLE
from backtest.config.settings import SETTINGS
from sitebuild.words import table

ENVIRONMENT = {
    VARIABLE: ("", "the settings file, where `--config` does not name another"),
    **{one.variable: (f"[{one.section}] {one.key}", one.about) for one in SETTINGS},
}
"""Variables that the program reads: the setting of the same meaning, and what it is."""

_END = """
An error is one line on standard error for each thing found: the file with line and column or the
option, what is wrong, and how to mend it. All that can be found before the first price is read is
told at once.

## Environment variables

A flag comes before its variable, this before `backtest.toml`
([Keep settings in a file](../guides/settings.md)).
"""


def exit_page() -> str:
    """Return the page; codes of errors come from their classes."""
    from backtest import errors
    from backtest.cli import _app

    classes = [errors.BadUsage, errors.BadInput, errors.DataUnavailable, errors.RateLimited]
    rows = [
        ["0", "Done.", ""],
        [
            "1",
            "A check found something: `events check`, `cache verify`, a claim under `--strict`.",
            "",
        ],
        *(
            [str(one.exit_code), _without_code(inspect.getdoc(one) or ""), f"`{one.__name__}`"]
            for one in classes
        ),
        [str(_app.UNWRITABLE), "The output cannot be written.", ""],
        [str(_app.BUG), "A bug of ours; please tell us.", "any other exception"],
        [str(_app.INTERRUPTED), "Interrupted; everything finished before is kept.", ""],
    ]
    found = table(["code", "when", "from Python"], rows)
    rows = [[f"`{name}`", f"`{key}`" if key else "", t] for name, (key, t) in ENVIRONMENT.items()]
    variables = table(["variable", "in backtest.toml", "what it is"], rows)
    return f"# Exit codes and environment\n\n{found}\n{_END}\n{variables}\n"


def _without_code(text: str) -> str:
    return text.split(" (exit ", maxsplit=1)[0].rstrip(".") + "."
