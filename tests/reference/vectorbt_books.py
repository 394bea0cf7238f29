"""Record what vectorbt makes of the orders of the shipped strategies.

vectorbt asks for pandas 3, the project for pandas 2 (its exchange calendars need it), so the two
steps run in an environment each, the second with Python 3.11:

    python tests/reference/vectorbt_orders.py orders.json       # in the project's
    pip install vectorbt==1.2.0 numpy==2.4.6 pandas==3.1.1 numba==0.68.1
    python tests/reference/vectorbt_books.py orders.json        # in one of its own

It writes `vectorbt_books.json`: orders, positions, and what vectorbt says each book is worth at
every close. The orders hold the shares and auctions of every fill and its cost; a bar is an
auction, a column a position, and all share one account. vectorbt knows no dividends: on the day
they go ex they are added to its cash for the shares that it says were held over the night before.
Borrow fees, which it does not know either, are left out on both sides.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
import vectorbt

ANSWERS = Path(__file__).with_name("vectorbt_books.json")
SPARE = 9.0
"""Times the capital that lie idle in the account: vectorbt lends no money to buy with."""


def worth(book: dict[str, Any], capital: float) -> np.ndarray:
    """Return what vectorbt says a book is worth at each close."""
    days, held = book["sessions"], book["positions"]
    place = {
        f"{day} {auction}": 2 * at + late
        for at, day in enumerate(days)
        for late, auction in enumerate(("open", "close"))
    }
    shape = 2 * len(days), len(held)
    prices = np.empty(shape)
    size, fees, paid = np.full(shape, np.nan), np.zeros(shape), np.empty((len(days), len(held)))
    for column, one in enumerate(held):
        ticker = one["ticker"]
        prices[0::2, column], prices[1::2, column] = book["open"][ticker], book["close"][ticker]
        paid[:, column] = book["dividend"][ticker]
        for auction, shares, rate in one["fills"]:
            size[place[auction], column], fees[place[auction], column] = shares, rate
    made = vectorbt.Portfolio.from_orders(
        pd.DataFrame(prices).ffill().bfill(),
        size=size,
        size_type="amount",
        direction="both",
        price=prices,
        fees=fees,
        init_cash=(1.0 + SPARE) * capital,
        cash_sharing=True,
        group_by=True,
        allow_partial=False,
        raise_reject=True,
        freq="12h",
    )
    if len(made.orders.values) != np.isfinite(size).sum():
        raise SystemExit("vectorbt did not fill every order")
    over_night = made.assets().to_numpy()[1::2][:-1]
    dividends = np.concatenate([[0.0], (over_night * np.nan_to_num(paid[1:])).sum(axis=1)])
    return made.value().to_numpy()[1::2] - SPARE * capital + np.cumsum(dividends)


def main() -> None:
    """Write the answers."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answers: dict[str, Any] = {
        "programs": {one.__name__: one.__version__ for one in (vectorbt, numba, np, pd)},
        "capital": given["capital"],
        "books": {},
    }
    for key, book in given["books"].items():
        values = [round(float(one), 9) for one in worth(book, given["capital"])]
        answers["books"][key] = {
            "orders": book["orders"],
            "positions": book["positions"],
            "worth": dict(zip(book["sessions"], values, strict=True)),
        }
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
