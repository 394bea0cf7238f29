"""An SVG of Vega's with the same picture in a fifth of the bytes, to stand inside a page.

Vega writes every bar as a path with a label of its own, every text with its font, and coordinates
to the last bit. Here neighbours that look alike become one path, what the page's style sheet says
is left out, and coordinates keep a tenth of a pixel.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from backtest.charts.palette import LIGHT

_SVG = "{http://www.w3.org/2000/svg}"
_DROPPED = frozenset(
    {"role", "class", "pointer-events", "font-family", "version", "stroke-miterlimit", "cursor"}
)
_DEFAULTS = {
    ("opacity", "1"),
    ("stroke-width", "1"),
    ("font-size", "12px"),
    ("font-weight", "normal"),
    ("text-anchor", "start"),
    ("fill-opacity", "1"),
    ("stroke-opacity", "1"),
    ("stroke-dasharray", ""),
    ("transform", "translate(0,0)"),
}
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_DOT = re.compile(r"M([\d.]+),0A[\d.]+,[\d.]+,0,1,1,-[\d.]+,0A[\d.]+,[\d.]+,0,1,1,[\d.]+,0(?:Z)?")
_COMMAND = re.compile(r"[A-Za-z]")
_STEP = re.compile(r"([MLAZ])([^MLAZ]*)")
_VALUE = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_SIZES = {"M": 2, "L": 2, "A": 7, "Z": 0}
_MOVE = re.compile(r"^translate\((-?[\d.]+)(?:,(-?[\d.]+))?\)$")
_NUMBERED = ("d", "transform", "x", "y", "x2", "y2", "width", "height", "font-size", "viewBox")


def compact(svg: str, name: str) -> str:
    """Return the SVG without its white ground, to scale with the page, hidden from screen readers.

    Args:
        svg: as `charts.render.svg` gives it.
        name: makes the ids inside it unique on the page.
    """
    root = ET.fromstring(svg)
    for key in ("aria-label", "role", "class", "version"):
        root.attrib.pop(key, None)
    ground = root.find(f"{_SVG}rect")
    if ground is not None and root[0] is ground:
        root.remove(ground)
    for child in list(root):
        _clean(child)
    _thin(root)
    attributes = f'viewBox="{_rounded(root.get("viewBox", ""))}" width="{root.get("width")}"'
    inside = "".join(_text(child) for child in root)
    inside = re.sub(r"\b(id=\"|url\(#)", rf"\g<1>{name}-", inside)
    return f'<svg {attributes} aria-hidden="true" focusable="false">{inside}</svg>'


def _clean(node: ET.Element) -> None:
    """Drop what is not seen, here and below, and shorten what is."""
    for key, value in list(node.attrib.items()):
        if key in _DROPPED or key.startswith("aria-") or (key, value) in _DEFAULTS:
            del node.attrib[key]
        elif key in _NUMBERED:
            node.set(key, _rounded(value))
    _straightened(node)
    for child in list(node):
        _clean(child)
    _thin(node)


def _straightened(node: ET.Element) -> None:
    """Write lines and moved paths as paths, so that neighbours can be joined."""
    move = _MOVE.match(node.get("transform", "translate(0)"))
    if node.tag == f"{_SVG}line" and move:
        x, y = float(move[1]), float(move[2] or 0)
        dx, dy = float(node.get("x2", 0)), float(node.get("y2", 0))
        for key in ("transform", "x2", "y2"):
            node.attrib.pop(key, None)
        node.tag = f"{_SVG}path"
        run = f"h{_short(dx)}" if not dy else f"v{_short(dy)}" if not dx else f"l{dx},{dy}"
        node.set("d", f"M{_short(x)},{_short(y)}{run}")
    elif node.tag == f"{_SVG}path" and move and "transform" in node.attrib:
        x, y = float(move[1]), float(move[2] or 0)
        dotted = _dotted(node, x, y)
        moved = node.get("d") if dotted else _moved(node.get("d", ""), x, y)
        if moved is not None:
            del node.attrib["transform"]
            node.set("d", moved)
    if node.tag == f"{_SVG}text" and node.get("fill") == LIGHT.quiet:
        del node.attrib["fill"]
    if node.tag == f"{_SVG}text" and move and "transform" in node.attrib:
        del node.attrib["transform"]
        node.set("x", _short(float(move[1])))
        node.set("y", _short(float(move[2] or 0)))


def _dotted(node: ET.Element, x: float, y: float) -> bool:
    """Write a round dot of one colour as a point of a thick line with round ends."""
    dot = _DOT.fullmatch(node.get("d", ""))
    fill, stroke = node.get("fill", "none"), node.get("stroke", "none")
    if not dot or fill == "none" or stroke not in ("none", fill) or "fill-opacity" in node.attrib:
        return False
    rim = float(node.get("stroke-width", 1)) if stroke == fill else 0.0
    del node.attrib["fill"]
    node.set("stroke", fill)
    node.set("stroke-width", _short(2 * float(dot[1]) + rim))
    node.set("stroke-linecap", "round")
    node.set("d", f"M{_short(x)},{_short(y)}h0")
    return True


def _moved(path: str, x: float, y: float) -> str | None:
    """Return a path of moves, lines and arcs elsewhere; None where it has anything else."""
    if set(_COMMAND.findall(path)) - set("MLAZ"):
        return None
    out = []
    for command, numbers in _STEP.findall(path):
        values = [float(one) for one in _VALUE.findall(numbers)]
        size = _SIZES[command]
        for at in range(0, len(values), size or 1):
            own = values[at : at + size]
            own[-2:] = [own[-2] + x, own[-1] + y]
            out.append(command + ",".join(map(_short, own)))
        if command == "Z":
            out.append("Z")
    return "".join(out)


def _thin(node: ET.Element) -> None:
    """Drop the children that show nothing, unwrap bare groups, and join paths that look alike."""
    kept: list[ET.Element] = []
    for child in node:
        if _invisible(child):
            continue
        inner = list(child) if child.tag == f"{_SVG}g" and not child.attrib else [child]
        for one in inner:
            if kept and _alike(kept[-1], one):
                kept[-1].set("d", kept[-1].get("d", "") + one.get("d", ""))
            else:
                kept.append(one)
    node[:] = kept


def _invisible(node: ET.Element) -> bool:
    if node.get("display") == "none" or node.get("opacity") == "0":
        return True
    if node.tag == f"{_SVG}g":
        return len(node) == 0
    if node.tag == f"{_SVG}text":
        return not (node.text or len(node))
    if node.tag == f"{_SVG}path":
        drawn = [node.get(one, "none") for one in ("fill", "stroke")]
        return not node.get("d") or all(one in ("none", "transparent") for one in drawn)
    return False


def _alike(one: ET.Element, other: ET.Element) -> bool:
    """Whether two paths can be one."""
    if one.tag != f"{_SVG}path" or other.tag != f"{_SVG}path" or "transform" in other.attrib:
        return False
    return _look(one) == _look(other)


def _look(node: ET.Element) -> dict[str, str]:
    return {key: value for key, value in node.attrib.items() if key != "d"}


def _text(node: ET.Element) -> str:
    made = ET.tostring(node, encoding="unicode", short_empty_elements=True)
    made = re.sub(r' xmlns(:\w+)?="[^"]*"', "", made)
    return re.sub(r"(</?)\w+:(?=\w)", r"\1", made).replace(" />", "/>")


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda match: _short(float(match[0])), text)


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
