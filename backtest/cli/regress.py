"""`backtest regress`: CARs on attributes of the events."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from backtest.cli._options import (
    as_utf8,
    cache_folder,
    format_option,
    run_from_options,
    study_options,
    tell,
)
from backtest.cli._say import note as say_note
from backtest.cli._settings import typed


@click.command(
    "regress",
    epilog="Example: backtest regress --on deal_to_cap,role:counterparty --prices snapshot "
    "--measure-window 0:0",
)
@click.option(
    "--on",
    default="",
    help="Attributes by comma: deal_to_cap (deal value / market value before), deal_value, any "
    "number of the announcements, role, financing, binding or another class, and one class or tag "
    "as 0 or 1: role:counterparty, tag:chips.",
)
@click.option(
    "--difference",
    "differences",
    multiple=True,
    help="Groups to compare: role (each with all others), role:issuer (with all others) or "
    "role:issuer,competitor; tag likewise. May be repeated.",
)
@click.option(
    "--measure-window", help="CAR windows to regress, by comma.  [default: all of the study]"
)
@click.option(
    "--response",
    type=click.Choice(["car", "scar"]),
    default="car",
    show_default=True,
    help="The CAR, or the CAR over its forecast error.",
)
@click.option(
    "--weights",
    type=click.Choice(["none", "inverse-variance"]),
    default="none",
    show_default=True,
    help="OLS, or WLS by one over the CAR's forecast variance.",
)
@click.option(
    "--errors",
    type=click.Choice(["hc3", "hc1", "cluster-date"]),
    default="hc3",
    show_default=True,
    help="Robust to unequal variances, or to events that share a reaction date too.",
)
@format_option(more="; csv is the coefficients (the differences where there are none)")
@study_options
def COMMAND(
    on: str,
    differences: tuple[str, ...],
    measure_window: str | None,
    format_: str,
    response: Any,
    weights: Any,
    errors: Any,
    **study: Any,
) -> None:
    """Regress the CARs of a study on attributes of its events, main sessions only."""
    from backtest.cross_section.attributes import read_attributes
    from backtest.cross_section.regress import prepare
    from backtest.cross_section.spec import RegressionSpec
    from backtest.spec import Window

    words = measure_window.split(",") if measure_window else ()
    spec = RegressionSpec(
        on=tuple(word.strip() for word in on.split(",") if word.strip()),
        differences=differences,
        windows=tuple(Window.parse(word, "measure-window") for word in words),
        response=response,
        weights=weights,
        errors=errors,
    )
    folder = None if study["no_cache"] else cache_folder(study["cache"])
    attributes = read_attributes(study["events"], selection=study["selection"], cache_dir=folder)
    prepared = prepare(spec, attributes)
    if measure_window and not typed("--cars"):  # It comes before the windows of a settings file.
        study["cars"] = measure_window
    result = run_from_options(**study)
    made = prepared.of(result)
    if format_ == "table":
        from backtest.report._regressions import show_regressions

        show_regressions(made, sys.stdout)
    else:
        as_utf8(sys.stdout)
        shown = made.coefficients if spec.on else made.differences
        text = shown.write_csv() if format_ == "csv" else json.dumps(made.as_dict()) + "\n"
        click.echo(text, nl=False)
    for warning in made.warnings[len(result.warnings) :]:
        say_note(warning)
    tell(result)
