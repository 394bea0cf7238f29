"""Where strategies are found: in the working folder, else those that ship with the package."""

from __future__ import annotations

from pathlib import Path

OWN = Path("strategies")
"""Strategies of the working folder."""


def default_strategies() -> Path:
    """Return `strategies/` of the working folder if it is there, else the shipped ones."""
    return OWN if OWN.is_dir() else shipped_strategies()


def shipped_strategies() -> Path:
    """Return the strategies of the package.

    A checkout that was not built into a package has them at its root.
    """
    package = Path(__file__).parents[1]
    built = package / "strategies"
    return built if built.is_dir() else package.parent / "strategies"
