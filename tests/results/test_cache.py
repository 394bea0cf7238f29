"""What the results cache reuses, what it computes anew, and that neither changes a single bit."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from support.bulk import made_events, made_prices, save, sessions
from support.cli import CALENDAR, Command

import backtest as bt
from backtest.results.cache import MANIFEST, SEGMENTS, STUDIES, ResultsCache
from backtest.results.result import StudyResult

TICKERS = ("T0", "T1", "T2")
BEFORE, AFTER = 261, 10
"""Sessions that the default windows read before and after the event day: the return of the first
estimation day needs the close before it."""


class Lab:
    """A table of events and one of prices in a folder, and studies of them."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.events_path, self.prices_path = folder / "events.csv", folder / "prices.csv"
        self.cache = cache
        self.events = made_events(24, TICKERS)
        self.prices = made_prices(TICKERS)
        self._saved: dict[Path, pl.DataFrame] = {}

    def run(self, cache: Path | bool | None = None, **options: Any) -> StudyResult:
        for path, table in ((self.events_path, self.events), (self.prices_path, self.prices)):
            # A file that is written anew counts as changed, so only a changed table is.
            if path not in self._saved or not self._saved[path].equals(table):
                save(table, path)
                self._saved[path] = table.clone()
        kept = self.cache if cache is None else cache
        return bt.run(self.events_path, self.prices_path, cache=kept, **options)  # type: ignore[arg-type]

    def check(self, **options: Any) -> StudyResult:
        """Run with the cache and compare every bit with a run without."""
        result = self.run(**options)
        same(result, self.run(cache=False, **options))
        return result

    @property
    def kept(self) -> ResultsCache:
        return ResultsCache(self.cache / "results")


def same(one: StudyResult, other: StudyResult) -> None:
    for name, table in one.tables.items():
        assert table.equals(other.tables[name]), name


@pytest.fixture
def lab(tmp_path: Path, cache: Path) -> Lab:
    return Lab(tmp_path, cache)


def counts(result: StudyResult) -> tuple[int, int]:
    return result.provenance.computed, result.provenance.reused


def test_a_second_run_computes_nothing_and_says_so(lab: Lab, cli: Command) -> None:
    lab.run(cache=False)
    study = ("run", "--events", lab.events_path, "--prices", lab.prices_path, "--format", "json")
    first, second = cli(*study), cli(*study)
    assert "computed 24 observations" in first.err
    assert "nothing to compute: all 24 observations came from the cache" in second.err
    assert first.json["tables"] == second.json["tables"]
    assert second.json["provenance"]["computed"] == 0
    assert second.json["provenance"]["reused"] == 24


def test_the_command_line_and_python_share_the_cache(lab: Lab, cli: Command) -> None:
    lab.run()
    ran = cli("run", "--events", lab.events_path, "--prices", lab.prices_path, "--format", "json")
    assert "nothing to compute" in ran.err


def change_title(events: pl.DataFrame) -> pl.DataFrame:
    return events.with_columns(title=pl.lit("a title"))


def change_group(events: pl.DataFrame) -> pl.DataFrame:
    return events.with_columns(group=pl.lit("one"))


def shuffle(events: pl.DataFrame) -> pl.DataFrame:
    return events.sample(fraction=1, shuffle=True, seed=4)


def first_ten(events: pl.DataFrame) -> pl.DataFrame:
    return events.head(10)


def every_third(events: pl.DataFrame) -> pl.DataFrame:
    return events.gather_every(3)


@pytest.mark.parametrize("change", [change_title, change_group, shuffle, first_ten, every_third])
def test_what_leaves_the_reaction_alone_recomputes_nothing(
    lab: Lab, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    lab.run()
    lab.events = change(lab.events)
    assert counts(lab.check()) == (0, len(lab.events))


def test_an_event_on_another_day_is_computed_alone(lab: Lab) -> None:
    lab.run()
    days = sessions()
    moved = days[days.index(lab.events["date"][7]) - 1]
    lab.events[7, "date"] = moved
    result = lab.check()
    assert counts(result) == (1, 23)
    assert result.fits["day0"][7] == moved
    assert counts(lab.run()) == (0, 24)


def test_new_events_are_computed_alone(lab: Lab) -> None:
    everything, lab.events = lab.events, lab.events.head(20)
    lab.run()
    lab.events = everything
    assert counts(lab.check()) == (4, 20)


@pytest.mark.parametrize("options", [{"tests": "sign"}, {"group_by": "group"}])
def test_other_sample_statistics_reuse_every_event(lab: Lab, options: dict[str, Any]) -> None:
    lab.run()
    assert counts(lab.check(**options)) == (0, 24)


@pytest.mark.parametrize(
    "options",
    [
        {"model": "mean"},
        {"model": "market,mean"},
        {"window": "-5:5"},
        {"cars": ["0:0"]},
        {"estimation": "-200:-11"},
        {"returns": "log"},
        {"missing": "lenient"},
        {"min_obs": 120},
        {"benchmark": "T0"},
    ],
)
def test_whatever_decides_a_number_is_part_of_the_key(lab: Lab, options: dict[str, Any]) -> None:
    lab.run()
    assert counts(lab.check(**options)) == (24, 0)
    # The first study is still there.
    assert counts(lab.check()) == (0, 24)


@pytest.mark.parametrize("ticker", ["T1", "SPY"])
@pytest.mark.parametrize("place", [5, 150, 300, 447])
def test_a_corrected_price_recomputes_the_events_that_read_it(
    lab: Lab, ticker: str, place: int
) -> None:
    lab.run()
    days = sessions()
    one = (pl.col("ticker") == ticker) & (pl.col("date") == days[place])
    lab.prices = lab.prices.with_columns(
        close=pl.when(one).then(pl.col("close") + 0.01).otherwise("close")
    )
    readers = [
        event
        for event, own, day in lab.events.select("event_id", "ticker", "date").iter_rows()
        if ticker in (own, "SPY") and -BEFORE <= place - days.index(day) <= AFTER
    ]
    assert counts(lab.check()) == (len(readers), 24 - len(readers))


def test_more_prices_after_the_last_window_recompute_nothing(lab: Lab) -> None:
    last = max(lab.events["date"])
    days = sessions()
    everything = lab.prices
    lab.prices = everything.filter(pl.col("date") <= days[days.index(last) + AFTER])
    lab.run()
    lab.prices = everything
    assert counts(lab.check()) == (0, 24)


def test_a_gap_that_is_filled_is_noticed(lab: Lab) -> None:
    everything = lab.prices
    day = lab.events["date"][0]
    lab.prices = everything.filter((pl.col("ticker") != "T0") | (pl.col("date") != day))
    gap = lab.check()
    # Without a price on its event day, the event is still there with an empty return.
    lab.prices = everything
    whole = lab.check()
    assert whole.provenance.computed > 0
    mine = pl.col("event_id") == lab.events["event_id"][0]
    zero = pl.col("day") == 0
    assert gap.abnormal_returns.filter(mine, zero)["return"].to_list() == [None]
    assert whole.abnormal_returns.filter(mine, zero)["return"].null_count() == 0


def test_a_session_that_another_security_adds_is_part_of_the_key(lab: Lab) -> None:
    """Days on no exchange's calendar: the table's own dates are the sessions.

    A day that only a third security has is a gap for the others, before their first price too.
    """
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2025, 6, 1), eager=True).to_list()
    extra = days[330]
    lab.prices = made_prices(TICKERS, days).filter(
        (pl.col("ticker") == "T2") | (pl.col("date") != extra)
    )
    late = pl.col("date") >= days[200]
    lab.prices = lab.prices.filter(late | (pl.col("ticker") == "T2"))
    lab.events = pl.DataFrame(
        {"event_id": ["a", "b"], "ticker": ["T0", "T2"], "date": [days[400], days[402]]}
    )
    lab.events, both = lab.events.head(1), lab.events
    lab.check(min_obs=50)
    lab.events = both
    lab.check(min_obs=50)


def entries(lab: Lab) -> list[Path]:
    return [path for entry in lab.kept.entries() for path in sorted(entry.iterdir())]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("kind", [SEGMENTS, STUDIES])
@pytest.mark.parametrize("harm", [flip, truncate, empty, Path.unlink])
def test_a_damaged_file_is_computed_anew_and_said(
    lab: Lab, kind: str, harm: Callable[[Path], None]
) -> None:
    fresh = lab.run(cache=False)
    lab.run()
    names = {path.name for path in entries(lab) if path.parent.parent.name == kind}
    for name in sorted(names):
        shutil.rmtree(lab.cache / "results")
        lab.run()
        (path,) = (p for p in entries(lab) if p.parent.parent.name == kind and p.name == name)
        harm(path)
        result = lab.run()
        same(result, fresh)
        said = [note for note in result.warnings if "damaged" in note]
        if name != MANIFEST or harm is not Path.unlink:
            assert len(said) == 1, (name, result.warnings)
        assert lab.kept.verify() == []
        again = lab.run()
        assert counts(again) == (0, 24)
        assert again.warnings == ()


@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"files": {}}', '{"files": 3}'])
@pytest.mark.parametrize("kind", [SEGMENTS, STUDIES])
def test_a_manifest_that_says_nonsense_is_damage_too(lab: Lab, kind: str, content: str) -> None:
    fresh = lab.run()
    (entry,) = (lab.cache / "results" / kind).iterdir()
    (entry / MANIFEST).write_text(content)
    assert len(lab.kept.verify()) == 1
    result = lab.run()
    same(result, fresh)
    assert any("damaged" in note for note in result.warnings)


def test_any_byte_of_a_manifest_may_be_wrong(lab: Lab) -> None:
    fresh = lab.run()
    for kind in (SEGMENTS, STUDIES):
        (entry,) = (lab.cache / "results" / kind).iterdir()
        sound = shutil.copytree(entry, entry.parent.parent / f"sound-{kind}")
        content = (sound / MANIFEST).read_bytes()
        for place in range(0, len(content), 23):
            shutil.rmtree(entry, ignore_errors=True)
            shutil.copytree(sound, entry)
            wrong = bytearray(content)
            wrong[place] ^= 0x01
            (entry / MANIFEST).write_bytes(wrong)
            same(lab.run(), fresh)


def test_verify_names_the_damage_and_exits_1(lab: Lab, cli: Command) -> None:
    lab.run()
    fine = cli("cache", "verify")
    assert (fine.code, fine.out) == (0, "")
    assert "2 entries checked, 0 damaged" in fine.err
    (entry,) = (lab.cache / "results" / SEGMENTS).iterdir()
    flip(entry / "cars.parquet")
    ran = cli("cache", "verify")
    assert ran.code == 1
    (line,) = ran.out.splitlines()
    assert line == (f"damaged: {SEGMENTS}/{entry.name}: cars.parquet does not match its checksum")
    assert "2 entries checked, 1 damaged" in ran.err


def test_what_a_killed_run_left_behind_is_no_entry(lab: Lab, cli: Command) -> None:
    fresh = lab.run()
    left = lab.cache / "results" / SEGMENTS / ".writing-abc123"
    left.mkdir()
    (left / "cars.parquet").write_bytes(b"half")
    assert cli("cache", "verify").code == 0
    same(lab.run(), fresh)
    cli("cache", "clear")
    assert not left.exists()


def test_clear_removes_results_and_keeps_prices(lab: Lab, cli: Command) -> None:
    lab.run()
    pulled = lab.cache / "prices" / "AAA.parquet"
    pulled.parent.mkdir()
    pulled.write_bytes(b"bars")
    ran = cli("cache", "clear")
    assert ran.code == 0
    assert "removed 2 results" in ran.err
    assert entries(lab) == []
    assert pulled.read_bytes() == b"bars"
    cli("cache", "clear", "--all")
    assert pulled.exists()
    assert not (lab.cache / "sessions").exists()
    assert counts(lab.run()) == (24, 0)


def test_removing_the_results_by_hand_is_safe(lab: Lab) -> None:
    fresh = lab.run()
    for kind in (SEGMENTS, STUDIES):
        shutil.rmtree(lab.cache / "results" / kind)
        same(lab.run(), fresh)
    shutil.rmtree(lab.cache / "results")
    same(lab.run(), fresh)


def refusing(code: int) -> Callable[..., Any]:
    def refuse(*arguments: object, **options: object) -> Any:
        raise OSError(code, os.strerror(code))

    return refuse


FAULTS = {
    "a read-only folder": (Path, "mkdir", errno.EROFS),
    "a folder nobody may write": (Path, "mkdir", errno.EACCES),
    "a disk that is full": (pl.DataFrame, "write_parquet", errno.ENOSPC),
    "a disk full at the last moment": (Path, "replace", errno.ENOSPC),
    "a manifest without room": (Path, "write_text", errno.ENOSPC),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cache_that_cannot_be_written_is_a_note(
    lab: Lab, cli: Command, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    fresh = lab.run(cache=False)
    owner, name, code = FAULTS[fault]
    monkeypatch.setattr(owner, name, refusing(code))
    ran = cli("run", "--events", lab.events_path, "--prices", lab.prices_path, "--format", "json")
    monkeypatch.undo()
    assert ran.code == 0
    assert len(ran.json["tables"]["cars"]) == len(fresh.cars)
    notes = [line for line in ran.err.splitlines() if "not cached" in line]
    assert notes == [
        f"note: results were not cached in {lab.cache / 'results'}: {os.strerror(code)}"
    ]
    assert not [path for path in entries(lab) if path.name == MANIFEST]
    assert not list((lab.cache / "results").rglob(".writing-*"))
    same(lab.run(), fresh)


def test_what_was_kept_before_survives_a_full_disk(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.run()
    monkeypatch.setattr(pl.DataFrame, "write_parquet", refusing(errno.ENOSPC))
    days = sessions()
    lab.events[0, "date"] = days[days.index(lab.events["date"][0]) - 1]
    result = lab.run()
    assert counts(result) == (1, 23)
    assert any("not cached" in note for note in result.warnings)
    assert lab.kept.verify() == []
    assert len(lab.kept.entries()) == 2


def test_a_file_where_the_cache_should_be(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "flat").write_text("no folder")
    result = lab.run(cache=tmp_path / "flat")
    assert counts(result) == (24, 0)
    assert any("not cached" in note for note in result.warnings)


def _study(events: Path, prices: Path, cache: Path, barrier: Any, done: Any) -> None:
    from polars import thread_pool_size

    thread_pool_size()  # the libraries are loaded before the race begins
    import backtest as bt

    barrier.wait(60)
    result = bt.run(events, prices, cache=cache)
    done.put((len(result.cars), list(result.warnings)))


def test_two_runs_at_once_leave_a_sound_cache(lab: Lab) -> None:
    lab.events = made_events(200, TICKERS)
    fresh = lab.run(cache=False)
    context = multiprocessing.get_context("spawn")
    barrier, done = context.Barrier(2), context.Queue()
    paths = (lab.events_path, lab.prices_path, lab.cache)
    racers = [context.Process(target=_study, args=(*paths, barrier, done)) for _ in range(2)]
    for racer in racers:
        racer.start()
    answers = [done.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0]
    assert answers == [(len(fresh.cars), [])] * 2
    assert lab.kept.verify() == []
    assert not list((lab.cache / "results").rglob(".writing-*"))
    again = lab.run()
    assert counts(again) == (0, 200)
    same(again, fresh)


@pytest.fixture
def calendar(tmp_path: Path) -> Path:
    """Three announcements of the shipped calendar, to be edited."""
    folder = tmp_path / "calendar"
    folder.mkdir()
    for name in (
        "2025-10-06-amd-openai-6gw-warrant",
        "2025-10-13-avgo-openai-10gw",
        "2025-09-22-nvda-openai-100b-loi",
    ):
        shutil.copy(CALENDAR / f"{name}.yaml", folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_editing_an_announcement(calendar: Path, cache: Path) -> None:
    def run() -> tuple[int, int]:
        result = bt.run(calendar, "snapshot", cache=cache)
        same(result, bt.run(calendar, "snapshot", cache=False))
        return counts(result)

    computed, _ = run()
    assert computed > 10
    broadcom = calendar / "2025-10-13-avgo-openai-10gw.yaml"
    edit(broadcom, "title: ", "title: Changed - ")
    assert run() == (0, computed)
    edit(broadcom, "announced: 2025-10-13", "announced: 2025-10-14")
    (one,) = (
        one
        for one in bt.run(calendar, "snapshot", cache=False).fits.partition_by("event_id")
        if one["event_id"][0] == broadcom.stem
    )
    assert run() == (len(one), computed - len(one))


def test_a_selection_reuses_what_the_whole_calendar_computed(cache: Path) -> None:
    bt.run(CALENDAR, "snapshot", cache=cache)
    some = bt.run(CALENDAR, "snapshot", cache=cache, selection=["tag:chips"])
    assert some.provenance.computed == 0
    same(some, bt.run(CALENDAR, "snapshot", cache=False, selection=["tag:chips"]))


def test_entries_are_what_the_manifest_says(lab: Lab) -> None:
    lab.run()
    (segment,) = (lab.cache / "results" / SEGMENTS).iterdir()
    manifest = json.loads((segment / MANIFEST).read_text())
    assert set(manifest["files"]) == {path.name for path in segment.iterdir()} - {MANIFEST}
    assert {"cars.parquet", "fits.parquet", "abnormal_returns.parquet"} <= set(manifest["files"])
