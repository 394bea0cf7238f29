"""How a table writes numbers and dates: `1.234,56` and `2/1/2025` are said, never guessed.

Every reading here is exact: what does not follow the notation is no value, never another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from backtest.errors import BadUsage
from backtest.prices._tables import NO_VALUE

if TYPE_CHECKING:
    import polars as pl

Order = Literal["iso", "day-first", "month-first"]
_SLASHED = r"^\d{1,2}[./-]\d{1,2}[./-]\d{4}$"
_FORMATS = {"day-first": "%d/%m/%Y", "month-first": "%m/%d/%Y"}


@dataclass(frozen=True, slots=True)
class Notation:
    """What stands in a table's text.

    Attributes:
        separator: between the values of a CSV.
        decimal_comma: whether `1,5` is one and a half.
        thousands: between groups of three digits, empty for nothing.
        order: of day and month where a date is not ISO.
        date_format: of dates in another form, as strptime has it; empty for none.

    Raises:
        BadUsage: two of these cannot be meant together.
    """

    separator: str = ","
    decimal_comma: bool = False
    thousands: str = ""
    order: Order = "iso"
    date_format: str = ""

    def __post_init__(self) -> None:
        if len(self.separator.encode()) != 1:
            raise BadUsage.because(
                "separator", f"`{self.separator}` is not one plain character", field="separator"
            )
        if self.thousands and not re.fullmatch(r"[^\w+-]|_", self.thousands):
            raise BadUsage.because(
                "thousands", f"`{self.thousands}` cannot stand between thousands", field="thousands"
            )
        if self.thousands == self._point:
            raise BadUsage.because(
                "thousands",
                f"`{self.thousands}` cannot be both the decimal sign and between thousands",
                field="thousands",
                hint="--decimal-comma makes the comma the decimal sign",
            )
        if self.date_format and self.order != "iso":
            raise BadUsage.because(
                "two-date-forms",
                f"--date-format and --{self.order} both say how dates are written",
                field="date-format",
                hint="give one of them",
            )

    @property
    def _point(self) -> str:
        return "," if self.decimal_comma else "."

    def is_number(self, text: pl.Expr) -> pl.Expr:
        """Whether stripped text is a number of this notation."""
        point, group = re.escape(self._point), re.escape(self.thousands)
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)" if group else r"\d+"
        pattern = rf"^[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?$"
        return text.str.contains(pattern)

    def number(self, text: pl.Expr) -> pl.Expr:
        """Return text as Float64; null where it is no number of this notation."""
        import polars as pl

        word = text.str.strip_chars()
        plain = word.str.replace_all(self.thousands, "", literal=True) if self.thousands else word
        plain = plain.str.replace(",", ".", literal=True) if self.decimal_comma else plain
        return pl.when(self.is_number(word)).then(plain).cast(pl.Float64, strict=False)

    def is_nothing(self, text: pl.Expr) -> pl.Expr:
        """Whether text is one of the words for "no value"."""
        return text.str.strip_chars().str.to_lowercase().is_in(NO_VALUE)

    def date(self, text: pl.Expr) -> pl.Expr | None:
        """Return text as Date, None for the dates that every table may have."""
        import polars as pl

        word = text.str.strip_chars()
        if self.date_format:
            return word.str.to_date(self.date_format, strict=False)
        if self.order == "iso":
            return None
        iso = word.str.to_date("%Y-%m-%d", strict=False)
        slashed = pl.when(word.str.contains(_SLASHED)).then(word.str.replace_all(r"[.-]", "/"))
        return pl.coalesce(iso, slashed.str.to_date(_FORMATS[self.order], strict=False))

    def mend_number(self, value: str) -> str:
        """Say what to do about text that is no number."""
        word = value.strip()
        if not self.thousands and not self.decimal_comma and "," in word:
            if "." in word or word.count(",") > 1:
                return "say --thousands , if the comma stands between thousands"
            return "say --decimal-comma or --thousands , for what the comma means"
        if not self.thousands and re.fullmatch(r"[\d.,]+[ ' \u202f][\d.,  ' \u202f]+", word):
            return "say --thousands with the sign that stands between thousands"
        if self.decimal_comma and not self.thousands and "." in word:
            return "say --thousands . if the point stands between thousands"
        return "write numbers as 1234.56"

    def mend_date(self, value: str) -> str:
        """Say what to do about text that is no date."""
        if self.order == "iso" and not self.date_format and re.match(_SLASHED, value.strip()):
            return "say --day-first or --month-first for which of the two is the day"
        return "write dates as 2025-10-06, or say how they are written by --date-format"
