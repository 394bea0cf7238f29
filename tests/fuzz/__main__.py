"""The longer campaign: `make fuzz`, or `PYTHONPATH=tests python -m fuzz [TARGET …] --seconds 120`.

Every target runs in a process of its own, so that memory is its own and a hang or a crash of a
library is a finding too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fuzz.campaign import Tally, tried
from fuzz.guided import can_guide, guided
from fuzz.targets import TARGETS

_HEAD = ("target", "tried", "refused", "accepted", "tracebacks", "slowest", "memory")
_START = 150.0
"""Seconds for a process to load its libraries, and for one slow input, before it counts as hung."""


def main() -> int:
    """Run the targets and print the table; 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=float, default=120.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="to repeat a campaign")
    parser.add_argument("--guided", action="store_true", help="by coverage, with atheris")
    parser.add_argument("--tally", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    unknown = set(told.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are: {', '.join(TARGETS)}")
    if told.guided and not can_guide():
        print(
            "note: atheris is not there (uv sync --group fuzz); inputs are drawn", file=sys.stderr
        )
        told.guided = False
    if told.one and told.guided:
        guided(TARGETS[told.targets[0]], told.seconds, told.seed, told.tally)
    if told.one:
        print(json.dumps(tried(TARGETS[told.targets[0]], told.seconds, told.seed).plain()))
        return 0
    names = told.targets or list(TARGETS)
    print(f"seed {told.seed}, {told.seconds:g} seconds for {len(names)} targets", flush=True)
    tallies = []
    print(_line(_HEAD))
    for name in names:
        apart = _guided_apart if told.guided and not TARGETS[name].ours else _apart
        tallies.append(apart(name, told.seconds / len(names), told.seed))
        print(_line(_row(tallies[-1])), flush=True)
    findings = [finding for tally in tallies for finding in tally.findings]
    total = sum(tally.tried for tally in tallies)
    print(f"{total:,} inputs, {len(findings)} findings")
    for finding in findings:
        print(f"\n{finding}")
    return int(bool(findings))


def _apart(name: str, seconds: float, seed: int) -> Tally:
    """Run a target in another process."""
    command = [sys.executable, "-m", "fuzz", name, "--one", "--seconds", str(seconds)]
    try:
        done = subprocess.run(
            [*command, "--seed", str(seed)],
            capture_output=True,
            text=True,
            timeout=seconds + _START,
            check=False,
            cwd=Path(__file__).parents[1],
        )
    except subprocess.TimeoutExpired:
        return Tally(name, findings=[f"{name}: hung (seed {seed})"])
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return Tally(name, findings=[f"{name}: died with {done.returncode}: {done.stderr[-800:]}"])
    return Tally(**json.loads(lines[-1]))


def _guided_apart(name: str, seconds: float, seed: int) -> Tally:
    """Run a target in another process, guided by coverage."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tally.json"
        command = [sys.executable, "-m", "fuzz", name, "--one", "--guided", "--tally", str(out)]
        try:
            done = subprocess.run(
                [*command, "--seconds", str(max(1, round(seconds))), "--seed", str(seed)],
                capture_output=True,
                text=True,
                timeout=seconds + _START,
                check=False,
                cwd=Path(__file__).parents[1],
            )
        except subprocess.TimeoutExpired:
            return Tally(name, findings=[f"{name}: hung (seed {seed})"])
        if done.returncode or not out.exists():
            said = done.stderr[-800:]
            return Tally(name, findings=[f"{name}: died with {done.returncode}: {said}"])
        return Tally(**json.loads(out.read_text()))


def _row(tally: Tally) -> tuple[str, ...]:
    return (
        tally.target,
        f"{tally.tried:,}",
        f"{tally.refused:,}",
        f"{tally.accepted:,}",
        str(len(tally.findings)),
        f"{tally.slowest:.2f} s",
        f"{tally.peak_memory / 1e6:,.0f} MB",
    )


def _line(cells: tuple[str, ...]) -> str:
    first, *others = cells
    return f"{first:<15}" + "".join(f"{cell:>11}" for cell in others)


if __name__ == "__main__":
    sys.exit(main())
