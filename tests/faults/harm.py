"""Ways in which a disk returns something else than was written."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

KILLS = int(os.environ.get("KILLS", "240"))
HARMS = max(1, KILLS // 1000)
"""How often a harm is done to a file."""


def half(content: bytes, chance: random.Random) -> bytes:
    """Cut it off somewhere."""
    return content[: chance.randrange(1, len(content))]


def empty(content: bytes, chance: random.Random) -> bytes:
    """Leave nothing."""
    return b""


def flipped(content: bytes, chance: random.Random) -> bytes:
    """Turn a bit anywhere."""
    wrong = bytearray(content)
    wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
    return bytes(wrong)


def flipped_at_an_end(content: bytes, chance: random.Random) -> bytes:
    """Turn a bit where formats describe themselves."""
    wrong = bytearray(content)
    place = chance.randrange(min(200, len(wrong)))
    wrong[chance.choice((place, -1 - place))] ^= 1 << chance.randrange(8)
    return bytes(wrong)


def zeros(content: bytes, chance: random.Random) -> bytes:
    """Lose a block of the disk, as a crash of the machine does."""
    start = chance.randrange(len(content))
    return (content[:start] + bytes(4096))[: len(content)] + content[start + 4096 :]


Harm = Callable[[bytes, random.Random], bytes]
EVERY: dict[str, Harm] = {
    "cut off": half,
    "emptied": empty,
    "bit flipped": flipped,
    "bit flipped at an end": flipped_at_an_end,
    "block of zeros": zeros,
}


def harms(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each file with the harms to try on it: all of them where there are few files.

    Of many files each gets two, in turn; all of them where many kills are asked for.
    """
    every = list(EVERY)
    most = len(every) if KILLS > 1000 else min(len(every), max(2, 10 // len(names)))
    for place, name in enumerate(names):
        for number in range(most):
            yield name, every[(place * most + number) % len(every)]


def harmed(content: bytes, harm: str, name: str) -> Iterator[bytes]:
    """Yield what damage makes of a file, never what it was."""
    chance = random.Random(f"{harm} {Path(name).name}")
    for _ in range(HARMS):
        wrong = EVERY[harm](content, chance)
        if wrong != content:
            yield wrong
