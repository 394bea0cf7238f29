"""The kept runs of the benches as a page: what each story measured last, and cost against N.

    python benches/report.py FOLDER OUT

FOLDER is `.benchmarks`, where each machine's runs are kept apart; OUT is a folder to write
`report.md`, `cost.svg` and `cost.png` to. Runs of the machine that ran last are taken.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from side_by_side import seconds, targets, verdict

Steps = list[dict[str, Any]]


def main(arguments: list[str]) -> int:
    """Write the page; 2 where no run was kept."""
    folder, out = (Path(one) for one in arguments)
    runs = sorted(folder.glob("*/[0-9]*.json"), key=lambda path: path.stat().st_mtime)
    if not runs:
        sys.stderr.write(f"error: no run is kept under {folder}; run `make bench` first\n")
        return 2
    machine: dict[str, Any] = {}
    stories: dict[str, Steps] = {}
    for path in (path for path in runs if path.parent == runs[-1].parent):
        run = json.loads(path.read_text(encoding="utf-8"))
        machine = run["machine_info"]
        for bench in run["benchmarks"]:
            if "steps" in bench.get("extra_info", {}):
                _forget(stories, bench["fullname"])
                story = f"{bench['extra_info']['story']}|{_when(path, run)}|{bench['fullname']}"
                stories[story] = bench["extra_info"]["steps"]
    out.mkdir(parents=True, exist_ok=True)
    lines = [*_head(machine), *_table(stories)]
    if series := _series(stories):
        _plot(series, out)
        lines += ["", "![Cost of an event against their number](cost.svg)"]
    (out / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{out / 'report.md'}\n")
    return 0


def _forget(stories: dict[str, Steps], bench: str) -> None:
    """Drop what an earlier run measured by the same bench."""
    for story in [story for story in stories if story.endswith(f"|{bench}")]:
        del stories[story]


def _when(path: Path, run: dict[str, Any]) -> str:
    commit = run.get("commit_info", {})
    changed = " with changes" if commit.get("dirty") else ""
    day = run["datetime"][:16].replace("T", " ")
    return f"run {path.stem.split('_')[0]}, {day}, commit {str(commit.get('id'))[:9]}{changed}"


def _head(machine: dict[str, Any]) -> list[str]:
    cpu = machine.get("cpu", {})
    return [
        "# Benches",
        "",
        f"Python {machine['python_version']}, {cpu.get('count', '?')} processors "
        f"({cpu.get('brand_raw', machine.get('machine', 'unknown'))}). Events are SIMULATED. Each "
        "story is of the last run that measured it.",
        "",
        "| step | median | per second | ratio | of | target | |",
        "|---|--:|--:|--:|---|---|---|",
    ]


def _table(stories: dict[str, Steps]) -> list[str]:
    rows = []
    for story, steps in stories.items():
        told, when, _ = story.split("|")
        rows.append(f"| **{told}** ({when}) | | | | | | |")
        for step in steps:
            rate = f"{step['per_second']:,.0f}" if step["per_second"] else ""
            ratio = f"{step['ratio']:.3g}" if step["ratio"] else ""
            cells = (step["step"], seconds(step["median"]), rate, ratio, step["over"] or "")
            rows.append(
                f"| {' | '.join(cells)} | {' and '.join(targets(step))} | {verdict(step)} |"
            )
    return rows


def _series(stories: dict[str, Steps]) -> list[dict[str, Any]]:
    """Return the points of the plot: story, N and microseconds an event."""
    return [
        {"what": story.partition("|")[0], "events": step["size"], "µs": 1e6 / step["per_second"]}
        for story, steps in stories.items()
        for step in steps
        if step.get("size") and step["per_second"]
    ]


def _plot(points: list[dict[str, Any]], out: Path) -> None:
    import altair as alt

    lines = (
        alt.Chart(alt.Data(values=points), title="Cost of an event against their number")
        .mark_line(point=True)
        .encode(
            alt.X("events:Q", title="events")
            .scale(type="log", nice=False)
            .axis(format="~s", gridOpacity=0.3),
            alt.Y("µs:Q", title="microseconds an event").scale(type="log").axis(gridOpacity=0.3),
            alt.Color("what:N", title=None).legend(orient="bottom", columns=1, labelLimit=600),
        )
        .properties(width=520, height=300)
    )
    lines.save(out / "cost.svg")
    lines.save(out / "cost.png", scale_factor=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
