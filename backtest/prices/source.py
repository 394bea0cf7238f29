"""From the word after `--prices` to a source of prices.

`auto`, `snapshot` and `yahoo` are words of their own. Every other source is at a place:
`stooq:PLACE` names it, and a place alone goes to the source that recognises it, else to `files`.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from backtest.errors import BadInput, BadUsage, Location, did_you_mean
from backtest.prices._address import is_address, is_on_disk
from backtest.prices.auto import AUTO, Auto
from backtest.prices.provider import PriceProvider, RemoteProvider, Setup, providers
from backtest.prices.store import price_store
from backtest.prices.stored import Progress, Stored

if TYPE_CHECKING:
    from backtest.prices.providers.snapshot import Snapshot

_SUFFIXES = (".csv", ".parquet", ".txt", ".duckdb")


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
        word: `auto`, the key of a provider, `KEY:PLACE`, or a path or address alone.
        cache_dir: the cache folder; remote providers keep what they get in its `prices`.
        now: an aware instant; bars that were not finished by then are not used.
        offline: `auto` asks nobody.
        rate: requests a second to a remote provider.
        progress: called with (ticker, done, all) while a remote provider is asked.

    Raises:
        BadUsage: neither a known word nor a path, a source without its place, or an option of it
            that cannot be meant.
        BadInput: a path to nothing.
    """
    setup = Setup(now=now, cache_dir=cache_dir, rate=rate)
    if word == AUTO:
        return _auto(setup, offline=offline, progress=progress)
    key, place = _key_and_place(word)
    setup = replace(setup, place=place)
    if place:
        return providers.get(key)(setup)
    provider = providers.get(key)(setup)
    if not provider.remote:
        return provider
    return Stored(cast(RemoteProvider, provider), price_store(cache_dir), now, progress)


def named_source(word: str) -> str:
    """Return the key of the source that a word, `KEY:PLACE` or place alone would open.

    Raises:
        BadUsage, BadInput: as `open_source`.
    """
    return AUTO if word == AUTO else _key_and_place(word)[0]


def _key_and_place(word: str) -> tuple[str, str]:
    """Return which source is named, and its place where it has one."""
    keys = set(providers.keys())
    key, colon, place = word.partition(":")
    if key not in keys or place.startswith("//"):
        return _recognised(word), word
    if not _is_placed(key):
        if colon:
            raise BadUsage.because(
                "no-place", f"`{key}` is not at a place; write it alone", field="prices"
            )
        return key, ""
    if not place and not colon and is_on_disk(word):
        return _recognised(word), word
    if not place:
        raise BadUsage.because(
            "which-place",
            f"`{key}` needs a place",
            field="prices",
            hint=f"write --prices {key}:PLACE",
        )
    return key, place


def _recognised(place: str) -> str:
    """Return the source for a place alone.

    Raises:
        BadUsage, BadInput: as `open_source`.
    """
    _check_place(place)
    keys = providers.keys()
    for key in keys:
        recognises = getattr(providers.get(key), "recognises", None)
        if recognises is not None and recognises(place):
            return key
    return "files"


def _is_placed(key: str) -> bool:
    return bool(getattr(providers.get(key), "placed", False))


def _check_place(word: str) -> None:
    if is_address(word) or is_on_disk(word):
        return
    path = Path(word.partition("?")[0])
    if is_on_disk(str(path)):
        return
    key, colon, _ = word.partition(":")
    keys = providers.keys()
    slip = did_you_mean(key, keys) if colon else None
    if slip is None and (path.suffix.lower() in _SUFFIXES or len(path.parts) > 1):
        beside: list[str] = []
        with suppress(OSError):
            beside = [item.name for item in path.parent.iterdir()]
        raise BadInput.because(
            "missing-file",
            "there is no such file",
            where=Location(path),
            hint=did_you_mean(path.name, beside),
        )
    words = sorted({AUTO, *(key for key in keys if not _is_placed(key))})
    placed = [f"{key}:PLACE" for key in keys if _is_placed(key)]
    raise BadUsage.because(
        "unknown-prices",
        f"`{word}` is neither a source of prices nor a path; sources are: "
        f"{', '.join([*words, *placed])}",
        field="prices",
        hint=slip or did_you_mean(word, [*words, *keys]),
    )


def _auto(setup: Setup, *, offline: bool, progress: Progress | None) -> Auto:
    yahoo = cast(RemoteProvider, providers.get("yahoo")(replace(setup, patient=False)))
    snapshot = cast("Snapshot", providers.get("snapshot")(setup))
    stored = Stored(yahoo, price_store(setup.cache_dir), setup.now, progress)
    return Auto(stored, snapshot, setup.now, offline=offline)
