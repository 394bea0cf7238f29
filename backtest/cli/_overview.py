"""The commands and what `backtest --help` says, kept apart from the command-line library."""

from __future__ import annotations

COMMANDS = {
    "run": "Run an event study and show what the market did.",
    "reprocess": "Recompute what changed since the last run; what each stage cost.",
    "reproduce": "Compute a study again from its receipt; bit-identical or not.",
    "claims": "Check headline numbers against the prices.",
    "report": "Write a study as one HTML file to look at.",
    "show": "Draw one event: its CARs, who gained and lost, claims, confounders.",
    "query": "Ask the tables of a study in SQL; without a query, list them.",
    "export": "Write tables, a workbook, LaTeX, Markdown and figures into a folder.",
    "trade": "Trade announcements by a rule: fills, costs, what was left.",
    "regress": "Regress CARs on attributes of the events.",
    "curve": "Estimate every specification of a grid, and how far they agree.",
    "models": "List the expected-return models: formula, source, what they are robust to.",
    "tests": "List the tests: formula, source, what they are robust to.",
    "events": "List, show, check, add and import announcements.",
    "prices": "Pull prices and factors, and see what is stored.",
    "audit": "Measure how often the tests reject where nothing happened.",
    "cache": "See, verify and clear the cached results.",
    "config": "Show every setting and where it came from.",
    "init": "Write a settings file, a calendar and a place for the cache.",
}

HELP = "Event studies of market reactions: abnormal returns, dollars moved, claims checked."

EXAMPLE = """\
Examples:
  backtest run                            the whole calendar
  backtest run tag:chips --prices snapshot
  backtest events show 2025-10-06-amd-openai-6gw-warrant
  backtest claims --format json"""


def overview() -> str:
    """Return the help of the command itself."""
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{text}" for name, text in COMMANDS.items()]
    return "\n".join(
        (
            "Usage: backtest COMMAND [OPTIONS]",
            "",
            f"  {HELP}",
            "",
            "Commands:",
            *lines,
            "",
            "Options:",
            "  --config FILE  Settings, in place of backtest.toml here or in a folder above.",
            "  --version      Show the version.",
            "  --help         Show this; `backtest COMMAND --help` shows a command's options.",
            "",
            EXAMPLE,
        )
    )


def version() -> str:
    """Return the version line."""
    import backtest

    return f"backtest {backtest.__version__}"
