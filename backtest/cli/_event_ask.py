"""Questions for what the flags of a new announcement leave open; every answer is tried at once."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from backtest.cli._event_add import Draft
from backtest.errors import BadUsage
from backtest.events.compose import check_new, compose

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SESSIONS = click.Choice(["pre", "intraday", "post", "unknown"])
_UNNAMED = "0-not-yet-named"


def on_terminal() -> bool:
    """Whether somebody can answer questions."""
    return sys.stdin.isatty()


def ask(draft: Draft, folder: Path) -> Draft:
    """Ask on the terminal for what is needed and missing; `folder` is the calendar's.

    Raises:
        BadUsage: wrong flags, before anything is asked.
        BadInput: the calendar is broken.
    """
    dated = draft.session is None and _DATE.fullmatch(draft.announced or "")
    if draft.title and draft.announced and draft.parties and not dated:
        return draft
    known = _with_stand_ins(draft)
    _try(known, folder)
    if not draft.title:
        known = _answer("Title (one line)", lambda text: replace(known, title=text))
    if not draft.announced:
        question = "Announced (2025-10-06T07:00:00-04:00, or a date)"
        known = _answer(question, lambda text: replace(known, announced=text))
    if known.session is None and _DATE.fullmatch(known.announced or ""):
        session = click.prompt("Session", type=_SESSIONS, default="unknown", err=True)
        known = replace(known, session=session)
    if not draft.parties:
        question = "Parties (TICKER:role, by comma)"
        known = _answer(question, lambda text: replace(known, parties=_split_parties(text)))
    if draft.id:
        return known
    return _answer("Id", lambda text: replace(known, id=text), known.default_id(), folder)


def _with_stand_ins(draft: Draft) -> Draft:
    """Fill what will be asked for, so that what is given can be validated before."""
    claimed = {f"{text.split()[0]}:party": None for text in draft.claims if text.strip()}
    return replace(
        draft,
        id=draft.id or _UNNAMED,
        title=draft.title or "Not yet named",
        announced=draft.announced or "2000-01-03",
        parties=draft.parties or tuple(claimed) or ("X:party",),
    )


def _try(draft: Draft, folder: Path | None) -> None:
    """Raise what writing the draft into the calendar would; without one, only what it says."""
    event = draft.announcement()
    if folder is not None:
        check_new({folder / f"{event.id}.yaml": compose(event)}, calendar=folder)


def _answer(
    question: str,
    filled: Callable[[str], Draft],
    default: str | None = None,
    folder: Path | None = None,
) -> Draft:
    """Ask until the draft filled with the answer is valid; the reason is told each time."""

    def read(text: str) -> Draft:
        if not text.strip():
            raise click.UsageError("nothing was answered")
        try:
            draft = filled(text.strip())
            _try(draft, folder)
        except BadUsage as error:
            told = (
                f"{one.message}{f' ({one.hint})' if one.hint else ''}" for one in error.problems
            )
            raise click.UsageError("; ".join(told)) from None
        return draft

    draft: Draft = click.prompt(question, default=default, value_proc=read, err=True)
    return draft


def _split_parties(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    if not parts:
        raise click.UsageError("write TICKER:role, for example ORCL:issuer, NVDA:supplier")
    return parts
