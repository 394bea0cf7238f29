"""What `backtest models` and `backtest tests` share: registries as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from backtest.cli._options import as_utf8

if TYPE_CHECKING:
    import polars as pl

    from backtest.registry import Registry

_TOLD = ("title", "source", "formula")


def show(registries: Sequence[Registry[Any]], noun: str, format_: str) -> None:
    """Print every plug-in of some registries.

    Args:
        registries: where they are.
        noun: what they are called, in the plural.
        format_: table, json or csv.
    """
    frame = _frame(registries)
    if format_ != "table":
        as_utf8(sys.stdout)
    if format_ == "json":
        click.echo(frame.write_json())
    elif format_ == "csv":
        import polars as pl

        flat = frame.with_columns(pl.col("robust_to").list.join(", "))
        click.echo(flat.write_csv(), nl=False)
    else:
        from backtest.report._plugins import show_plugins

        show_plugins(frame, noun, sys.stdout)


def _frame(registries: Sequence[Registry[Any]]) -> pl.DataFrame:
    """Return `key` and what each says of itself; a plug-in of others may not say everything."""
    import polars as pl

    found = {key: one.get(key) for one in registries for key in (*one.keys(),)}
    columns: dict[str, pl.Series] = {"key": pl.Series(list(found), dtype=pl.String)}
    for name in _TOLD:
        told = [getattr(one, name, None) for one in found.values()]
        columns[name] = pl.Series(told, dtype=pl.String)
    traits = [sorted(getattr(one, "robust_to", ())) for one in found.values()]
    columns["robust_to"] = pl.Series(traits, dtype=pl.List(pl.String))
    return pl.DataFrame(columns)
