"""A place that all machines see, a folder or an object store, with panels and blocks in Parquet.

    panel-<name>.parquet    what all blocks of a job share; each worker reads it once
    block-<key>.parquet     what one block gave; a study that was interrupted finds it again

Workers import this file; it needs no part of Dask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np

from backtest.engine.estimates import Estimates, Standardised
from backtest.engine.job import Job
from backtest.errors import DataUnavailable
from backtest.executors._arrays_parquet import read_arrays, write_arrays
from backtest.executors._dask_work import Panel, compute, plain

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Estimates, Standardised)}

INSIDE = "/"
"""Between the name of a dictionary of arrays and the names in it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of a worker that put a block's result into a file."""

    name: str


@dataclass(frozen=True, slots=True)
class Shared:
    """The files of a place.

    Attributes:
        place: a folder, or an address as s3://bucket/folder.
    """

    place: str

    @classmethod
    def at(cls, place: str) -> Shared:
        """Take a folder in full, because workers run in folders of their own."""
        return cls(place if "://" in place else str(Path(place).absolute()))

    def prepare(self) -> None:
        """Make the folder, and see whether one may write there.

        Raises:
            DataUnavailable: it cannot be reached or written.
        """
        name = f"probe-{uuid4().hex}.parquet"
        try:
            store, root = self._store()
            store.create_dir(root, recursive=True)
            self.write(name, {"probe": np.zeros(1)})
        except Exception as error:
            raise self._unusable(error) from None
        self.remove([name])

    def write(self, name: str, arrays: dict[str, np.ndarray[Any, Any]], **facts: str) -> None:
        """Write a file whole or not at all."""
        store, root = self._store()
        # An object appears when it is complete; a file is renamed to appear so.
        local = store.type_name == "local"
        path = f"{root}/{name}"
        temporary = f"{root}/.{name}.{uuid4().hex}" if local else path
        with store.open_output_stream(temporary) as stream:
            write_arrays(arrays, stream, **facts)
        if local:
            store.move(temporary, path)

    def read(self, name: str) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]] | None:
        """Return what `read_arrays` does; None where there is no such file, or a damaged one."""
        import pyarrow as pa

        store, root = self._store()
        try:
            with store.open_input_file(f"{root}/{name}") as stream:
                return read_arrays(stream)
        except (FileNotFoundError, pa.ArrowException):
            return None

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; what is gone already, or may not be removed, is left."""
        store, root = self._store()
        for name in names:
            with suppress(OSError):
                store.delete_file(f"{root}/{name}")

    def open(self, kept: Kept) -> object:
        """Return the result that a worker kept, None where its file is not there."""
        found = self.read(kept.name)
        if found is None:
            return None
        arrays, facts = found
        kind = KINDS[facts["kind"]]
        nested: dict[str, Any] = {one.name: {} for one in fields(kind)}
        for name, values in arrays.items():
            outer, inside, inner = name.partition(INSIDE)
            if inside:
                nested[outer][inner] = values
            else:
                nested[outer] = values
        return kind(**nested)

    def keep(self, name: str, made: object) -> None:
        """Write the result of a block."""
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        for one in fields(made):  # type: ignore[arg-type]
            value = getattr(made, one.name)
            if isinstance(value, dict):
                arrays |= {f"{one.name}{INSIDE}{key}": part for key, part in value.items()}
            else:
                arrays[one.name] = value
        self.write(name, arrays, kind=type(made).__name__)

    def _store(self) -> tuple[Any, str]:
        return _opened(self.place)

    @property
    def shown(self) -> str:
        """The place without what may be a key in its address."""
        if "://" not in self.place:
            return self.place
        parts = urlsplit(self.place)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def _unusable(self, error: Exception) -> DataUnavailable:
        lines = str(error).splitlines() or [type(error).__name__]
        return DataUnavailable.because(
            "no-shared-place",
            f"{self.shown} cannot be written ({lines[0]})",
            field="shared",
            hint="name a folder that all machines see, in full, or an address as s3://bucket/folder",
        )


@lru_cache(maxsize=8)
def _opened(place: str) -> tuple[Any, str]:
    """Return a place's file system and the folder in it; connections to a store are kept."""
    from pyarrow.fs import FileSystem

    store, root = FileSystem.from_uri(place)
    return store, root.rstrip("/")


_READ: list[tuple[Shared, str, Panel]] = []
_READING = Lock()


def _panel(shared: Shared, name: str) -> Panel:
    """Return a panel, read once by each process: the blocks of a study follow each other."""
    with _READING:
        for place, known, panel in _READ:
            if (place, known) == (shared, name):
                return panel
        found = shared.read(name)
        if found is None:
            raise not_shared(shared)
        _READ[:] = [(shared, name, Panel(plain(found[0]["returns"]), None))]
        return _READ[0][2]


def not_shared(shared: Shared) -> DataUnavailable:
    """Return the error of a file that one machine wrote and another one does not find."""
    return DataUnavailable.because(
        "not-shared",
        f"what one machine writes to {shared.shown}, another one does not find there",
        field="shared",
        hint="name a folder that this machine and all workers see, or an object store",
    )


def compute_into(
    shared: Shared, function: Callable[[Job], object], panel: str, job: Job, name: str
) -> object:
    """Compute one block in a worker, unless its file is there, and say where its result is."""
    if shared.read(name) is None:
        made = compute(function, _panel(shared, panel), job)
        if type(made).__name__ not in KINDS:
            return made
        shared.keep(name, made)
    return Kept(name)
