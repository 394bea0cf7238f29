"""Both ways through the engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backtest.engine import fast


@pytest.fixture(params=["numpy", "numba"], scope="module")
def machine_code(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether linear models go through machine code, however few the observations."""
    wanted = request.param == "numba"
    if wanted:
        pytest.importorskip("numba", reason="numba is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "FEWEST", 1 if wanted else 1 << 60)
        yield wanted
