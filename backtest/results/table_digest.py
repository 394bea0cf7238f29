"""Digests of tables, column by column: equal where every bit of every value is equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest.checksum import checksum

if TYPE_CHECKING:
    import polars as pl

_ROWS = 1_000_000
"""Hashed together."""


def column_digests(*parts: pl.DataFrame) -> dict[str, str]:
    """Return the digest of each column of a table; fields of structs are columns `name.field`.

    Values and their order decide, and which are missing; not how memory or files are laid out, nor
    into how many parts the table is cut.
    """
    return digests_of(iter(parts))


def digests_of(parts: Iterator[pl.DataFrame]) -> dict[str, str]:
    """Return what `column_digests` does, of parts that are read one after the other."""
    columns: dict[str, _Column] = {}
    for part in parts:
        for name, series in flat_columns(part):
            columns.setdefault(name, _Column(str(series.dtype))).add(series)
    return {name: column.digest() for name, column in columns.items()}


def flat_columns(frame: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    """Yield the columns of a table, those of structs field by field."""
    import polars as pl

    for column in frame.get_columns():
        if isinstance(column.dtype, pl.Struct):
            for field in column.struct.fields:
                yield f"{column.name}.{field}", column.struct.field(field)
        else:
            yield column.name, column


def table_digest(columns: dict[str, str]) -> str:
    """Return one digest of a table's columns, whatever their order."""
    return checksum("|".join(f"{name}={columns[name]}" for name in sorted(columns)).encode())


class _Column:
    """Which values are missing, then the values, hashed some at a time: tables may be large."""

    def __init__(self, dtype: str) -> None:
        import xxhash

        self._dtype, self._rows = dtype, 0
        self._hashers = [xxhash.xxh3_64() for _ in range(3)]

    def add(self, series: pl.Series) -> None:
        self._rows += len(series)
        for start in range(0, len(series), _ROWS):
            contents = _contents(series.slice(start, _ROWS))
            for hasher, content in zip(self._hashers, contents, strict=False):
                hasher.update(content)

    def digest(self) -> str:
        digests = (hasher.hexdigest() for hasher in self._hashers)
        return checksum("|".join([self._dtype, str(self._rows), *digests]).encode())


def _contents(series: pl.Series) -> Iterator[bytes]:
    """Yield what is missing, and the values; of texts their lengths before them.

    Lengths tell "ab", "c" from "a", "bc".
    """
    import polars as pl

    yield series.is_null().to_numpy().tobytes()
    if series.dtype == pl.String:
        text = series.fill_null("")
        yield text.str.len_bytes().cast(pl.UInt32).to_numpy().tobytes()
        yield str(text.str.join("").item()).encode()
    elif series.dtype != pl.Null:
        plain = series.to_physical()
        if plain.dtype == pl.Boolean:
            plain = plain.cast(pl.UInt8)
        yield plain.fill_null(0).to_numpy().tobytes()
