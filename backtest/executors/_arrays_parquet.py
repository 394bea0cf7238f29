"""Arrays with one first axis as a Parquet file: every bit comes back.

A row is an observation (or a security). One number a row is a plain column; a window is one column
of its numbers' bytes, because Parquet's lists are many times slower. The file's metadata, under
`backtest`, have every array's type and shape.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

ABOUT = b"backtest"

Arrays = Mapping[str, "np.ndarray[Any, Any]"]


def write_arrays(arrays: Arrays, stream: Any, **facts: str) -> None:
    """Write arrays, each (n,) or (n, k) with the same n, and say some facts of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shapes = {name: [one.dtype.str, list(one.shape)] for name, one in arrays.items()}
    columns = {name: _column(one) for name, one in arrays.items() if one.shape[1:] != (0,)}
    about = {ABOUT: json.dumps({"arrays": shapes, **facts}).encode()}
    table = pa.table(columns).replace_schema_metadata(about)
    pq.write_table(table, stream, compression="none", use_dictionary=False, write_statistics=False)


def read_arrays(stream: Any) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Return the arrays of a file, and its facts.

    Raises:
        ArrowException: it is no Parquet file, or a damaged one.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(stream, use_threads=False)
    facts = json.loads(table.schema.metadata[ABOUT])
    shapes = facts.pop("arrays")
    return {name: _array(table, name, *shape) for name, shape in shapes.items()}, facts


def _column(values: np.ndarray[Any, Any]) -> Any:
    import pyarrow as pa

    if values.ndim == 1:
        return pa.array(values)
    rows = np.ascontiguousarray(values)
    kind = pa.binary(rows.shape[1] * rows.itemsize)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(rows), [None, pa.py_buffer(rows)])


def _array(table: Any, name: str, dtype: str, shape: list[int]) -> np.ndarray[Any, Any]:
    if 0 in shape:
        return np.empty(shape, dtype)
    column = table[name].combine_chunks()
    if len(shape) == 1:
        return np.asarray(column.to_numpy(zero_copy_only=False)).astype(dtype, copy=False)
    start = column.offset * column.type.byte_width
    values = np.frombuffer(column.buffers()[1], dtype, count=shape[0] * shape[1], offset=start)
    return values.reshape(shape)
