"""Regressions over a study: rows, attributes, classes, and what is said of those left out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.bulk import made_events, made_prices, save
from support.cli import CALENDAR

import backtest as bt
from backtest.cross_section.tables import CrossSection
from backtest.errors import BadUsage
from backtest.results.result import StudyResult

MAIN = ~pl.col("alternative")


def _day0(result: StudyResult) -> pl.DataFrame:
    return result.cars.filter(MAIN, pl.col("start") == 0, pl.col("end") == 0)


def _ols(y: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and HC3 errors."""
    bread = np.linalg.inv(X.T @ X)
    b = bread @ X.T @ y
    scaled = (y - X @ b) / (1 - np.einsum("nk,kl,nl->n", X, bread, X))
    return b, np.sqrt(np.diag(bread @ (X * scaled[:, None] ** 2).T @ X @ bread))


def _figures(made: CrossSection) -> dict[str, tuple[float, float]]:
    rows = made.coefficients.iter_rows(named=True)
    return {row["name"]: (row["coefficient"], row["std_error"]) for row in rows}


def test_deal_to_cap_is_the_announced_value_over_the_market_value_before(
    shipped: StudyResult,
) -> None:
    made = bt.regress(shipped, "deal_to_cap", events=CALENDAR, windows=["0:0"])
    caps = shipped.market_caps.filter(MAIN, pl.col("day") == 0)
    rows = (
        _day0(shipped)
        .join(shipped.observations.filter(MAIN), on=["event_id", "ticker"])
        .join(caps.select("event_id", "ticker", "cap_before"), on=["event_id", "ticker"])
        .drop_nulls(["car", "deal_value", "cap_before"])
    )
    ratio = (rows["deal_value"] / rows["cap_before"]).to_numpy()
    b, error = _ols(rows["car"].to_numpy(), np.column_stack([np.ones(len(rows)), ratio]))
    found = _figures(made)
    np.testing.assert_allclose([found["intercept"], found["deal_to_cap"]], np.c_[b, error])
    (told,) = made.regressions.to_dicts()
    assert told["n"] == len(rows)
    assert told["n"] + told["left_out"] == shipped.fits.filter(MAIN).height
    assert told["left_out"] == made.left_out.height > 0
    assert made.left_out["reason"].unique().to_list() == [
        "no deal value in the currency of the listing, or no market value before"
    ]
    # $100bn to NVIDIA, which the press saw at $4.46tn after a rise of 3.97 %.
    loi = (pl.col("event_id") == "2025-09-22-nvda-openai-100b-loi") & (pl.col("ticker") == "NVDA")
    nvidia = rows.filter(loi)
    assert (nvidia["deal_value"] / nvidia["cap_before"]).item() == pytest.approx(
        100e9 / (4.46e12 / 1.0397), rel=0.005
    )


def test_classes_are_measured_against_the_most_frequent(shipped: StudyResult) -> None:
    made = bt.regress(shipped, "role", events=CALENDAR, windows=["0:0"])
    rows = _day0(shipped).join(
        shipped.observations.filter(MAIN).select("event_id", "ticker", "role"),
        on=["event_id", "ticker"],
    )
    means = dict(rows.group_by("role").agg(pl.col("car").mean()).iter_rows())
    (told,) = made.regressions.to_dicts()
    assert told["references"] == "role:supplier"
    found = {name: value for name, (value, _) in _figures(made).items()}
    assert found.pop("intercept") == pytest.approx(means["supplier"])
    for name, value in found.items():
        assert value == pytest.approx(means[name.removeprefix("role:")] - means["supplier"])


def test_a_scar_and_weights_are_taken_as_asked(shipped: StudyResult) -> None:
    rows = _day0(shipped)
    scar = bt.regress(
        shipped, "tag:chips", events=CALENDAR, windows=["0:0"], response="scar", errors="hc1"
    )
    chips = [event for event, tag in shipped_tags() if tag == "chips"]
    own = rows["event_id"].is_in(chips).to_numpy()
    y = rows["scar"].to_numpy()
    assert _figures(scar)["tag:chips"][0] == pytest.approx(y[own].mean() - y[~own].mean())
    weighted = bt.regress(
        shipped, "tag:chips", events=CALENDAR, windows=["0:0"], weights="inverse-variance"
    )
    car, w = rows["car"].to_numpy(), rows["std_error"].to_numpy() ** -2
    difference = np.average(car[own], weights=w[own]) - np.average(car[~own], weights=w[~own])
    assert _figures(weighted)["tag:chips"][0] == pytest.approx(difference)


def shipped_tags() -> list[tuple[str, str]]:
    from backtest.events.load import load_announcements

    loaded = load_announcements(CALENDAR)
    return [(one.id, tag) for one in loaded for tag in one.announcement.tags]


def test_differences_of_groups(shipped: StudyResult) -> None:
    made = bt.regress(
        shipped,
        events=CALENDAR,
        differences=["role:counterparty,competitor", "role", "tag:chips"],
        windows=["0:0"],
    )
    rows = _day0(shipped).join(
        shipped.observations.filter(MAIN).select("event_id", "ticker", "role"),
        on=["event_id", "ticker"],
    )
    group = {role: rows.filter(pl.col("role") == role)["car"].to_numpy() for role in ROLES}
    first = made.differences.row(0, named=True)
    a, b = group["counterparty"], group["competitor"]
    assert (first["first"], first["second"]) == ("role:counterparty", "role:competitor")
    assert (first["n_first"], first["n_second"]) == (len(a), len(b))
    assert first["difference"] == pytest.approx(a.mean() - b.mean())
    variance = sum(((g - g.mean()) ** 2).sum() / (len(g) - 1) ** 2 for g in (a, b))
    assert first["std_error"] == pytest.approx(np.sqrt(variance))
    others = made.differences.filter(pl.col("second") == "others", pl.col("first") != "tag:chips")
    assert others["n_first"].sum() == len(rows)
    assert (others["n_first"] + others["n_second"] == len(rows)).all()
    assert made.differences.row(-1, named=True)["first"] == "tag:chips"
    assert made.regressions.is_empty()


ROLES = ("counterparty", "competitor")


class Bulk:
    """Twenty-four made-up events with attributes of their own."""

    def __init__(self, folder: Path) -> None:
        self.events = folder / "events.csv"
        self.prices = save(made_prices(("T0", "T1", "T2")), folder / "prices.csv")
        self.table = made_events(24, ("T0", "T1", "T2")).with_columns(
            size=pl.int_range(24).cast(pl.Float64) ** 2,
            kind=pl.Series(["x", "y", "z"] * 7 + ["x", "y", "lone"]),
        )
        self.save()
        self._result: StudyResult | None = None

    def save(self) -> None:
        save(self.table, self.events)

    @property
    def result(self) -> StudyResult:
        if self._result is None:
            self._result = bt.run(self.events, self.prices, cache=False, cars=["0:0"])
        return self._result


@pytest.fixture
def bulk(tmp_path: Path) -> Bulk:
    return Bulk(tmp_path)


def test_a_table_s_columns_are_attributes(bulk: Bulk) -> None:
    made = bt.regress(bulk.result, ["size", "kind"], events=bulk.events)
    kept = bulk.table.with_row_index().filter(pl.col("kind") != "lone")
    y = bulk.result.cars["car"].gather(kept["index"]).to_numpy()
    kinds = [(kept["kind"] == kind).to_numpy().astype(float) for kind in "yz"]
    X = np.column_stack([np.ones(len(kept)), kept["size"].to_numpy(), *kinds])
    b, error = _ols(y, X)
    found = _figures(made)
    assert list(found) == ["intercept", "size", "kind:y", "kind:z"]
    np.testing.assert_allclose(list(found.values()), np.c_[b, error], rtol=1e-8)
    assert made.left_out.select("event_id", "reason").rows() == [
        ("e0023", "the only observation with kind:lone")
    ]


def test_missing_attributes_are_counted_with_the_reason(bulk: Bulk) -> None:
    bulk.table = bulk.table.with_columns(
        size=pl.when(pl.int_range(24) >= 4).then("size"),
        grade=pl.when(pl.int_range(24) % 6 > 0).then(pl.int_range(24) % 5),
    )
    bulk.save()
    made = bt.regress(bulk.result, ["size", "grade"], events=bulk.events)
    assert dict(made.left_out.group_by("reason").len().iter_rows()) == {
        "no `size`": 3,
        "no `grade`": 3,
        "no `size`; no `grade`": 1,
    }
    assert made.regressions["n"].item() == 24 - 7


def test_errors_by_date_need_a_class_on_two_dates(bulk: Bulk) -> None:
    day = dt.date(2026, 1, 14)
    bulk.table = bulk.table.with_columns(
        date=pl.when(pl.col("kind") == "z").then(pl.lit(day)).otherwise("date")
    )
    bulk.save()
    made = bt.regress(bulk.result, "kind", events=bulk.events, errors="cluster-date")
    reasons = set(made.left_out["reason"])
    assert reasons == {
        "the only reaction date with kind:z",
        "the only reaction date with kind:lone",
    }
    assert made.regressions["clusters"].item() == 16
    assert made.regressions["dof"].item() == 15
    assert "rest on 16 dates" in made.warnings[-1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"on": "deal_to_cpa"}, "nothing is known by `deal_to_cpa`; there are: deal_to_cap, .*"
         "did you mean `deal_to_cap`"),
        ({"on": "kind:w"}, "no observation has the kind `w`; there are: lone, x, y, z"),
        ({"on": "size:4"}, "`size` is a number"),
        ({"on": "size,size"}, "`size` is named twice"),
        ({"differences": "tag"}, "nothing is known by `tag`; there are: group, kind, size"),
        ({"differences": "kind:x,y,z"}, "does not name one or two groups"),
        ({"differences": "kind:w"}, "no observation has the kind `w`"),
        ({"on": "size", "windows": ["-1:1"]}, "no CAR over -1:1; it has 0:0"),
        ({}, "nothing to regress on"),
        ({"on": "size", "response": "scar", "weights": "inverse-variance"}, "already"),
        ({"on": "size", "errors": "hc2"}, "`hc2` is not one of hc3, hc1, cluster-date"),
        ({"on": "deal_to_cap"}, "0 observations for 2 coefficients .*no deal value in the"),
        ({"on": "flat"}, "`flat` is 3 in all 24 observations"),
        ({"on": "size,twice"}, "`twice` says nothing beside intercept, size"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(bulk: Bulk, options: dict[str, str], said: str) -> None:
    if options.get("on") in ("flat", "size,twice"):
        bulk.table = bulk.table.with_columns(flat=pl.lit(3), twice=2 * pl.col("size"))
        bulk.save()
    with pytest.raises(BadUsage, match=f"(?s){said}"):
        bt.regress(bulk.result, events=bulk.events, **options)  # type: ignore[arg-type]
