"""Every test that the page of promises names is there, and every fault that is tried is named."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[^`\s]+)`", PAGE)))
HELPERS = {
    "test_harms_are_what_they_say",
    "test_a_cut_is_a_cut",
    "test_this_machine_can_take_powers_away",
}
"""Tests of the harness itself."""


def named_in(path: Path) -> set[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("named", NAMED)
def test_it_exists(named: str) -> None:
    file, _, name = named.partition("::")
    assert (ROOT / file).is_file(), file
    assert name in named_in(ROOT / file)


def test_every_promise_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    heads = {"| promise | test |", "| what is damaged | what happens | test |"}
    promises = [row for row in rows if row not in heads]
    assert len(promises) >= 25
    assert [row for row in promises if "`tests/" not in row] == []


def test_every_fault_that_is_tried_is_on_the_page() -> None:
    tried = {
        f"tests/faults/{path.name}::{name}"
        for path in (ROOT / "tests" / "faults").glob("test_*.py")
        for name in named_in(path) - HELPERS
    }
    assert len(tried) >= 12
    assert tried - set(NAMED) == set()
