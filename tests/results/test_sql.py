"""SQL over result tables: what it answers, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from backtest.contracts import TABLES
from backtest.errors import BadUsage
from backtest.results.sql import run_sql

CARS = pl.DataFrame(
    {"ticker": ["A", "A", "B"], "start": [0, -1, 0], "end": [0, 1, 0], "car": [0.1, 0.2, -0.3]}
)
FRAMES = {"cars": CARS, "fits": pl.DataFrame({"ticker": ["A", "B"], "beta": [1.5, 0.5]})}


def asked(query: str) -> list[tuple[object, ...]]:
    return run_sql(FRAMES, query).rows()


def refused(query: str) -> str:
    with pytest.raises(BadUsage) as caught:
        run_sql(FRAMES, query)
    (problem,) = caught.value.problems
    assert "\n" not in str(problem)
    return str(problem)


def test_questions_are_answered() -> None:
    assert asked("SELECT ticker FROM cars WHERE car > 0.15") == [("A",)]
    assert asked("with x as (select ticker from fits) select count(*) from x") == [(2,)]
    assert sorted(asked("(SELECT 1 AS a) UNION ALL (SELECT 2 AS a)")) == [(1,), (2,)]
    commented = "-- why\n/* so */ select beta from cars join fits using (ticker)"
    assert sorted(asked(commented)) == [(0.5,), (1.5,), (1.5,)]
    assert sorted(asked("SHOW TABLES")) == [("cars",), ("fits",)]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select start, end from cars", [(0, 0), (-1, 1), (0, 0)]),
        ("select case when end = 0 then 'x' else 'y' end from cars", [("x",), ("y",), ("x",)]),
        ("select case when end > 0 then end end as e from cars", [(None,), (1,), (None,)]),
        ("select case end when 1 then 5 end as e from cars", [(None,), (5,), (None,)]),
        ("select c.end from cars c where -end < 0", [(1,)]),
        ("select end, sum(car) from cars group by end order by end desc limit 1", [(1, 0.2)]),
        ("select 'the end' as said from cars where end in (1)", [("the end",)]),
        ('select "end" from cars where "end" between 1 and end', [(1,)]),
        ("select END from cars where ticker = 'B' -- the end", None),
    ],
)
def test_end_is_a_column_where_it_can_be_one(
    query: str, answer: list[tuple[object, ...]] | None
) -> None:
    if answer is None:
        assert "END" in refused(query)  # names are case-sensitive
    else:
        assert asked(query) == answer


@pytest.mark.parametrize("frame", TABLES, ids=lambda frame: frame.name)
def test_every_column_of_the_contract_can_be_asked_for(frame: object) -> None:
    from backtest.contracts import Frame

    assert isinstance(frame, Frame)
    for name in frame.names:
        empty = run_sql(
            {frame.name: frame.empty()}, f"select {name} from {frame.name} order by {name}"
        )
        assert empty.columns == [name]


@pytest.mark.parametrize(
    "query",
    ["drop table cars", "delete from cars", "truncate table cars", "create table x as select 1"],
)
def test_nothing_is_changed(query: str) -> None:
    assert "is not a query; one begins with SELECT, WITH, SHOW" in refused(query)
    assert run_sql(FRAMES, "select count(*) from cars").item() == 3


@pytest.mark.parametrize("kind", ["csv", "parquet", "ipc", "json", "ndjson", "delta", "avro"])
@pytest.mark.parametrize(
    "form",
    [
        "select * from read_{kind}('{path}')",
        "SELECT * FROM \"READ_{kind}\"('{path}')",
        "with x as (select * from read_{kind} /* ( */ ('{path}')) select * from x",
        "select '/*' from read_{kind}('{path}') where '*/' = '*/'",
        "select * from cars join scan_{kind}('{path}') using (ticker)",
    ],
)
def test_no_other_file_is_read(tmp_path: Path, kind: str, form: str) -> None:
    path = tmp_path / "secret"
    FRAMES["fits"].write_csv(path)
    said = refused(form.format(kind=kind, path=path))
    assert "would open other files" in said


def test_polars_has_no_table_function_of_another_name(tmp_path: Path) -> None:
    """The guard knows words, so it must be told when Polars learns another one."""
    path = tmp_path / "f.csv"
    FRAMES["fits"].write_csv(path)
    words = ("csv", "csv_auto", "parquet", "glob", "file", "open", "load", "import", "from_csv")
    for word in words:
        assert "is not a supported table function" in refused(f"select * from {word}('{path}')")
    assert "was not found" in refused(f"select * from '{path}'")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select tickr from cars", "did you mean `ticker`?"),
        ("select ticker from crs", "did you mean `cars`?"),
        ("select x from nothing_like_it", "there are: cars, fits"),
        ("select * from cars where ticker = AMD", "text is written 'AMD'"),
        ("select c.nope from cars c", "the columns are: ticker, start, end, car"),
        ("select foo(car) from cars", "unsupported function 'foo' (Polars' SQL has"),
        ("selct 1", "did you mean `SELECT`?"),
        ("cars", "did you mean `SELECT * FROM cars`?"),
        ("", "is not a query"),
        ("tag:chips", "is not a query"),
        ("select 1; select 2", "one (and only one) statement"),
        ("select a frm cars where", "Expected: end of statement, found: cars"),
        ("show columns from cars", "Polars' SQL has no such statement"),
        ("select car, car from cars", "name one of them by AS"),
        ("select sum(ticker) from cars", "not supported for dtype `str`"),
        ("select '", "Unterminated"),
    ],
)
def test_errors_are_one_line_with_a_hint(query: str, said: str) -> None:
    assert said in refused(query)
