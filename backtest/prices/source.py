"""From the word after `--prices` to a source of prices."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from backtest.errors import BadInput, BadUsage, Location, did_you_mean
from backtest.prices._tables import is_address
from backtest.prices.auto import AUTO, Auto
from backtest.prices.provider import PriceProvider, RemoteProvider, Setup, providers
from backtest.prices.store import price_store
from backtest.prices.stored import Progress, Stored

if TYPE_CHECKING:
    from backtest.prices.providers.snapshot import Snapshot

_SUFFIXES = (".csv", ".parquet")


def open_source(
    word: str,
    *,
    cache_dir: Path,
    now: dt.datetime,
    offline: bool = False,
    rate: float = 1.0,
    progress: Progress | None = None,
) -> PriceProvider:
    """Return the source that a word or a path names.

    Args:
        word: `auto`, the key of a provider, or the path or URL of a table or a folder of tables.
        cache_dir: the cache folder; remote providers keep what they get in its `prices`.
        now: an aware instant; bars that were not finished by then are not used.
        offline: `auto` asks nobody.
        rate: requests a second to a remote provider.
        progress: called with (ticker, done, all) while a remote provider is asked.

    Raises:
        BadUsage: neither a known word nor a path.
        BadInput: a path to nothing.
    """
    setup = Setup(now=now, cache_dir=cache_dir, rate=rate)
    if word == AUTO:
        return _auto(setup, offline=offline, progress=progress)
    if word in set(providers.keys()) and word != "files":
        provider = providers.get(word)(setup)
        if not provider.remote:
            return provider
        return Stored(cast(RemoteProvider, provider), price_store(cache_dir), now, progress)
    _check_place(word)
    return providers.get("files")(replace(setup, place=word))


def _check_place(word: str) -> None:
    path = Path(word)
    if is_address(word) or path.exists():
        return
    if path.suffix.lower() in _SUFFIXES or len(path.parts) > 1:
        beside: list[str] = []
        with suppress(OSError):
            beside = [item.name for item in path.parent.iterdir()]
        raise BadInput.because(
            "missing-file",
            "there is no such file",
            where=Location(path),
            hint=did_you_mean(path.name, beside),
        )
    known = sorted({AUTO, *providers.keys()} - {"files"})
    raise BadUsage.because(
        "unknown-prices",
        f"`{word}` is neither a source of prices nor a path; sources are: {', '.join(known)}",
        field="prices",
        hint=did_you_mean(word, known),
    )


def _auto(setup: Setup, *, offline: bool, progress: Progress | None) -> Auto:
    yahoo = cast(RemoteProvider, providers.get("yahoo")(replace(setup, patient=False)))
    snapshot = cast("Snapshot", providers.get("snapshot")(setup))
    stored = Stored(yahoo, price_store(setup.cache_dir), setup.now, progress)
    return Auto(stored, snapshot, setup.now, offline=offline)
