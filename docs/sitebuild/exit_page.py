"""Exit codes and environment variables."""

from __future__ import annotations

import inspect

from sitebuild.words import table

ENVIRONMENT = {
    "BACKTEST_CACHE": "The cache folder, where `--cache` does not say another.",
    "BACKTEST_TRACEBACK": "Where it is set, a bug of ours shows its traceback.",
    "BACKTEST_YAHOO_URL": "Another address in place of Yahoo's, such as a company's mirror.",
    "BACKTEST_FRENCH_URL": "Another address in place of the Kenneth R. French data library's.",
}
"""Variables that the program reads."""

_END = """
An error is one line on standard error for each thing found: the file with line and column or the
option, what is wrong, and how to mend it. All that can be found before the first price is read is
told at once.

## Environment variables
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
    variables = table(["variable", "what it does"], [[f"`{n}`", t] for n, t in ENVIRONMENT.items()])
    return f"# Exit codes and environment\n\n{found}\n{_END}\n{variables}\n"


def _without_code(text: str) -> str:
    return text.split(" (exit ", maxsplit=1)[0].rstrip(".") + "."
