"""`backtest report`: one HTML file that people look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from backtest.cli._options import (
    cache_folder,
    nothing_studied,
    run_from_options,
    study_options,
    tell,
)
from backtest.errors import DataUnavailable


@click.command(
    "report",
    epilog="Example: backtest report tag:chips --prices snapshot --out chips.html",
)
@study_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The HTML file; one that is there is replaced.",
)
def COMMAND(out: Path, **study: Any) -> int:
    """Write a study as one HTML file: front page, claims, timeline, sample, a page an event.

    It needs no network and opens from a disk. SELECTION picks announcements as for `backtest run`.
    """
    from backtest.cli._progress import chart_progress, price_progress
    from backtest.report.html.file import check_place, write_page
    from backtest.report.html.page import page
    from backtest.report.html.pictures import painter
    from backtest.report.html.sources import announcements_of, inputs_of
    from backtest.report.html.story import charts_of, story

    check_place(out)
    result = run_from_options(**study)
    folder = None if study["no_cache"] else cache_folder(study["cache"])
    told = announcements_of(study["events"], study["selection"], folder)
    with price_progress() as progress:
        inputs, provider = inputs_of(
            result,
            study["prices"],
            factor_data=study["factor_data"],
            sectors=study["sectors"],
            cache_dir=folder,
            store=cache_folder(study["cache"]),
            jobs=study["jobs"],
            progress=progress,
        )
    processes = study["jobs"] or os.cpu_count() or 1
    with chart_progress() as drawn, painter(charts_of(result), processes, drawn) as paint:
        text = page(story(result, inputs, provider, told, paint))
    written = write_page(text, out)
    tell(result)
    click.echo(str(out))
    click.echo(f"wrote {written / 1e6:.1f} MB", err=True)
    return DataUnavailable.exit_code if nothing_studied(result) else 0
