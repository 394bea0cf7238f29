"""Strategy files: what is read, and every fault at once with its place."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from backtest.errors import BadInput, BadUsage
from backtest.strategy.json_schema import SCHEMA_FILE, json_schema_text
from backtest.strategy.load import find_strategies, load_strategies

SHIPPED = Path(__file__).parents[2] / "strategies"
GOOD = "id: mine\ntitle: A rule of mine\nexit: {after: 5}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> str:
    with pytest.raises(BadInput) as caught:
        load_strategies(written(folder, text))
    return str(caught.value).replace(str(folder) + "/", "")


def test_the_shipped_ones_are_found_by_their_names() -> None:
    found = [one.id for one in find_strategies([])]
    assert found == sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    assert len(found) == 4
    assert [one.id for one in find_strategies([found[2], found[0]])] == [found[2], found[0]]


def test_defaults_are_told_by_the_schema(tmp_path: Path) -> None:
    (one,) = load_strategies(written(tmp_path, GOOD))
    assert one.strategy.entry.at == "auction"
    assert one.strategy.direction == "long"
    assert one.strategy.hedge.by == "none"
    assert one.where("exit", "after").line == 3


def test_several_in_a_file(tmp_path: Path) -> None:
    items = yaml.safe_dump([{**yaml.safe_load(GOOD), "id": name} for name in ("one", "two")])
    assert [one.id for one in load_strategies(written(tmp_path, items))] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "wher: ar > 1\n", "mine.yaml:4:1: wher: unknown field (did you mean `where`?)"),
        ("id: mine\ntitle: A rule\n", "exit: this field is required and missing"),
        ("id: mine\ntitle: A rule\nexit: {at: close}\n", "say when to leave"),
        (GOOD.replace("5", "-5"), "mine.yaml:3:15: exit.after: the number `-5`, expected at least"),
        (GOOD + "direction: sideways\n", "mine.yaml:4:12: direction: expected long, short"),
        (GOOD + "direction: {issuer: up}\n", "direction: expected long, short"),
        (
            GOOD.replace("5}", "5, stop: 10}"),
            "mine.yaml:3:24: exit.stop: 1000 % of the entry price; a long position never loses it "
            "all (a decimal is expected: 10 % is 0.1)",
        ),
        (
            GOOD.replace("5}", "5, target: 1}") + "direction: {issuer: short}\n",
            "exit.target: 100 % of the entry price; a short position never gains it all",
        ),
        (GOOD + "---\n" + GOOD, "write several as one list, or one file each"),
        (GOOD + "both_sides: true\n", "needs a direction by role"),
        (GOOD + "hedge: {by: sector}\n", "name the funds"),
        (GOOD + "hedge: {by: market, otherwise: QQQ}\n", "are for by: sector, not market"),
        (GOOD + "hedge: {by: markets}\n", "did you mean `market`?"),
        (GOOD + "size: {value: 0}\n", "size.value: the number `0`, expected more than 0"),
        (GOOD + "size: {adv_cap: 2}\n", "size.adv_cap: the number `2`, expected at most 1"),
        (GOOD + "entry: {at: midnight}\n", "is not one of auction, open, close, next_open"),
        (GOOD.replace("mine", "My Rule"), "for example my-rule"),
        ("- 5\n", "expected a strategy"),
        ("[]\n", "expected a strategy (`id: …`, `exit: …`), found a list of 0"),
        (GOOD + "both_sides: 'yes'\n", "both_sides: expected true or false, found `yes`"),
        (GOOD + "hedge: {by: sector, funds: {ORCL: qqq}}\n", "hedge.funds.ORCL: expected a ticker"),
        (GOOD + "hedge: {by: sector, otherwise: q q}\n", "hedge.otherwise: expected a ticker"),
        ("", "expected a strategy (`id: …`, `exit: …`), found nothing"),
        (GOOD + GOOD, "given twice"),
        ("id: [", "not closed"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in faults(tmp_path, text)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = "id: Mine\ntitle: A\nexit: {after: x}\nlatency_minutes: -1\n"
    found = faults(tmp_path, text).splitlines()
    assert [line.split(" ")[1] for line in found] == [
        *("id:", "title:", "exit.after:", "latency_minutes:")
    ]


def test_ids_are_not_given_twice(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(BadInput, match="is also the id of the strategy at"):
        load_strategies(tmp_path)


def test_names_that_name_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="did you mean `fade-one-day-pops`"):
        find_strategies(["fade-one-day-pop"])
    with pytest.raises(BadInput, match="there is no such file"):
        find_strategies([str(tmp_path / "none.yaml")])
    with pytest.raises(BadInput, match=r"no \.yaml or \.yml file"):
        find_strategies([str(tmp_path)])


def test_a_level_that_one_side_can_reach_is_taken(tmp_path: Path) -> None:
    wide = GOOD.replace("5}", "5, stop: 2, target: 3}")
    for direction in ("with_reaction", "{issuer: short, competitor: long}"):
        (one,) = load_strategies(written(tmp_path, f"{wide}direction: {direction}\n"))
        assert one.strategy.exit.stop == 2
    far = GOOD.replace("5}", "5, target: 3, stop: 0.99}")
    assert load_strategies(written(tmp_path, far))


def test_two_of_one_name_are_refused_and_one_named_twice_is_one(tmp_path: Path) -> None:
    own = written(tmp_path, GOOD.replace("mine", "fade-one-day-pops"))
    for words in (["fade-one-day-pops", str(own)], [str(own), "fade-one-day-pops"]):
        with pytest.raises(BadInput, match="`fade-one-day-pops` is also the id of the strategy at"):
            find_strategies(words)
    twice = find_strategies(["fade-one-day-pops", str(SHIPPED), str(SHIPPED)])
    assert len(twice) == 4


def test_a_folder_of_ones_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "mine.yaml").write_text(GOOD)
    assert [one.id for one in find_strategies([])] == ["mine"]


def test_the_schema_beside_the_files_is_the_one_of_the_program() -> None:
    assert (SHIPPED / SCHEMA_FILE).read_text(encoding="utf-8") == json_schema_text()


def test_the_schema_takes_what_the_program_takes() -> None:
    schema = json.loads(json_schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in SHIPPED.glob("*.yaml"):
        value = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
        jsonschema.validate(value, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"id": "a", "title": "abc", "exit": {"afer": 1}}, schema)
