"""`python -m sitebuild`: stage the pages, generate the reference, build, check what was built."""

from __future__ import annotations

import sys
from pathlib import Path

from sitebuild.build import build, stage

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Build into `build/site` of the project; return 1 where something is wrong with it."""
    stage(ROOT / "docs", ROOT / "build" / "docs")
    problems = build(ROOT)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if not problems:
        print(ROOT / "build" / "site" / "index.html")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
