"""Which results a study showed last, by observation: what changed since is told from it.

One small file a study (its specification, where its data are, the engine) below `shown/` of the
results cache: for each observation the hash of what it is, the hash of its key, which names all
that its numbers were made from, and the hash of where its prices came from, null where the source
does not say; older files have none. A checksum tells damage; without the file nothing is listed as
changed, and nothing is lost.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.checksum import checksum
from backtest.files import UNFINISHED, write_whole
from backtest.inference import event_tests_of
from backtest.leftovers import sweep
from backtest.results.asked import Asked
from backtest.results.cache import SHOWN, ResultsCache
from backtest.results.keys import ENGINE_VERSION

if TYPE_CHECKING:
    import polars as pl

KEPT = 64
"""Studies of which it is known; those not run for longest go."""

_KEPT = ("who", "made", "place")

_SPARE = 4
"""A file that knows so many times more observations than the study has is begun anew."""


def shown_file(cache: ResultsCache, asked: Asked | None) -> Path | None:
    """Return the file about a study; None without a cache, or for one that nobody is shown."""
    if cache.folder is None or asked is None:
        return None
    spec = asked.spec
    tests = [test.key for test in event_tests_of(spec.tests)]
    named = (spec.content_hash(event_level=True), *tests, ENGINE_VERSION, asked.data)
    digest = hashlib.blake2b("|".join(named).encode(), digest_size=16).hexdigest()
    return cache.folder / SHOWN / digest


def since_last(cache: ResultsCache, path: Path, now: pl.DataFrame) -> pl.DataFrame:
    """Return the observations that were made from something else last time, and remember these.

    Args:
        cache: its notes say what could not be read.
        path: the study's file.
        now: `who`, `made` and `place`, hashes of what an observation is, of its key and of where
            its prices come from, and other columns.

    Returns:
        Rows of `now` with `made_before`, and `moved`, whether the prices came from elsewhere then.
    """
    import polars as pl

    before = _read(cache, path)
    if before is None:
        _write(path, now)
        return now.clear().with_columns(made_before=pl.lit(0, pl.UInt64), moved=pl.lit(False))
    if "place" not in before.columns:
        before = before.with_columns(place=pl.lit(None, pl.UInt64))
    joined = now.join(before, on="who", how="left", suffix="_before", maintain_order="left")
    known = joined["made_before"].is_not_null()
    moved = (pl.col("place") != pl.col("place_before")).fill_null(False)
    changed = joined.with_columns(moved=moved).filter(
        known & (joined["made"] != joined["made_before"])
    )
    elsewhere = joined["place"].ne_missing(joined["place_before"]).any()
    if len(changed) or elsewhere or not known.all():
        others = before.join(now, on="who", how="anti")
        few = len(others) <= _SPARE * len(now)
        _write(path, pl.concat([now.select(_KEPT), others.select(_KEPT)]) if few else now)
    return changed


def damaged(folder: Path) -> list[str]:
    """Return what is wrong with the files below a results cache, one line a file."""
    wrong = []
    for path in sorted((folder / SHOWN).glob("*")):
        if path.name.startswith(UNFINISHED):
            continue
        said, _, content = path.read_bytes().partition(b"\n")
        if checksum(content) != said.decode(errors="replace"):
            wrong.append(f"{SHOWN}/{path.name}: does not match its checksum")
    return wrong


def _read(cache: ResultsCache, path: Path) -> pl.DataFrame | None:
    import polars as pl

    try:
        said, _, content = path.read_bytes().partition(b"\n")
        sound = checksum(content) == said.decode(errors="replace")
        why = "its file is damaged"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        sound, why = False, f"its file cannot be read: {error.strerror}"
    if sound:
        return pl.read_ipc(io.BytesIO(content))
    cache.notes.append(
        f"what was shown last is not known ({why}); figures that changed since are not listed"
    )
    return None


def _write(path: Path, now: pl.DataFrame) -> None:
    """Remember what is shown; where nothing can be written, nothing is."""
    buffer = io.BytesIO()
    now.select(_KEPT).rechunk().write_ipc(buffer)
    content = buffer.getbuffer()
    line = checksum(content).encode() + b"\n"

    def put(file: Any) -> None:
        file.write(line)
        file.write(content)

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, f"{UNFINISHED}*")
        write_whole(path, put, durable=False)
        files = sorted(path.parent.iterdir(), key=lambda one: -one.stat().st_mtime_ns)
        for old in files[KEPT:]:
            old.unlink(missing_ok=True)
