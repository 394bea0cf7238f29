"""The bench of other packages: what they are given, how their answers are judged, what is printed.

None of the packages is installed here; one that is made up stands for them.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest
from others import worker
from others.__main__ import adapters, report
from others.environment import Environment, last_line
from others.events import task_on
from others.measured import Agreement, Failed, Measured, title
from others.ours import ESTIMATED, TESTED, Ours
from others.table import Rate, cautions, failures, ratios, table
from others.task import AFTER, BEFORE, DAYS, ESTIMATION, Answer, Floats, Study, Task
from workload.universe import Universe

SESSIONS = 330
ADAPTERS = sorted(adapters([]))


@pytest.fixture(scope="module")
def task() -> Task:
    rng = np.random.default_rng(5)
    market = rng.normal(0.0004, 0.01, SESSIONS)
    returns = np.vstack([market, 0.8 * market + rng.normal(0, 0.02, (30, SESSIONS))])
    first, end = BEFORE + ESTIMATION + 1, SESSIONS - AFTER
    return Task(
        np.datetime64("2024-01-01") + np.arange(SESSIONS),
        50.0 * np.cumprod(1.0 + returns, axis=1),
        rng.integers(1, 31, 200),
        rng.integers(first, end, 200),
    )


def by_polyfit(task: Task) -> tuple[Floats, Floats]:
    """CARs and their errors from the textbook: σ²(I + X*(X'X)⁻¹X*') summed over the window."""
    cars, errors = [], []
    for row, day in zip(task.rows, task.days, strict=True):
        around = slice(day - BEFORE, day + AFTER + 1)
        past = slice(around.start - ESTIMATION, around.start)
        market, own = task.returns[0], task.returns[row]
        design = np.column_stack([np.ones(ESTIMATION), market[past]])
        line, ssr, _, _ = np.linalg.lstsq(design, own[past], rcond=None)
        ahead = np.array([DAYS, market[around].sum()])
        spread = DAYS + ahead @ np.linalg.inv(design.T @ design) @ ahead
        cars.append((own[around] - line[0] - line[1] * market[around]).sum())
        errors.append(np.sqrt(ssr[0] / (ESTIMATION - 2) * spread))
    return np.array(cars), np.array(errors)


class MadeUp(ModuleType):
    """An adapter of a package whose errors are halved and which loses its third event."""

    REQUIREMENT = "made-up==1.2 numpy"
    COMPUTES, CAUTION, RETURNS, EVENTS = "AR, CAR", "halves its errors", "simple", 40

    @staticmethod
    def eligible(task: Task) -> np.ndarray:
        return np.arange(0, len(task.rows), 2)

    @staticmethod
    def prepare(task: Task) -> Study:
        def study() -> Answer:
            cars, errors = by_polyfit(task)
            cars[2] = np.nan
            return Answer(cars, errors / 2, {"t": 1.5})

        return study


def made_up(seconds: float = 1.0, name: str = "made-up 1.2", **more: object) -> Measured:
    given = {"tests": {}, "cars": np.zeros(10), "errors": np.full(10, np.nan)} | more
    return Measured(name, "AR", "", "simple", [seconds] * 3, np.arange(10), **given)  # type: ignore[arg-type]


def test_from_the_file_to_the_judgement(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker, its file, and our engine on the events that the worker took."""
    monkeypatch.setitem(sys.modules, "others.adapters.made_up", MadeUp("made_up"))
    task.write(tmp_path / "task.npz")
    worker.main("made_up", str(tmp_path / "task.npz"), str(tmp_path / "out.npz"), "30")
    read = Measured.read(MadeUp, tmp_path / "out.npz")  # type: ignore[arg-type]
    assert read.title == "made-up 1.2"
    assert read.chosen.tolist() == list(range(0, 60, 2))
    assert 1 <= len(read.seconds) <= worker.ROUNDS
    assert read.tests == {"t": 1.5}
    judged = Agreement.of(read, *Ours(task).cars("simple", read.chosen))
    assert judged.largest < 1e-12
    assert judged.lost == 1
    assert judged.error_ratio == pytest.approx(0.5, rel=1e-9)
    assert judged.cars_in_words() == "1 of them lost"
    assert judged.errors_in_words() == "0.500 of ours"


def test_an_answer_without_all_events_is_an_error(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = MadeUp("made_up")
    careless.prepare = lambda task: lambda: Answer(np.zeros(3))  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "others.adapters.made_up", careless)
    task.write(tmp_path / "task.npz")
    with pytest.raises(ValueError, match=r"\(3,\) CARs for 30 events"):
        worker.main("made_up", str(tmp_path / "task.npz"), str(tmp_path / "out.npz"), "30")


def test_log_returns_are_compared_with_log_returns(task: Task) -> None:
    few = task.take(np.arange(5))
    paths = np.cumsum(np.nan_to_num(few.returns), axis=1)
    compounded = replace(few, prices=np.exp(paths))  # whose log returns are the simple ones
    ours, _ = Ours(compounded).cars("log", np.arange(5))
    assert ours == pytest.approx(by_polyfit(few)[0], rel=1e-9)


def test_our_rounds_count_their_events(task: Task) -> None:
    ours = Ours(task)
    ours.round()
    assert {what: ours.events(what) for what in (ESTIMATED, TESTED)} == {ESTIMATED: 200, TESTED: 40}
    assert ours.per_second(ESTIMATED) == pytest.approx(200 / ours.seconds[ESTIMATED][0])


def test_some_events_keep_their_prices_and_no_others(task: Task) -> None:
    chosen = np.array([7, 3, 7])
    few = task.take(chosen)
    assert len(few.prices) == 1 + len({*task.rows[chosen]})
    assert (few.prices[0] == task.prices[0]).all()
    assert (few.prices[few.rows] == task.prices[task.rows[chosen]]).all()
    assert few.days.tolist() == task.days[chosen].tolist()


def test_one_event_each_is_the_first(task: Task) -> None:
    late = task.days > 300
    chosen = task.one_each(late)
    assert late[chosen].all()
    assert sorted(task.rows[chosen]) == sorted({*task.rows[late]})
    for place in chosen:
        earlier = task.rows[:place][late[:place]]
        assert task.rows[place] not in earlier


def test_events_are_drawn_where_every_window_has_prices(tmp_path: Path) -> None:
    dates = [dt.date(2024, 1, 1) + dt.timedelta(days) for days in range(290)]
    steps = np.arange(290.0)
    closes = {"SPY": 100 + steps, "AAA": 50 + steps, "GAP": 20 + steps, "STILL": 0 * steps + 9}
    frames = [
        pl.DataFrame({"date": dates, "ticker": name, "close": close})
        for name, close in closes.items()
    ]
    frames[2] = frames[2].filter(pl.int_range(pl.len()) != 5)
    pl.concat(frames).write_parquet(tmp_path / "prices.parquet")
    drawn = task_on(Universe(tmp_path / "prices.parquet", "four securities"), 500)
    assert drawn.prices.tolist() == [closes["SPY"].tolist(), closes["AAA"].tolist()]
    assert set(drawn.rows) == {1}
    assert drawn.days.min() == 1 + ESTIMATION + BEFORE
    assert drawn.days.max() == 290 - 1 - AFTER


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_says_what_it_runs(name: str, task: Task) -> None:
    """Also that it needs its package only once it runs."""
    adapter = adapters([name])[name]
    assert "==" in adapter.REQUIREMENT.split()[0]
    assert adapter.RETURNS in {"simple", "log"}
    assert adapter.COMPUTES
    assert adapter.EVENTS >= 20
    assert set(adapter.eligible(task)) <= set(range(len(task.rows)))


def test_unknown_adapter() -> None:
    with pytest.raises(SystemExit, match=r"no adapter nonsense; there are .*eventstudy"):
        adapters(["nonsense"])


def test_a_package_that_is_not_there_is_a_line(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Environment, "python", Path(sys.executable))
    task.write(tmp_path / "task.npz")
    name, adapter = next(iter(adapters(["eventstudy"]).items()))
    answer = Environment(tmp_path).measure(name, adapter, tmp_path / "task.npz", 20)
    assert isinstance(answer, Failed)
    assert failures([answer]) == [
        f"{title(adapter)}: failed: ModuleNotFoundError: No module named 'eventstudy'"
    ]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("WARNING: a\nERROR: No version\nERROR: Not found\nnote: b", "Not found"),
        ("ERROR: Cannot install a\nERROR: ResolutionImpossible: for help see", "Cannot install a"),
        ("Traceback:\n  x\nValueError: bad\n\n", "ValueError: bad"),
        ("", "it said nothing"),
    ],
)
def test_why_a_program_failed(said: str, line: str) -> None:
    assert last_line(subprocess.CompletedProcess([], 1, "", said)) == line


@pytest.mark.parametrize(
    ("cars", "words"),
    [
        ([0.1, 0.2, 0.3], "as ours"),
        ([0.1, 0.2, 0.3 + 1e-12], "as ours"),
        ([0.1, 0.21, 0.3], "wrong by up to 0.0100 (median 0)"),
        ([0.1, 0.21, np.nan], "wrong by up to 0.0100 (median 0.005), 1 of them lost"),
        ([np.nan] * 3, "none given"),
    ],
)
def test_cars_beside_ours(cars: list[float], words: str) -> None:
    theirs = made_up(cars=np.array(cars), errors=np.full(3, np.nan))
    judged = Agreement.of(theirs, np.array([0.1, 0.2, 0.3]), np.ones(3))
    assert judged.cars_in_words() == words
    assert judged.errors_in_words() == "none given"


@pytest.mark.parametrize(("rate", "verdict"), [(3_000.0, "met"), (2_990.0, "MISSED")])
def test_the_ratio_is_to_the_fastest(rate: float, verdict: str) -> None:
    packages = [made_up(2.0, "slow 1"), made_up(1.0, "fast 2"), made_up(9.0, "slower 3")]
    lines = ratios([Rate("AR", rate, 100, 3), Rate("tests", 40.0, 20, 3)], packages)
    assert lines == [
        f"AR: {rate / 10:.0f} × the best of them, fast 2 (target ≥ 300×: {verdict})",
        "tests: 4 × the best of them, fast 2",
    ]


def test_no_ratio_to_nothing() -> None:
    assert ratios([Rate("AR", 10.0, 1, 1)], []) == [
        "No ratio: none of the packages could be measured."
    ]


def test_the_columns_of_the_table_are_aligned() -> None:
    same = Agreement(0.0, 0.0, 0, 0.956)
    rows = [(made_up(0.5, "fast 2"), same), (made_up(2.0, "slow 1"), same)]
    head, ours, fast, slow = table([Rate("AR, SE", 1_234_567.0, 1_000_000, 9)], rows)
    assert ours.split()[:4] == ["backtest", "1,234,567", "1,000,000", "9"]
    assert fast.startswith("fast 2")
    assert slow.startswith("slow 1")
    end = head.index("events/s") + len("events/s")
    assert [line[:end].split()[-1] for line in (ours, fast, slow)] == ["1,234,567", "20.0", "5.0"]
    assert all(line[end] == " " for line in (ours, fast, slow))
    assert "0.956 of ours" in fast


def test_what_is_wrong_is_said_with_the_statistics_given() -> None:
    silent, outspoken = made_up(), made_up(tests={"BMP": -1.25})
    assert cautions([silent, outspoken]) == ["made-up 1.2: gave BMP -1.25"]


def test_the_worker_needs_nothing_of_the_project() -> None:
    """It runs where neither polars nor backtest is installed."""
    source = Path(worker.__file__).parent
    for path in (source / "worker.py", source / "task.py", *(source / "adapters").glob("*.py")):
        lines = path.read_text("utf-8").splitlines()
        imported = [line for line in lines if line.startswith(("import", "from"))]
        assert not [line for line in imported if re.search(r"backtest|workload|polars", line)]


def test_the_report_has_the_fastest_first_and_those_that_failed(
    task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = Ours(task)
    ours.round()
    cars, errors = by_polyfit(task.take(np.arange(10)))
    answers = [
        made_up(2.0, "slow 1", cars=cars, errors=errors),
        Failed("gone 3", "not installed: no such thing"),
        made_up(0.5, "fast 2", cars=cars + 0.25, errors=errors),
    ]
    report(answers, ours, "prices of a test")
    out = capsys.readouterr().out
    assert out.index("  fast 2") < out.index("  slow 1")
    assert "wrong by up to 0.2500 (median 0.2)" in out
    assert "Gave nothing\n  gone 3: not installed: no such thing\n" in out
    assert "× the best of them, fast 2 (target ≥ 300×: " in out
    assert "Prices: prices of a test, those without gaps. Events: SIMULATED." in out
