"""Machine code kept on disk: one file for a function and the types of its arguments.

Numba counts its files up in an index. Two processes that compile at once can leave that pointing at
each other's code, which then runs on arguments of other types; a damaged file is run as it is; and
of the sources only the file a function stands in is watched, not the constants it takes from
others. Here a file is named by all that its code was made from, holds that name and a checksum, and
is whole or not there. What cannot be read is compiled anew, what cannot be written each time.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

from backtest.checksum import checksum
from backtest.files import UNFINISHED, write_whole
from backtest.leftovers import sweep

_SUFFIX = ".code"


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The machine code of one function, where numba would keep it.

    Raises:
        RuntimeError: there is no folder to keep it in.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        source = Path(function.__code__.co_filename)
        base = f"{source.stem}.{function.__name__}"
        self._cache_file = _Files(Path(self.cache_path), base, _sources(source.parent))


class _Files:
    """Files of one function; numba asks for `save`, `load` and `flush`."""

    def __init__(self, folder: Path, base: str, made_from: str) -> None:
        self._folder, self._base, self._made_from = folder, base, made_from

    def save(self, key: Any, data: Any) -> None:
        path = self._path(key)
        content = dumps((path.name, data))
        line = f"{checksum(content)}\n".encode()
        with suppress(OSError):
            write_whole(path, lambda file: file.write(line + content), durable=False)
            self._forget(but=self._made_from)

    def load(self, key: Any) -> Any:
        path = self._path(key)
        with suppress(OSError):
            said, _, content = path.read_bytes().partition(b"\n")
            if checksum(content).encode() == said:
                name, data = pickle.loads(content)
                if name == path.name:
                    return data
        return None

    def flush(self) -> None:
        self._forget()

    def _path(self, key: Any) -> Path:
        named = _digest(repr((numba.__version__, key)).encode())
        return self._folder / f"{self._base}.{self._made_from}.{named}{_SUFFIX}"

    def _forget(self, but: str | None = None) -> None:
        """Remove the code of other sources than these, and what killed writers left."""
        sweep(self._folder, f"{UNFINISHED}*")
        for old in self._folder.glob(f"{self._base}.*{_SUFFIX}"):
            if old.name.split(".")[2] != but:
                old.unlink(missing_ok=True)


@cache
def _sources(folder: Path) -> str:
    """Hash all modules of a folder: a kernel takes constants and functions from its neighbours."""
    files = sorted(folder.glob("*.py"))
    return _digest(b"".join(hashlib.blake2b(file.read_bytes()).digest() for file in files))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
