"""Builds the documentation site: `python -m sitebuild` with `docs/` on the path (`make docs`)."""
