"""The table at the end of a run of the benches."""

from __future__ import annotations

from typing import Any

from pytest_benchmark.session import BenchmarkSession

HEAD = ("", "median", "best", "rounds", "per second", "ratio", "of", "target", "", "saved run")
LEFT = (0, 6, 8)


def table(session: BenchmarkSession) -> list[str]:
    """Return the lines: each story, its steps and their ratios; empty where nothing was measured.

    The last column is of the run that `--benchmark-compare` names: the ratio, or the median where
    there is none.
    """
    rows: list[tuple[str, ...]] = []
    for bench in session.benchmarks:
        if bench.has_error or "steps" not in bench.extra_info:
            continue
        saved = _saved(session, bench.fullname)
        rows.append((bench.extra_info["story"],))
        rows += [_row(step, saved.get(step["step"])) for step in bench.extra_info["steps"]]
    return _aligned([HEAD, *rows]) if rows else []


def _saved(session: BenchmarkSession, fullname: str) -> dict[str, dict[str, Any]]:
    """Return the steps of the same bench in the run compared with."""
    for run in (session.compared_mapping or {}).values():
        info = run.get(fullname, {}).get("extra_info", {})
        return {step["step"]: step for step in info.get("steps", ())}
    return {}


def _row(step: dict[str, Any], saved: dict[str, Any] | None) -> tuple[str, ...]:
    ratio, at_most = step["ratio"], step["at_most"]
    return (
        f"  {step['step']}",
        seconds(step["median"]),
        seconds(step["min"]),
        str(step["rounds"]),
        f"{step['per_second']:,.0f}" if step["per_second"] else "",
        _ratio(ratio, at_most) if step.get("beyond") is None else f"+{seconds(step['more'])}",
        step["over"] or "",
        " and ".join(targets(step)),
        verdict(step),
        (_ratio(saved["ratio"], at_most) or seconds(saved["median"])) if saved else "",
    )


def targets(step: dict[str, Any]) -> list[str]:
    """Return what is asked of a step, in words."""
    at_most, at_least, beyond = (step.get(name) for name in ("at_most", "at_least", "beyond"))
    asked = {
        f"≤ {_ratio(at_most, at_most)}": at_most,
        f"≥ {at_least or 0:,.0f}/s": at_least,
        f"≤ {seconds(beyond or 0)} more": beyond,
    }
    return [words for words, limit in asked.items() if limit is not None]


def verdict(step: dict[str, Any]) -> str:
    """Return whether a step does what is asked of it; nothing where nothing is."""
    at_most, at_least, beyond = (step.get(name) for name in ("at_most", "at_least", "beyond"))
    if at_most is None and at_least is None and beyond is None:
        return ""
    missed = (
        (at_most is not None and step["ratio"] > at_most)
        or (at_least is not None and step["per_second"] < at_least)
        or (beyond is not None and step["more"] > beyond)
    )
    return "MISSED" if missed else "met"


def seconds(took: float) -> str:
    """Write a time as one reads it."""
    return f"{took * 1000:.1f} ms" if took < 1 else f"{took:.2f} s"


def _ratio(ratio: float | None, at_most: float | None) -> str:
    """Write small shares as per cent, as their targets are stated."""
    if ratio is None:
        return ""
    small = (at_most if at_most is not None else ratio) < 0.5
    return f"{ratio:.1%}" if small else f"{ratio:.2f}×"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Align the cells; a row of one cell is a heading and may be longer than its column."""
    cells = [row for row in rows if len(row) > 1]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = []
    for row in rows:
        padded = [
            cell.ljust(width) if column in LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join(padded).rstrip() if len(row) > 1 else row[0])
    return lines
