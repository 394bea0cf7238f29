"""Arrays that grow in a file and are read where they lie, for studies larger than the memory.

The files have no name: whatever ends this process, the system removes them.
"""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from backtest.engine.arrays import Floats, Ints
from backtest.engine.ranks import Ranks
from backtest.engine.rows import Rows

Numbers = TypeVar("Numbers", Floats, Ints, Ranks)

_LET_GO = getattr(mmap, "MADV_DONTNEED", None)


class Grown(Generic[Numbers]):
    """Rows of one width, appended to a file.

    Args:
        like: an array of the type of its numbers.
        width: entries of a row.
        folder: where the file lies.
    """

    def __init__(self, like: Numbers, width: int, folder: Path) -> None:
        self._type: np.dtype[Any] = like.dtype
        self.width = width
        self._count = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as we do

    def __del__(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def append(self, rows: Numbers) -> None:
        """Add rows (n, width) at the end.

        Raises:
            OSError: they cannot be written.
        """
        content = np.ascontiguousarray(rows, dtype=self._type)
        self._file.write(content.data)
        self._count += len(content)

    def array(self) -> NDArray[Any]:
        """Read all rows (N, width) into memory."""
        rows: NDArray[Any] = np.empty((self._count, self.width), self._type)
        self._file.flush()
        self._file.seek(0)
        got = self._file.readinto(rows.data.cast("B")) if rows.size else 0
        if got != rows.nbytes:
            raise OSError("a temporary file is shorter than what was written to it")
        return rows

    def rows(self) -> Rows[Any]:
        """Return all rows as they lie in the file; nothing may be appended afterwards."""
        self._file.flush()
        if not self._count:
            return Rows(np.empty((0, self.width), self._type))
        lying = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_COPY)
        whole = np.frombuffer(lying, self._type).reshape(self._count, self.width)

        def let_go() -> None:
            if _LET_GO is not None:
                lying.madvise(_LET_GO)

        return Rows(whole, let_go=let_go)
