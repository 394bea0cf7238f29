"""Which charts stand where: the timeline, the sample's, and those of an event's page."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backtest.charts.aar import aar
from backtest.charts.actual_expected import actual_expected
from backtest.charts.caar import caar
from backtest.charts.car_dots import car_dots
from backtest.charts.car_path import car_path
from backtest.charts.persistence import persistence
from backtest.charts.price_volume import price_volume
from backtest.charts.timeline import MOST, Course, Moment, timeline
from backtest.charts.value_created import value_created
from backtest.prices.panel import VOLUME
from backtest.report.html.figures import PAGE_WIDTH, Figure, Figures
from backtest.report.html.samples import headline_group
from backtest.report.html.standing import Path
from backtest.results.follow import BEFORE, Followed

if TYPE_CHECKING:
    from backtest.report.html.event import Page
    from backtest.results.result import StudyResult

AFTER = 60
"""Sessions of prices that are shown after an event."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws the charts of a report.

    Attributes:
        result: the study.
        followed: its prices around events.
        paths: what stood later, by event and ticker.
        figures: where the specifications are collected.
    """

    result: StudyResult
    followed: Followed
    paths: Mapping[tuple[str, str], Path]
    figures: Figures

    def of_event(self, page: Page) -> list[Figure]:
        """Return the charts of an event's page, about its main party."""
        if page.main is None:
            return []
        found = [
            self._prices(page),
            self._returns(page),
            self._path(page),
            self._persistence(page),
        ]
        return [one for one in found if one is not None]

    def sample(self) -> list[Figure]:
        """Return CAAR, AAR and the CARs as dots of the headline group."""
        group = headline_group(self.result)
        if group is None:
            return []
        return [
            self.figures.draw(caar(self.result, group), "caar"),
            self.figures.draw(aar(self.result, group), "aar"),
            self.figures.draw(
                car_dots(self.result, group),
                "car_dots",
                width=PAGE_WIDTH,
            ),
        ]

    def timeline(self, pages: Sequence[Page]) -> Figure | None:
        """Return the announcements over the course of the securities they are mostly about."""
        studied = [page for page in pages if page.main is not None and page.date is not None]
        mains = Counter(page.main.ticker for page in studied if page.main)
        courses = [self._course(ticker) for ticker, _ in mains.most_common(MOST)]
        if not studied or not any(courses):
            return None
        moments = [
            Moment(page.date, page.title, page.main.ticker, page.main.abnormal)
            for page in studied
            if page.main and page.date
        ]
        chart = timeline([one for one in courses if one is not None], moments)
        note = (
            "Each line adds up a security's abnormal returns from its first announcement on, by "
            "the coefficients estimated before it; sums of daily returns can fall below −100 %. A "
            "dot is an announcement about that security, a tick at the foot any announcement."
        )
        return self.figures.draw(chart, "timeline", width=PAGE_WIDTH, note=note, fluid=True)

    def _course(self, ticker: str) -> Course | None:
        rows = np.flatnonzero((self.followed.rows["ticker"] == ticker).to_numpy())
        if not len(rows):
            return None
        sessions = self.followed.rows["session"].to_numpy()
        at = int(rows[np.argmin(sessions[rows])])
        dates = self.followed.dates[at, BEFORE:]
        known = ~np.isnat(dates)
        abnormal = self.followed.abnormal[at, : len(dates)][known]
        car = np.cumsum(np.nan_to_num(abnormal))
        values = [
            float(one) if ok else None for one, ok in zip(car, np.isfinite(abnormal), strict=True)
        ]
        return Course(ticker, _days(dates[known]), values)

    def _prices(self, page: Page) -> Figure | None:
        at = self._row(page)
        if at is None or page.main is None or "close" not in self.followed.prices:
            return None
        length = BEFORE + AFTER + 1
        dates = self.followed.dates[at][:length]
        known = ~np.isnat(dates)
        if not known.any():
            return None
        shown = {
            name: [float(one) if np.isfinite(one) else None for one in values[at][:length][known]]
            for name, values in self.followed.prices.items()
        }
        others = [line.session for line in page.others if line.ticker == page.main.ticker]
        chart = price_volume(
            _days(dates[known]),
            shown["close"],
            shown.get(VOLUME),
            ticker=page.main.ticker,
            currency=page.main.currency,
            day0=page.main.session,
            alternative=others[0] if others else None,
            confounders=[(one.date, one.what) for one in page.told.news],
        )
        note = "Dashed: the session that reacted."
        if others:
            note += " Fainter: the other candidate session."
        if page.told.news:
            note += " ▲ other news, listed below."
        return self.figures.draw(chart, "price_volume" + "_news" * bool(page.told.news), note=note)

    def _persistence(self, page: Page) -> Figure | None:
        way = self.paths.get((page.id, page.main.ticker)) if page.main else None
        if way is None or page.main is None or sum(one is not None for one in way.car) < 2:
            return None
        later = [(one.after, one.event or "") for one in page.later]
        chart = persistence(way.car, way.low, way.high, ticker=page.main.ticker, later=later)
        note = (
            "Band: where 90 % of paths of random days of the estimation window would have left "
            "the reaction of the event day."
        )
        if any(after <= AFTER for after, _ in later):
            note += " ▲ later announcements of the calendar."
        return self.figures.draw(chart, "persistence", note=note)

    def _returns(self, page: Page) -> Figure | None:
        assert page.main is not None
        chart = actual_expected(self.result, page.id, page.main.ticker)
        return self.figures.draw(chart, "actual_expected")

    def _path(self, page: Page) -> Figure | None:
        assert page.main is not None
        chart = car_path(self.result, page.id, page.main.ticker)
        title = f"{page.main.ticker}: cumulative abnormal return"
        return self.figures.draw(chart, "car_path", title=title)

    def value(self, page: Page) -> Figure | None:
        """Return the market value that an event's parties gained and lost, where any is known."""
        if all(line.change is None for line in page.lines):
            return None
        return self.figures.draw(value_created(self.result, page.id), "value_created")

    def _row(self, page: Page) -> int | None:
        import polars as pl

        assert page.main is not None
        own = (pl.col("event_id") == page.id) & (pl.col("ticker") == page.main.ticker)
        found = self.followed.rows.with_row_index("at").filter(own)["at"]
        return int(found[0]) if len(found) else None


def _days(dates: np.ndarray) -> list[dt.date]:
    days: list[dt.date] = dates.astype("datetime64[D]").tolist()
    return days
