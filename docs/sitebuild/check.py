"""What zensical's strict mode does not see: links in the built pages, and requests elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("link", "href"),
}
_NOT_FETCHED = {"canonical", "edit", "next", "prev"}
"""Relations of `<link>` that name a page without asking for it."""


@dataclass
class _Page(HTMLParser):
    """One page: the ids it has, where it links to, and what a browser would fetch for it."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names."""
        named = {name: value or "" for name, value in attrs}
        self.ids.update(named[name] for name in ("id", "name") if name in named and tag != "meta")
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        for name, value in named.items():
            if (tag, name) in _FETCHED and named.get("rel") not in _NOT_FETCHED:
                self.fetched.append(value)


def faults(site: Path) -> list[str]:
    """Return broken links and anchors between the pages, and whatever comes from elsewhere."""
    pages = {path.resolve(): _read(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"no pages in {site}"]
    return [fault for path, page in pages.items() for fault in _of_page(path, page, pages, site)]


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _of_page(path: Path, page: _Page, pages: dict[Path, _Page], site: Path) -> Iterator[str]:
    name = path.relative_to(site.resolve())
    for address in page.fetched:
        if urlsplit(address).netloc:
            yield f"{name}: fetches {address}"
    if name.name == "404.html":  # Its links begin at the root of the server.
        return
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            yield f"{name}: links to {link}, which is not there"
        elif target in pages and unquote(parts.fragment) not in {"", *pages[target].ids}:
            yield f"{name}: links to {link}, but the page has no such place"
