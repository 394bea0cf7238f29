"""Any text as LaTeX that pdfLaTeX, XeLaTeX and LuaLaTeX set alike."""

from __future__ import annotations

import re
import unicodedata

_MEANT = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "−": r"\ensuremath{-}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "„": r"\quotedblbase{}",
    "…": r"\textellipsis{}",
    "·": r"\textperiodcentered{}",
    "•": r"\textbullet{}",
    "×": r"\ensuremath{\times}",
    "÷": r"\ensuremath{\div}",
    "±": r"\ensuremath{\pm}",
    "√": r"\ensuremath{\surd}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "≠": r"\ensuremath{\neq}",
    "≈": r"\ensuremath{\approx}",
    "→": r"\ensuremath{\rightarrow}",
    "∞": r"\ensuremath{\infty}",
    "€": r"\texteuro{}",
    "£": r"\pounds{}",
    "¥": r"\textyen{}",
    "₩": r"\textwon{}",
    "§": r"\S{}",
    "°": r"\textdegree{}",
    "²": r"\ensuremath{^2}",
    "³": r"\ensuremath{^3}",
    "µ": r"\ensuremath{\mu}",
    "\N{NO-BREAK SPACE}": "~",
}

_GREEK = {
    chr(code): rf"\ensuremath{{\{name}}}"
    for code, name in (
        *((0x3B1, "alpha"), (0x3B2, "beta"), (0x3B3, "gamma"), (0x3B4, "delta")),
        *((0x3B5, "epsilon"), (0x3B8, "theta"), (0x3BB, "lambda"), (0x3BC, "mu"), (0x3C0, "pi")),
        *((0x3C1, "rho"), (0x3C3, "sigma"), (0x3C4, "tau"), (0x3C6, "phi"), (0x3C7, "chi")),
        *((0x394, "Delta"), (0x3A3, "Sigma"), (0x3A9, "Omega")),
    )
}

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}
_LETTERS = {
    **{"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}"},
    **{"Ł": r"\L{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ı": r"\i{}", "đ": r"\dj{}", "Đ": r"\DJ{}"},
}


_PIECE = re.compile(f"[A-Za-z][{''.join(_ACCENTS)}]|.", re.DOTALL)
"""A letter with an accent, for which there is no character of its own, or any character."""


def latex(text: str) -> str:
    """Return text that LaTeX prints as it is.

    A character that its fonts lack, a Chinese one say, is written by its code point: [U+4E2D].
    """
    written = "".join(map(_set, _PIECE.findall(_plain(text))))
    # These would become a dash and a quotation mark.
    return written.replace("--", "-{}-").replace("''", "'{}'")


def lacks(text: str) -> int:
    """Return how many characters of a text can only be written by their code points."""
    return sum(_set(one).startswith("[U+") for one in _PIECE.findall(_plain(text)))


def _plain(text: str) -> str:
    """Return a text on one line, with letters and their accents as one character."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _set(piece: str) -> str:
    if len(piece) == 1:
        return _one(piece)
    letter, accent = piece[0], _ACCENTS[piece[1]]
    return rf"\{accent}{{{letter}}}"


def _one(char: str) -> str:
    known = _MEANT.get(char) or _GREEK.get(char) or _LETTERS.get(char)
    if known is not None:
        return known
    if char.isascii():
        return char if char.isprintable() else " "
    if char in _MEANT or unicodedata.category(char) in ("Cf", "Mn"):
        return ""
    base, *marks = list(unicodedata.normalize("NFD", char))
    if base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in _ACCENTS:
        inner = rf"\{base}" if base in "ij" and _ACCENTS[marks[0]] not in "ck" else base
        return rf"\{_ACCENTS[marks[0]]}{{{inner}}}"
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and plain.isascii() and plain.isprintable():
        return "".join(map(_one, plain))
    return f"[U+{ord(char):04X}]"
