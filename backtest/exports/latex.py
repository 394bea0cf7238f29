"""Tables for a paper: booktabs, stars, standard errors in brackets, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.exports import Written
from backtest.exports._journal import Cell, Journal, Panel, journals
from backtest.exports._latex_text import lacks, latex
from backtest.files import write_texts

if TYPE_CHECKING:
    from backtest.results.result import StudyResult

DOCUMENT = "tables.tex"

WIDE = 9
"""From more columns on, the document lies on its side."""

_PREAMBLE = r"""% Compiles as it stands: pdflatex tables.tex, twice; or tectonic tables.tex.
% Each table is a file of its own: \input it, and have \usepackage{booktabs,longtable} and
% \usepackage[T1]{fontenc} with textcomp in the preamble.
\documentclass[10pt,a4paper@LANDSCAPE@]{article}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[margin=2cm]{geometry}
\usepackage{booktabs,longtable}
\setlength{\LTcapwidth}{\linewidth}
\begin{document}
"""

_COMMANDS = r"""\providecommand{\sym}[1]{\rlap{\ensuremath{^{#1}}}}
"""


class Latex:
    """`tables.tex`, a document, and `table_<name>.tex` for each table in it."""

    key = "latex"
    title = "tables for a paper, which compile as they stand"

    def check(self) -> None:
        """Need nothing more: only who compiles the tables needs LaTeX."""

    def write(self, result: StudyResult, folder: Path) -> Written:
        """Write the document and its tables."""
        tables = journals(result)
        texts = {f"table_{one.name}.tex": "".join(_table(one)) for one in tables}
        texts[DOCUMENT] = _document(tables)
        lost = sum(lacks(text) for one in tables for text in _texts(one))
        noted = (
            f"latex: {lost:,} character{'s' * (lost != 1)} that LaTeX's fonts lack are written by "
            "code point, as [U+4E2D]",
        )
        return Written(write_texts(folder, texts), noted if lost else ())


EXPORT = Latex()


def _document(tables: Sequence[Journal]) -> str:
    wide = any(len(one.columns) > WIDE for one in tables)
    inputs = "".join(rf"\input{{table_{one.name}}}" + "\n\\clearpage\n" for one in tables)
    preamble = _PREAMBLE.replace("@LANDSCAPE@", ",landscape" if wide else "")
    return f"{preamble}{inputs}\\end{{document}}\n"


def _table(table: Journal) -> Iterator[str]:
    """Yield a longtable: it breaks over pages, and says its heading again on each."""
    columns = len(table.columns)
    figures = columns - table.texts
    yield f"% {table.caption}. Needs booktabs and longtable.\n{_COMMANDS}"
    yield "{\\small\\setlength{\\tabcolsep}{4pt}"
    yield "\\setlength{\\LTleft}{0pt}\\setlength{\\LTright}{0pt}\n"
    sides = "l" * table.texts + "r" * figures
    yield f"\\begin{{longtable}}{{@{{\\extracolsep{{\\fill}}}}{sides}@{{\\hspace{{1.2em}}}}}}\n"
    yield f"\\caption{{{latex(table.caption)}}}\\label{{tab:{table.name}}}\\\\\n"
    yield f"\\toprule\n{_heading(table)}\\midrule\n\\endfirsthead\n"
    yield f"\\toprule\n{_heading(table)}\\midrule\n\\endhead\n"
    more = f"\\multicolumn{{{columns}}}{{r@{{}}}}{{\\footnotesize continued}}"
    yield f"\\midrule\n{more}\\\\\n\\endfoot\n"
    yield "\\bottomrule\n\\endlastfoot\n"
    for place, panel in enumerate(table.panels):
        yield from _panel(panel, columns, first=place == 0)
    yield "\\end{longtable}\n"
    notes = ". ".join(latex(note) for note in table.notes)
    yield "\\noindent\\begin{minipage}{\\linewidth}\\footnotesize\n"
    yield f"Notes: {notes}.\n\\end{{minipage}}\\par}}\n"


def _heading(table: Journal) -> str:
    heads = [latex(one) for one in table.columns]
    # Brackets behind a line's end would be read as its optional argument.
    return " & ".join(f"{{{one}}}" for one in heads) + r" \\" + "\n"


def _panel(panel: Panel, columns: int, *, first: bool) -> Iterator[str]:
    if panel.title:
        gap = "" if first else "\\addlinespace\n"
        # Without a width of its own, so that no column grows with it.
        title = f"\\parbox[t]{{\\linewidth}}{{\\raggedright\\emph{{{latex(panel.title)}}}\\strut}}"
        yield f"{gap}\\multicolumn{{{columns}}}{{@{{}}l}}{{\\rlap{{{title}}}}}\\\\*\n"
    for row in panel.rows:
        yield " & ".join(map(_cell, row)) + " \\\\" + ("*" * any(one.below for one in row)) + "\n"
        if any(one.below for one in row):
            yield " & ".join(_protected(one.below) for one in row) + " \\\\[2pt]\n"


def _cell(cell: Cell) -> str:
    starred = f"\\sym{{{cell.stars}}}" if cell.stars else ""
    return f"{_protected(cell.text)}{starred}"


def _protected(text: str) -> str:
    """Return text that may stand first in a row: `[` there would be read as an option."""
    shown = latex(text)
    return f"{{{shown}}}" if shown.startswith(("[", "*")) else shown


def _texts(table: Journal) -> Iterator[str]:
    """Yield every text of a table, without the repetition of titles."""
    yield from (table.caption, *table.columns, *table.notes)
    for title, _ in groupby(panel.title for panel in table.panels):
        yield title
    for panel in table.panels:
        for row in panel.rows:
            yield from (cell.text for cell in row)
