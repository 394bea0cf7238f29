"""Names for the arrays that kernels take and return; shapes stand in the docstrings.

n: observations (event × ticker × candidate session), g: distinct designs, M: sessions of the
estimation window, L: sessions of the event window, W: CAR windows, K: estimated coefficients.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]
Bools: TypeAlias = NDArray[np.bool_]
Dates: TypeAlias = NDArray[np.datetime64]
