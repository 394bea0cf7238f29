"""All models, tests, formats, providers and executors that are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sitebuild.words import table

if TYPE_CHECKING:
    from backtest.registry import Registry

_INTRO = """\
# Models, tests and other plug-ins

What is found in their folders; a file more there is a row more here. [Methods](../methods.md) has
the formulas. `backtest models` and `backtest tests` print the same.
"""


def plugin_page() -> str:
    """Return the page: models and tests with what they are robust to, the others by name."""
    from backtest.executors import executors
    from backtest.exports import exports
    from backtest.inference import single_tests, tests
    from backtest.models import models
    from backtest.prices.provider import providers
    from backtest.report import formats

    parts = [_INTRO]
    for title, registry in (
        ("Expected-return models", models),
        ("Tests over samples", tests),
        ("Tests of single events", single_tests),
    ):
        rows = _rows(registry)
        head = ["key", "what it is", "robust to", "source"]
        parts.append(f"## {title}\n\n{table(head, rows)}\n")
    rows = [
        [option, _keys(registry)]
        for option, registry in (
            ("`--format`", formats),
            ("`export --to`", exports),
            ("`--prices`, besides a table and `auto`", providers),
            ("`--engine`", executors),
        )
    ]
    parts.append(f"## Others\n\n{table(['option', 'keys'], rows)}\n")
    return "\n".join(parts)


def _rows(registry: Registry[Any]) -> list[list[str]]:
    return [_row(key, registry.get(key)) for key in (*registry.keys(),)]


def _keys(registry: Registry[Any]) -> str:
    return ", ".join(f"`{key}`" for key in (*registry.keys(),))


def _row(key: str, found: Any) -> list[str]:
    traits = ", ".join(sorted(getattr(found, "robust_to", ()))) or "–"
    return [f"[`{key}`](../methods.md#{key})", found.title, traits, found.source]
