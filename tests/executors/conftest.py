"""One scheduler with two worker processes for all tests of a run: they take seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.dask_fleet import Fleet, fleet


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Real processes over the loopback."""
    pytest.importorskip("distributed", reason="the engine dask needs the extra `dask`")
    with fleet(tmp_path_factory.mktemp("fleet"), workers=2) as made:
        yield made
