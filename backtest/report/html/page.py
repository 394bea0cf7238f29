"""From a story to the one file: templates, style, scripts, and what a browser may do with them."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import backtest
from backtest.charts.palette import DARK, LIGHT
from backtest.charts.render import bundle, script_json
from backtest.events.sessions import day_name
from backtest.extras import needed
from backtest.notation import LEGEND, money, number, percent, span, stars, times
from backtest.report._amount import amount
from backtest.report.html.figures import Figures
from backtest.report.html.ledger import QUANTITIES, Entry
from backtest.report.html.receipt import STAGES
from backtest.report.html.samples import HEADLINE_GROUP, Group
from backtest.report.html.story import Story
from backtest.spec import Measure

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_GROUPS = 60
_MEASURED = {"return": "returns", "volume": "log volume", "volatility": "volatility"}


def page(story: Story) -> str:
    """Return the report as HTML.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    measure = story.result.spec.measure
    values: dict[str, Any] = {
        "story": story,
        "heading": _heading(story),
        "anchors": {one.id: one.anchor for one in story.pages},
        "windows": [span(car) for car in story.result.spec.cars],
        "several": [len(car) > 1 for car in story.result.spec.cars],
        "noun": _MEASURED[measure],
        "noun_one": "return" if measure == "return" else _MEASURED[measure],
        "column": {"return": "Return", "volume": "ln V", "volatility": "U"}[measure],
        "quantities": QUANTITIES,
        "stages": STAGES,
        "legend": ", ".join(one.replace(" ", "\u00a0") for one in LEGEND.split("   ")),
        "most_groups": MOST_GROUPS,
        "tested": _tested(story.groups),
    }
    return rendered("page.html.j2", story.figures, values, measure)


def rendered(
    template: str, figures: Figures, values: dict[str, Any], measure: Measure = "return"
) -> str:
    """Return a page of its own: a template with its values, our style, scripts and charts.

    Raises:
        BadUsage: a library of the extra `report` is not installed.
    """
    environment = _environment(measure)
    script = _source("page.js")
    shell = {
        "policy": _policy(script, bundle()),
        "style": _trusted(_source("style.css") + _chart_colours()),
        "script": _trusted(script),
        "vega": packed_library(),
        "data": _trusted(script_json(figures.data())),
        "version": f"backtest {backtest.__version__}",
    }
    return environment.get_template(template).render({**shell, **values})


def _tested(groups: Sequence[Group]) -> list[Group]:
    """Return the groups whose tests are shown one by one, the headline group first."""
    named = {name: group for group in groups for name in (group.name, *group.same)}
    chosen = [named[name] for name in (HEADLINE_GROUP, "all") if name in named]
    return list({id(group): group for group in chosen or groups[:1]}.values())


def _heading(story: Story) -> str:
    if story.events == 1 and story.pages:
        return story.pages[0].title
    return f"What the market did on {story.events:,} announcements"


def _environment(measure: str) -> Environment:
    with needed("reports"):
        from jinja2 import Environment, PackageLoader, StrictUndefined
    environment = Environment(
        loader=PackageLoader("backtest.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        measured=percent if measure == "return" else number,
        num=number,
        share=lambda p: "–" if p is None else f"{p:.3f}",
        portion=lambda value: "–" if value is None else f"{value:.0%}".replace("-", "−"),
        stars=lambda p: stars(p).strip(),
        money=money,
        amount=amount,
        times=lambda value: "–" if value is None else f"{times(value)}",
        day=_day,
        count=lambda value: f"{value:,}",
        plain=lambda text: text.replace("`", ""),
        minus=lambda value: str(value).replace("-", "−"),
        figure=_figure,
    )
    environment.globals["m"] = environment.get_template("macros.html.j2").module
    return environment


def _day(day: dt.date) -> str:
    return day_name(day)


def _figure(entry: Entry, which: str) -> str:
    """Return a claim's figure in its unit."""
    value = entry.claimed if which == "claimed" else entry.measured
    if entry.quantity == "return":
        return percent(value)
    return money(value, entry.currency, signed=entry.quantity == "market_cap_change")


def _policy(*scripts: str) -> str:
    """Return what the page may do: run these scripts, style itself, and nothing over a network.

    Vega turns its expressions into functions, for which it needs `unsafe-eval`; they come from our
    specifications, where data are values and never code.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _chart_colours() -> str:
    """Return rules that give the static pictures the page's colours, on either background."""
    names = ("text", "quiet", "grid", "axis", "main", "other", "muted")
    pairs = {getattr(LIGHT, name): getattr(DARK, name) for name in names}
    pairs |= {LIGHT.background: DARK.background}
    pairs |= dict(zip(LIGHT.categories, DARK.categories, strict=True))
    rules = "".join(
        f'.plot>svg [{what}="{light}"]{{{what}:{dark}}}'
        for light, dark in pairs.items()
        for what in ("fill", "stroke")
    )
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"


@lru_cache
def packed_library() -> str:
    """Return the drawing library compressed, as base64: 0.4 MB of text instead of 0.9.

    The page unpacks it when the first chart is drawn. A browser that cannot keeps the static
    pictures.
    """
    return base64.b64encode(gzip.compress(bundle().encode(), 9, mtime=0)).decode()


@lru_cache
def _source(name: str) -> str:
    from importlib.resources import files

    return files("backtest.report.html").joinpath("templates", name).read_text("utf-8").strip()


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)
