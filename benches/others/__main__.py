"""`make bench-others`: install the packages, run them beside ours, print rates and ratio."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

import numpy as np
from workload.universe import PROJECT, universe_at

from others import table
from others.environment import Environment
from others.events import task_on
from others.measured import Agreement, Failed, Measured, title
from others.ours import ESTIMATED, TESTED, Ours
from others.task import Adapter, Task

FOLDER = PROJECT / ".benchmarks" / "others"
OFFERED = 20_000
"""Events that a package may choose from: the first of ours."""


def adapters(only: list[str]) -> dict[str, Adapter]:
    """Return the adapters by name, all or those named.

    Raises:
        SystemExit: a name is none of them.
    """
    there = sorted(path.stem for path in (Path(__file__).parent / "adapters").glob("[!_]*.py"))
    if unknown := set(only) - set(there):
        raise SystemExit(f"error: no adapter {', '.join(unknown)}; there are {', '.join(there)}")
    return {name: importlib.import_module(f"others.adapters.{name}") for name in only or there}  # type: ignore[misc]


def measured(
    environment: Environment, chosen: dict[str, Adapter], task: Task, ours: Ours, share: int
) -> list[Measured | Failed]:
    """Run ours and the packages in turns, so that a slow spell meets both."""
    file = environment.folder / "task.npz"
    task.take(np.arange(min(OFFERED, len(task.rows)))).write(file)
    say("ours, warming up")
    ours.warm_up()
    ours.round()
    answers = []
    for name, adapter in chosen.items():
        say(f"{title(adapter)}: installing")
        failed = environment.install(adapter)
        if failed:
            answers.append(Failed(title(adapter), failed))
            continue
        say(f"{title(adapter)}: running")
        answers.append(environment.measure(name, adapter, file, max(20, adapter.EVENTS // share)))
        ours.round()
    return answers


def say(what: str) -> None:
    """Tell how far it is."""
    print(f"… {what}", file=sys.stderr, flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="others", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of our events, a fifth of theirs"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="some of the packages"
    )
    options = parser.parse_args()
    chosen = adapters(options.only)
    environment = Environment(FOLDER)
    environment.folder.mkdir(parents=True, exist_ok=True)
    environment.make()
    universe = universe_at(environment.folder)
    task = task_on(universe, 100_000 if options.quick else 1_000_000)
    ours = Ours(task)
    answers = measured(environment, chosen, task, ours, 5 if options.quick else 1)
    report(answers, ours, universe.label)


def report(answers: list[Measured | Failed], ours: Ours, prices: str) -> None:
    """Print the table and what belongs to it."""
    good = [one for one in answers if isinstance(one, Measured)]
    good.sort(key=lambda one: -one.per_second)
    bad = [one for one in answers if isinstance(one, Failed)]
    compared = [(one, Agreement.of(one, *ours.cars(one.returns, one.chosen))) for one in good]
    rates = [
        table.Rate(what, ours.per_second(what), ours.events(what), len(ours.seconds[what]))
        for what in (ESTIMATED, TESTED)
    ]
    sections = {
        "Events of the market model a second, 250 estimation and 21 event days": table.table(
            rates, compared
        ),
        "To know of them": table.cautions(good),
        "Gave nothing": table.failures(bad),
        "Ratio": table.ratios(rates, good),
    }
    for heading, lines in sections.items():
        if lines:
            print(f"\n{heading}", *(f"  {line}" for line in lines), sep="\n")
    print(
        f"\nPrices: {prices}, those without gaps. Events: SIMULATED. Python "
        f"{platform.python_version()}, {os.cpu_count()} processors{load()}; ours uses all of them, "
        "the packages one.\nMedians: of a package's rounds, and of ours between the packages. "
        "CARs [-10, 10] and their errors stand beside ours of the same events."
    )


def load() -> str:
    """Return how busy the machine is, where the system says so."""
    return f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""


if __name__ == "__main__":
    main()
