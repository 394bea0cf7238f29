"""A stored security that cannot be read: which file, what stands in, and how to mend it.

Earlier versions are nowhere else: a damaged one goes with the next write, which is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass

from backtest.prices._record import IMPORTED, Damaged, Record
from backtest.prices.store import VERSIONS, PriceStore, record_file


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with one stored security.

    Attributes:
        ticker: the security.
        why: which file, and what of it.
        provider: where its prices came from, None where that cannot be read either.
    """

    ticker: str
    why: str
    provider: str | None

    def reason(self) -> str:
        """Return why it has no prices."""
        return f"its stored file is damaged ({self.why})"

    def told(self, instead: str = "") -> str:
        """Return why, and how to mend it; `instead` says what is used in its place."""
        mend = how_to_mend({self.provider}, "it", self.ticker)
        parts = (self.reason(), instead, mend)
        return "; ".join(part for part in parts if part)

    def note(self, instead: str = "") -> str:
        """Return a sentence for the user."""
        return f"{self.ticker}: {self.told(instead)}"


def how_to_mend(providers: Collection[str | None], what: str, ticker: str = "TICKER") -> str:
    """Say how damaged securities come back.

    Args:
        providers: where they came from, None where that is not known.
        what: the word for them.
        ticker: the one to pull.
    """
    pulled = f"`backtest prices pull {ticker}`"
    imported = "`backtest prices import TABLE --replace`"
    if set(providers) == {IMPORTED}:
        return f"{imported} puts {what} right"
    if IMPORTED in providers or None in providers:
        return f"{pulled} fetches {what} anew; what was imported, {imported} puts right"
    return f"{pulled} fetches {what} anew"


def damage_advice(store: PriceStore, files: Collection[str]) -> Iterator[str]:
    """Say what becomes of damaged securities: how they come back, or that they cannot.

    Args:
        store: where they are.
        files: of their records.
    """
    earlier = _damaged_in_the_past(store, files)
    present = set(files) - earlier
    if present:
        yield how_to_mend({store.provider_of(file) for file in present}, "a damaged one")
    imported = {store.provider_of(file) == IMPORTED for file in earlier}
    commands = ((True, "import TABLE --replace"), (False, "pull TICKER"))
    words = [f"`backtest prices {text}`" for own, text in commands if own in imported]
    if words:
        yield (
            "a damaged earlier version cannot be restored; "
            f"the next {' or '.join(words)} of its security drops it"
        )


def _damaged_in_the_past(store: PriceStore, files: Collection[str]) -> set[str]:
    """Return the records whose present version is whole."""
    out = set()
    for record in store.records():
        file = record_file(record.ticker)
        if file in files:
            with suppress(Damaged):
                store.read(record.ticker)
                out.add(file)
    return out


def lost_versions(before: Record | None, after: Record) -> Iterator[str]:
    """Yield a sentence for each earlier version that a write had to leave out for its damage.

    Those that only made room for a newer one are not meant.

    Args:
        before: of a security, None for none.
        after: what was written in its place.
    """
    if before is None:
        return
    new = [one for one in after.earlier if one not in before.earlier]
    for version in (*new, *before.earlier)[:VERSIONS]:
        if version not in after.earlier:
            yield f"{after.ticker}: the {version.name} was damaged and could not be kept"
