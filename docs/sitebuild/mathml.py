"""LaTeX between dollars becomes MathML while pages are built; no reader needs a script for it.

Browsers draw MathML themselves. `pymdownx.arithmatex` finds the formulas and keeps them from being
read as Markdown; what it leaves is converted here. A formula that cannot be read ends the build.
"""

from __future__ import annotations

import re
from html import unescape

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from math_core import LatexToMathML

_INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
_DISPLAY = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)


class _ToMathML(Postprocessor):
    """Replace every formula of a finished page."""

    def run(self, text: str) -> str:
        """Return the page with `<math>` elements."""
        converter = LatexToMathML(fancy_error=False)

        def inline(match: re.Match[str]) -> str:
            latex = unescape(match[1])
            return converter.convert_with_local_state(latex, displaystyle=False)

        def display(match: re.Match[str]) -> str:
            latex = unescape(match[1])
            formula = converter.convert_with_local_state(latex, displaystyle=True)
            return f'<div class="formula" tabindex="0">{formula}</div>'

        return _INLINE.sub(inline, _DISPLAY.sub(display, text))


class MathML(Extension):
    """Runs behind everything that still moves text about."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (the library's name)
        """Register the conversion."""
        md.postprocessors.register(_ToMathML(md), "mathml", -10)


def makeExtension(**options: object) -> MathML:  # noqa: N802 (the library's name)
    """Return the extension, as Python-Markdown asks for it."""
    return MathML(**options)
