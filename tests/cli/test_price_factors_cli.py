"""`backtest prices factors`, and the other price commands where there are factors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
from support.cli import CALENDAR, Command
from support.french_server import FIVE, FrenchServer

from backtest.prices.factors import load_factors

AMD = "2025-10-06-amd-openai-6gw-warrant"
STUDY = ("run", AMD, "--events", CALENDAR, "--prices", "snapshot", "--format", "json")
SHIPPED = load_factors().frame
MAY = pl.concat([SHIPPED, SHIPPED.tail(2).with_columns(pl.col("date") + dt.timedelta(days=28))])
"""Two sessions more than are shipped: to 2026-05-28."""


def test_fetch_and_refresh(cli: Command, french: FrenchServer) -> None:
    french.publish(SHIPPED)
    first = cli("prices", "factors")
    assert (first.code, first.out.splitlines()) == (
        0,
        [
            "factors   428 sessions, 2024-08-15 to 2026-04-30",
            f"source    {french.url}",
            "changed   all of them are new",
        ],
    )
    assert first.err == (
        "note: studies go on with the shipped ones, to 2026-04-30: these reach no further\n"
    )
    day = pl.col("date") == dt.date(2025, 3, 4)
    french.publish(MAY.with_columns(cma=pl.when(day).then(0.05).otherwise("cma")).tail(429))
    second = cli("prices", "factors")
    assert second.err == ""
    today = dt.datetime.now(dt.UTC).date()
    assert second.out.splitlines() == [
        "factors   429 sessions, 2024-08-16 to 2026-05-28",
        f"source    {french.url}",
        f"changed   sessions since {today}: 2 added, 1 revised (the first: 2025-03-04), 1 gone",
    ]
    assert cli("prices", "factors").out.splitlines()[2] == f"changed   nothing since {today}"


def test_status_and_verify(cli: Command, french: FrenchServer, cache: Path) -> None:
    none = cli("prices", "status")
    assert none.err.splitlines()[1:] == [
        "besides: shipped snapshot, 12 securities to 2026-05-29",
        "factors: none fetched (`backtest prices factors`); shipped to 2026-04-30",
    ]
    document = cli("prices", "status", "--format", "json").json
    assert document == {
        "schema_version": 1,
        "prices": [],
        "unreadable": [],
        "factors": {"fetched": None, "shipped_to": "2026-04-30"},
    }
    french.publish(MAY)
    cli("prices", "factors")
    today = dt.datetime.now(dt.UTC).date()
    assert cli("prices", "status").err.splitlines()[2] == (
        f"factors: French library, 430 sessions, 2024-08-15 to 2026-05-28, fetched {today}; "
        "shipped to 2026-04-30"
    )
    fetched = cli("prices", "status", "--format", "json").json["factors"]["fetched"]
    assert fetched.pop("retrieved_at").startswith(str(today))
    assert fetched == {
        "source": french.url,
        "first": "2024-08-15",
        "last": "2026-05-28",
        "rows": 430,
    }
    assert "nothing found" in cli("prices", "verify").err
    (table,) = (cache / "factors").glob("*.parquet")
    table.write_bytes(b"")
    verified = cli("prices", "verify")
    assert verified.code == 1
    assert verified.out.splitlines()[1].split()[:3] == ["damaged", "french", "-"]
    assert f"{table.name} is not what was written" in verified.out
    assert "`backtest prices factors` fetches the factors anew" in verified.err
    (cache / "factors" / "french.json").write_text("{}")
    assert "the fetched ones are damaged" in cli("prices", "status").err
    mended = cli("prices", "factors")
    assert mended.err.startswith("note: what was stored was damaged (french.json is not a record")
    assert cli("prices", "verify").code == 0


def test_the_cache_knows_the_room(cli: Command, french: FrenchServer, cache: Path) -> None:
    french.publish(MAY)
    cli("prices", "factors")
    rooms = [line.split()[:2] for line in cli("cache", "status").out.splitlines()]
    held = [path for path in (cache / "factors").iterdir() if path.is_file()]
    assert ["factors", str(len(held))] in rooms
    assert len(held) >= 2
    cli("cache", "clear", "--all")
    assert cli("prices", "verify").code == 0
    assert (cache / "factors" / "french.json").is_file()
    assert not (cache / "sessions").exists()


def test_failures_are_exit_3_and_cost_nothing(cli: Command, french: FrenchServer) -> None:
    french.publish(MAY)
    cli("prices", "factors")
    before = cli("prices", "status", "--format", "json").json
    french.files[FIVE] = b"garbage"
    line = cli("prices", "factors").refused(3)
    assert line.startswith(f"error: {french.url}/{FIVE}: not a daily factor file as we know them")
    french.status = 404
    assert "(HTTP 404" in cli("prices", "factors").refused(3)
    french.stop()
    assert "the French library cannot be reached (" in cli("prices", "factors").refused(3)
    assert cli("prices", "status", "--format", "json").json == before


def test_a_study_uses_what_was_fetched(cli: Command, french: FrenchServer) -> None:
    french.publish(MAY)
    cli("prices", "factors")
    french.stop()
    ran = cli(*STUDY, "--model", "ff5")
    today = dt.datetime.now(dt.UTC).date()
    assert ran.json["provenance"]["factors"] == (
        f"Kenneth R. French data library, fetched from {french.url} {today}, to 2026-05-28"
    )
    alone = cli(*STUDY, "--model", "ff5", "--no-cache")
    assert alone.json["provenance"]["factors"].endswith("as shipped, to 2026-04-30")
    assert alone.json["tables"]["cars"] == ran.json["tables"]["cars"]


def test_a_curve_uses_it(cli: Command, french: FrenchServer) -> None:
    french.publish(MAY)
    cli("prices", "factors")
    curve = ("curve", AMD, "--events", CALENDAR, "--prices", "snapshot", "--format", "json")
    told = cli(*curve, "--models", "ff3", "--windows", "0:0").json["provenance"]["factors"]
    assert f"fetched from {french.url}" in told
    alone = cli(*curve, "--models", "ff3", "--windows", "0:0", "--no-cache")
    assert "as shipped" in alone.json["provenance"]["factors"]


def test_damage_is_a_note_of_the_run_that_met_it(
    cli: Command, french: FrenchServer, cache: Path
) -> None:
    french.publish(MAY)
    cli("prices", "factors")
    (cache / "factors" / "french.json").write_text("{}")
    study = (*STUDY, "--model", "ff5")
    ran = cli(*study)
    assert ran.code == 0
    assert "note: the factors stored in" in ran.err
    assert ran.json["provenance"]["factors"].endswith("as shipped, to 2026-04-30")
    again = cli(*study)
    assert "nothing to compute" in again.err
    assert "note: the factors stored in" in again.err
    (cache / "factors" / "french.json").unlink()
    assert cli(*study).json["warnings"] == []
