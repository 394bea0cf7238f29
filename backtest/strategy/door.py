"""The Python door to trading: one call from events, prices and rules to trades."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from backtest.api import WindowLike, planned
from backtest.errors import BadUsage
from backtest.inputs import default_cache
from backtest.strategy.judged import SEED, Judged, judge
from backtest.strategy.load import find_strategies
from backtest.strategy.money_at_start import refuse_capital
from backtest.strategy.sector_table import sector_table
from backtest.strategy.study import open_market, trade_market
from backtest.strategy.tried import Tried


def trade(
    strategies: str | Path | Sequence[str | Path] = (),
    events: str | Path | None = None,
    prices: str | Path = "auto",
    *,
    capital: float = 1e6,
    model: str = "market",
    benchmark: str = "SPY",
    sectors: str | Path | None = None,
    estimation: WindowLike = "-260:-11",
    window: WindowLike = "-10:10",
    min_obs: int = 100,
    selection: str | Sequence[str] = (),
    placebo: int = 0,
    seed: int = SEED,
    cache: str | Path | Literal[False] | None = None,
    store: str | Path | None = None,
    now: dt.datetime | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Judged:
    """Trade announcements by rules, when they were known, at opens and closes, after costs.

    Args:
        strategies: ids, YAML files or folders of them; default all of `strategies/`, else the
            shipped ones.
        events: a YAML file, a folder of them, or a `.csv`/`.parquet` table; default the calendar.
        prices: `auto`, `snapshot`, `yahoo`, or a table of prices.
        capital: money of each strategy at the start, in the currency of the prices.
        model: key of the expected-return model that reactions are measured by.
        benchmark: ticker of the market return, and of hedges by the market.
        sectors: table of `ticker, sector`, for hedges by sector.
        estimation: estimation window in sessions from τ = 0; it ends before the event.
        window: event window.
        min_obs: fewest valid estimation days.
        selection: event ids (globs), `tag:x`, `ticker:X`, `role:x`.
        placebo: how often the trades are made again on random dates; 0 for not at all.
        seed: of the random dates.
        cache: cache folder; None for the default one, False to keep nothing.
        store: as in `backtest.api.run`.
        now: the present, for tests.
        progress: called with (ticker, done, total) while prices are pulled.

    Returns:
        The tables of trades, books, what was not traded, and how good it was.

    Raises:
        BadUsage: an option that cannot be meant, or a study that reads what nobody knew.
        BadInput: events, prices or strategies that cannot be read.
        DataUnavailable: prices that could not be had.
    """
    from backtest.events.default import default_calendar

    refuse_capital(capital)
    for name, value in (("placebo", placebo), ("seed", seed)):
        if value < 0:
            raise BadUsage.because(
                f"bad-{name}", f"{name} is {value}", field=name, hint="name 0 or a larger number"
            )
    words = [strategies] if isinstance(strategies, str | Path) else strategies
    if not isinstance(words, Sequence) or not all(isinstance(word, str | Path) for word in words):
        raise BadUsage.because(
            "bad-strategies",
            f"strategies is {strategies!r:.80}",
            field="strategies",
            hint="name ids, files or folders: 'fade-one-day-pops', Path('mine.yaml')",
        )
    chosen = (selection,) if isinstance(selection, str) else tuple(selection)
    path = Path(events) if events else default_calendar()
    loaded = find_strategies([str(word) for word in words])
    table = sector_table(Path(sectors) if sectors else None, [model], loaded)
    plan = planned(
        path,
        prices,
        model=model,
        benchmark=benchmark,
        sectors=table.of_study,
        estimation=estimation,
        window=window,
        min_obs=min_obs,
        selection=chosen,
        tests=(),
        cache=cache,
        store=store,
        now=now,
        progress=progress,
    )
    folder = None if cache is False else Path(cache) if cache else default_cache()
    market = open_market(
        plan,
        path,
        loaded,
        selection=chosen,
        capital=capital,
        sectors=table.by_ticker,
        cache_dir=folder,
    )
    return judge(trade_market(market, loaded), market, Tried(folder), runs=placebo, seed=seed)
