"""A short run of every target, the same each time, and every input that once failed.

`make fuzz` runs the same targets for longer and with other inputs each time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.campaign import Tally, take
from fuzz.guided import can_guide
from fuzz.targets import TARGETS, Target
from hypothesis import HealthCheck, given, settings

CASES = Path(__file__).parent / "cases"
"""Inputs that once failed, by target, each named by what it was."""

REPLAYED = sorted(path for path in CASES.rglob("*") if path.is_file())


@pytest.fixture
def folder(cache: Path, tmp_path: Path) -> Path:
    """Where a target works: session tables are there, and an empty calendar."""
    (tmp_path / "events").mkdir()
    return tmp_path


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_input_gives_a_traceback(target: Target, folder: Path) -> None:
    tally = Tally(target.name)

    @settings(
        max_examples=8 if target.slow else 40,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.strategy())
    def one(data: bytes) -> None:
        take(target, data, folder, tally)

    one()
    assert tally.tried > 0
    assert tally.accepted + tally.refused == tally.tried


@pytest.mark.parametrize(
    "case", REPLAYED, ids=[f"{path.parent.name}/{path.name}" for path in REPLAYED]
)
def test_what_once_failed(case: Path, folder: Path) -> None:
    take(TARGETS[case.parent.name], case.read_bytes(), folder, Tally(case.parent.name))


def test_the_targets_tell_a_finding(folder: Path) -> None:
    """A target that swallowed everything would find nothing."""

    def fail(data: bytes, folder: Path) -> None:
        raise RuntimeError("a bug")

    sound = TARGETS["announcements"]
    with pytest.raises(RuntimeError, match="a bug"):
        take(Target("x", sound.strategy, fail), b"", folder, Tally("x"))  # type: ignore[arg-type]
    text = b"id: one\ntitle: A deal\nannounced: 2025-10-06\n"
    told = Tally("announcements")
    take(sound, b"[", folder, told)
    take(sound, text + b"session: pre\nparties: [{ticker: AMD, role: issuer}]\n", folder, told)
    assert (told.refused, told.accepted) == (1, 1)


@pytest.mark.skipif(not can_guide(), reason="atheris is not there; `uv sync --group fuzz`")
def test_guided_by_coverage_a_finding_is_told(tmp_path: Path) -> None:
    out = tmp_path / "tally.json"
    program = (
        "import sys; from pathlib import Path; from fuzz import guided\n"
        "from fuzz.targets import TARGETS, Target\n"
        "def fail(data, folder):\n"
        "    from backtest.events.load import parse_announcements\n"
        "    parse_announcements(data, folder / 'one.yaml')\n"
        "    if b'tit' in data: raise RuntimeError('a bug')\n"
        "    return 'accepted'\n"
        "guided.kept = lambda target, data: 'kept'\n"
        "sound = TARGETS['announcements']\n"
        f"guided.guided(Target('x', sound.strategy, fail), 2, 1, Path({str(out)!r}))\n"
    )
    subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[1], timeout=120, check=False
    )
    told = json.loads(out.read_text())
    assert told["tried"] > 100
    assert told["findings"] == ["kept: RuntimeError: a bug"]
