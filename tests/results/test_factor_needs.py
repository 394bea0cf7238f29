"""Which factors are read, and what is said where the data do not have them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from backtest.errors import BadInput
from backtest.models import model_for
from backtest.prices.factors import Factors, factor_name
from backtest.results.factor_needs import factor_columns, needed_factors
from backtest.spec import StudySpec

TABLE = "date,Mkt-RF,SMB,HML,RF,oil\n2025-01-02,0.01,0.002,-0.001,0.0002,0.03\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "factors.csv"
    path.write_text(TABLE)
    return path


def needed(path: Path | None, *models: str, **options: Any) -> Factors | None:
    spec = StudySpec(models=models, **options)
    return needed_factors([model_for(key, spec) for key in models], spec, path)


def told(path: Path | None, *models: str, **options: Any) -> list[str]:
    with pytest.raises(BadInput) as caught:
        needed(path, *models, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        ("market", ""),
        ("mean", ""),
        ("capm", "rf"),
        ("ff3", "mkt_rf smb hml rf"),
        ("carhart", "mkt_rf smb hml mom rf"),
        ("ff5", "mkt_rf smb hml rmw cma rf"),
        ("ff6", "mkt_rf smb hml rmw cma mom rf"),
    ],
)
def test_columns_of_the_models(model: str, columns: str) -> None:
    assert factor_columns(model_for(model, StudySpec())) == tuple(columns.split())


def test_only_what_is_needed_is_kept(path: Path) -> None:
    factors = needed(path, "market", "capm", "factors", factors=("oil", "SMH", "market"))
    assert factors is not None
    assert factors.columns == ["rf", "oil"]
    assert factors.source == str(path)


def test_nothing_needed_nothing_read(tmp_path: Path) -> None:
    assert needed(tmp_path / "nowhere.csv", "market", "mean") is None
    assert needed(tmp_path / "no.csv", "factors", factors=("SMH", "market")) is None


def test_a_model_s_factor_that_the_table_lacks(path: Path) -> None:
    there = "there are: mkt_rf, smb, hml, rf, oil"
    assert [line.split(" (")[0] for line in told(path, "ff5", "ff6")] == [
        f"{path}: there is no factor `rmw`, needed by ff5, ff6; {there}",
        f"{path}: there is no factor `cma`, needed by ff5, ff6; {there}",
        f"{path}: there is no factor `mom`, needed by ff6; {there}",
    ]


def test_a_factor_of_one_s_own_that_is_not_there(path: Path) -> None:
    (line,) = told(path, "factors", factors=("rf", "oill"))
    assert line.endswith("(did you mean `oil`?)")
    (line,) = told(path, "factors", factors=("rf", "soxx"))
    assert line.endswith("(a ticker is written in capitals: SOXX)")
    (line,) = told(None, "factors", factors=("oil",))
    assert line.startswith("there is no factor `oil`, needed by factors; there are: mkt_rf, smb,")


def test_a_factor_without_a_value(path: Path) -> None:
    path.write_text("date,rf\n2025-01-02,\n")
    assert told(path, "capm") == [f"{path}: rf: `rf`, needed by capm, has no value"]


def test_differences_of_returns_have_no_logarithm(path: Path) -> None:
    lines = told(path, "ff3", "market", "factors", factors=("rf", "smb", "oil"), returns="log")
    said = "differences of simple returns, which have no logarithm"
    hint = "(use --returns simple; market and capm take log returns too)"
    assert lines == [
        f"returns: ff3 needs mkt_rf, smb, hml: {said} {hint}",
        f"returns: factors needs smb: {said} {hint}",
    ]
    # Interest has one, and a column of the user's own is what the user says it is.
    factors = needed(path, "capm", "factors", factors=("rf", "oil"), returns="log")
    assert factors is not None
    assert math.isclose(factors.frame["rf"].item(), 0.0002)


def test_everything_is_told_at_once(path: Path) -> None:
    assert len(told(path, "ff5", "factors", factors=("gold",), returns="log")) == 4


@pytest.mark.parametrize(
    ("word", "name"),
    [("Mkt-RF", "mkt_rf"), ("smb", "smb"), ("SMH", "SMH"), ("BRK-B", "BRK-B"), ("Oil", "oil")],
)
def test_names_as_they_are_written(word: str, name: str) -> None:
    assert factor_name(word) == name


def test_the_digest_is_of_the_content(path: Path, tmp_path: Path) -> None:
    def digest(text: str, *columns: str) -> str:
        path.write_text(text)
        spec = {"factors": columns}
        factors = needed(path, "factors", **spec)
        assert factors is not None
        return factors.digest()

    text = "date,a,b\n2025-01-02,0.1,0.2\n2025-01-03,0.3,0.4\n"
    turned = "date,b,a\n2025-01-03,0.4,0.3\n2025-01-02,0.2,0.1\n"
    assert digest(text, "a", "b") == digest(turned, "a", "b")
    others = {
        digest(text, "a"),
        digest(text, "b"),
        digest(text.replace("0.4", "0.5"), "a", "b"),
        digest(text.replace("0.4", ""), "a", "b"),
        digest(text.replace("-03", "-04"), "a", "b"),
    }
    assert len(others | {digest(text, "a", "b")}) == 6
