"""The table that the bench prints."""

from __future__ import annotations

from dataclasses import dataclass

from others.measured import Agreement, Failed, Measured

HEAD = ("", "events/s", "of events", "rounds", "CARs", "their errors", "computes")
LEFT = (0, 4, 5, 6)
AT_LEAST = 300
"""Times the best of the packages that our rate is to be."""

Row = tuple[str, ...]


@dataclass(frozen=True)
class Rate:
    """One of our rates.

    Attributes:
        what: what is computed.
        per_second: events a second.
        events, rounds: how many a round had, and how many rounds there were.
    """

    what: str
    per_second: float
    events: int
    rounds: int


def table(ours: list[Rate], theirs: list[tuple[Measured, Agreement]]) -> list[str]:
    """Return the aligned lines: ours, then the packages in their order."""
    rows = [HEAD, *(_our_row(rate) for rate in ours)]
    rows += [_their_row(measured, agreement) for measured, agreement in theirs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return [_aligned(row, widths) for row in rows]


def _our_row(rate: Rate) -> Row:
    numbers = (f"{rate.per_second:,.0f}", f"{rate.events:,}", str(rate.rounds))
    return ("backtest", *numbers, "", "", rate.what)


def _their_row(measured: Measured, agreement: Agreement) -> Row:
    return (
        measured.title,
        f"{measured.per_second:,.1f}",
        f"{len(measured.chosen):,}",
        str(len(measured.seconds)),
        agreement.cars_in_words(),
        agreement.errors_in_words(),
        measured.computes,
    )


def _aligned(row: Row, widths: list[int]) -> str:
    cells = zip(row, widths, strict=True)
    padded = (
        cell.ljust(width) if column in LEFT else cell.rjust(width)
        for column, (cell, width) in enumerate(cells)
    )
    return "  ".join(padded).rstrip()


def cautions(theirs: list[Measured]) -> list[str]:
    """Return what is wrong with packages by their code, with the statistics they gave."""
    lines = []
    for one in theirs:
        tests = ", ".join(f"{name} {value:.2f}" for name, value in one.tests.items())
        said = "; ".join(part for part in (one.caution, f"gave {tests}" if tests else "") if part)
        lines += [f"{one.title}: {said}"] if said else []
    return lines


def failures(theirs: list[Failed]) -> list[str]:
    """Return why packages gave nothing."""
    return [f"{one.title}: {one.reason}" for one in theirs]


def ratios(ours: list[Rate], theirs: list[Measured]) -> list[str]:
    """Return our rates over that of the best package; the first is held against the target."""
    if not theirs:
        return ["No ratio: none of the packages could be measured."]
    best = max(theirs, key=lambda one: one.per_second)
    lines = []
    for place, rate in enumerate(ours):
        ratio = rate.per_second / best.per_second
        verdict = f" (target ≥ {AT_LEAST}×: {'met' if ratio >= AT_LEAST else 'MISSED'})"
        lines.append(
            f"{rate.what}: {ratio:,.0f} × the best of them, {best.title}{'' if place else verdict}"
        )
    return lines
