"""The colours of all charts, on a light and on a dark background.

Every colour of a mark has a contrast of at least 3 to its background and every colour of text one
of at least 4.5 (WCAG 2.2, 1.4.11 and 1.4.3); the colours of categories can be told apart with
protanopia, deuteranopia and tritanopia too. Nothing is said by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as #rrggbb.

    Attributes:
        background: what charts stand on.
        text, quiet: words, and words that matter less.
        grid, axis: lines of the grid, and the axes with their ticks.
        main: what a chart is about.
        other: what it is compared with.
        muted: the many that are context.
        gain, loss: above and below zero.
        categories: as many as can be told apart by anybody.
    """

    background: str
    text: str
    quiet: str
    grid: str
    axis: str
    main: str
    other: str
    muted: str
    gain: str
    loss: str
    categories: tuple[str, ...]


LIGHT = Palette(
    background="#ffffff",
    text="#1a1f26",
    quiet="#59636e",
    grid="#e6e9ed",
    axis="#88929d",
    main="#0068b3",
    other="#c9480b",
    muted="#8a949e",
    gain="#0068b3",
    loss="#c9480b",
    categories=("#0068b3", "#c9480b", "#1f2937", "#b0488f", "#0c8f7a"),
)

DARK = Palette(
    background="#14181f",
    text="#e8ebf0",
    quiet="#a3adba",
    grid="#2a313b",
    axis="#76818f",
    main="#5aa9f0",
    other="#ff9a57",
    muted="#76818f",
    gain="#5aa9f0",
    loss="#ff9a57",
    categories=("#5aa9f0", "#ff9a57", "#e6e9ee", "#e58bc6", "#35c3a2"),
)


def palette(*, dark: bool = False) -> Palette:
    """Return the colours for a background."""
    return DARK if dark else LIGHT
