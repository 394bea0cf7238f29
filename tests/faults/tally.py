"""What was tried and what came of it: a row of the table that `make faults` prints."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

KEY = "faults"
"""Name of the property by which a test hands its tally to the terminal, from any worker."""


@dataclass
class Tally:
    """Tries of one fault.

    Attributes:
        fault: what was done.
        tried: how often.
        lost: what was lost, wrong, or said in more than clear words, a line each.
        seconds: of all tries.
    """

    fault: str
    tried: int = 0
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def record(self, what: str, wrong: list[str]) -> None:
        """Count a try; `wrong` is empty where it was survived."""
        self.tried += 1
        if wrong:
            self.lost.append(f"{what}: {'; '.join(wrong)}")

    @property
    def plain(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


@contextmanager
def tallied(fault: str, record_property: object) -> Iterator[Tally]:
    """Time tries, hand them to the terminal, and fail where anything was lost."""
    tally, began = Tally(fault), time.perf_counter()
    try:
        yield tally
    finally:
        tally.seconds = time.perf_counter() - began
        record_property(KEY, tally.plain)  # type: ignore[operator]
    assert tally.tried > 0, "nothing was tried"
    assert not tally.lost, "\n".join(tally.lost[:20])


def table(rows: list[dict[str, object]]) -> list[str]:
    """Return the lines of the table, equal faults as one, with a total."""
    merged: dict[str, list[float]] = {}
    for row in rows:
        own = merged.setdefault(str(row["fault"]), [0, 0, 0.0])
        lost = row["lost"]
        assert isinstance(lost, list)
        own[0] += int(str(row["tried"]))
        own[1] += len(lost)
        own[2] += float(str(row["seconds"]))
    every = [sum(own[place] for own in merged.values()) for place in range(3)]
    wide = max(map(len, [*merged, "all"]))
    head = f"{'fault':<{wide}}  {'tried':>6}  {'survived':>8}  {'lost':>5}  {'seconds':>8}"
    lines = [head, "-" * len(head)]
    for name, (tried, lost, seconds) in [*merged.items(), ("all", every)]:
        if name == "all":
            lines.append("-" * len(head))
        lines.append(
            f"{name:<{wide}}  {tried:>6.0f}  {tried - lost:>8.0f}  {lost:>5.0f}  {seconds:>8.1f}"
        )
    return lines
