"""Breaking words into lines that fit: Vega-Lite cuts off a title that is too long."""

from __future__ import annotations

import re

_BREAKABLE = re.compile(r"[^\S\u00a0\u202f]+")
_NARROW = frozenset("fijltIJ.,:;'|!()[] -·")
_WIDE = frozenset("mwMWQGOD&+−÷=<>~")
_WIDEST = frozenset("%@—…")
_BOLD = 1.13


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how many pixels wide a text is; rather too many.

    Browsers choose among the fonts that they have, so it cannot be known exactly. DejaVu Sans, with
    which many a Linux has to do, is the widest of them and the measure.
    """
    ems = sum(_em(character) for character in text)
    return ems * size * (_BOLD if bold else 1.0)


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text at its spaces into lines of at most so many pixels; a longer word is cut.

    At a no-break space it is not broken; other white space counts as one space.
    """
    lines: list[str] = []
    for word in " ".join(_BREAKABLE.split(text.strip())).split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(joined, size, bold=bold) <= width:
            lines[-1] = joined
        else:
            lines.extend(_pieces(word, width, size, bold=bold))
    return lines or [""]


def shortened(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return the text, or its beginning and … where it is wider than so many pixels."""
    if width_of(text, size, bold=bold) <= width:
        return text
    kept = text
    while kept and width_of(f"{kept}…", size, bold=bold) > width:
        kept = kept[:-1]
    return f"{kept.rstrip(' ,;:·–-')}…"


def _em(character: str) -> float:
    """Return about how wide a character of a sans serif is, in em."""
    if character in _NARROW:
        return 0.37
    if character in _WIDE:
        return 0.86
    if character in _WIDEST or ord(character) >= 0x2E80:  # Chinese, Japanese, Korean
        return 1.0
    return 0.7 if character.isupper() else 0.64


def _pieces(word: str, width: float, size: float, *, bold: bool) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width_of(pieces[-1] + character, size, bold=bold) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
