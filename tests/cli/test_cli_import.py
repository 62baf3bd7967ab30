"""`import` on files that nobody prepared, with every option that says how they are read, cleaned and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from recsys_core.data.recipe import Recipe
from recsys_core.data.store import dropped_rows, open_dataset
from tests.cli.conftest import COLUMNS, PLAIN, Command
from tests.cli.importing import COLUMNS_OF_PLAIN, imported, refused, steps_of


def test_json_says_how_the_file_was_read_and_cleaned_and_what_to_know(folder: Path, command: Command) -> None:
    (folder / "events.csv").write_text(
        "user;item;rating\nann;i1;5\nann;i2;0\nann;i2;3\n;i1;1\nbob;i3;4\ncem;i2;2\n"
    )
    (folder / "items.csv").write_text("item,title,size\ni1,One,3\ni1,Uno,3\ni2,Two,\n")
    made = imported(command, folder / "events.csv", "--items", folder / "items.csv")
    assert {key: made[key] for key in ("name", "kind", "rows", "users", "items")} == {
        "name": "mine", "kind": "rating", "rows": 4, "users": 3, "items": 3,
    }  # fmt: skip
    assert steps_of(made) == {"missing": (6, 5), "exact": (5, 5), "repeated": (5, 4)}
    assert (made["read"]["separator"], made["read"]["encoding"], made["read"]["header"]) == (
        ";",
        "utf-8",
        True,
    )
    assert made["read"]["why"]
    assert made["notes"][0].startswith("16.7% of the rows have no 'user'")
    assert made["notes"][-2:] == [
        "items.csv: 1 row repeats an id; the first row of each id counts.",
        "items.csv: 1 of 3 items of the interactions are not in it.",
    ]
    assert Recipe.from_dict(made["recipe"]) == Recipe.from_dict(open_dataset("mine").recipe)
    assert made["recipe"]["columns"]["user"] == "user"


def test_without_json_people_read_the_notes_the_steps_and_the_sizes(folder: Path, command: Command) -> None:
    (folder / "gaps.csv").write_text(PLAIN + ",i1,3\n")
    answer = command("import", folder / "gaps.csv", "--name", "mine")
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert "have no 'user'" in lines[0]
    assert any(line.split()[-2:] == ["6", "5"] for line in lines)
    assert lines[-1].split() == ["mine", "rating", "5", "3", "3"]


def test_a_saved_recipe_does_the_same_again(folder: Path, command: Command) -> None:
    saved = folder / "recipe.json"
    first = imported(
        command, folder / "plain.csv", "--kind", "implicit", "--step", "in_range.low=2", "--step", "exact=off",
        "--save-recipe", saved,
    )  # fmt: skip
    assert json.loads(saved.read_text()) == first["recipe"]
    fingerprint = open_dataset("mine").fingerprint
    again = imported(command, folder / "plain.csv", "--recipe", saved)
    assert (again["recipe"], again["cleaning"]) == (first["recipe"], first["cleaning"])
    assert open_dataset("mine").fingerprint == fingerprint
    (folder / "next.csv").write_bytes("user;item;rating\nzoë;i1;5\nann;i2;1\nann;i3;4\n".encode("latin-1"))
    assert imported(command, folder / "next.csv", "--recipe", saved)["rows"] == 2


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--user", "item"), ("--recipe", "says already which column", "leave out --user")),
        (("--kind", "implicit"), ("--recipe", "leave out")),
        (("--features", "rating"), ("--recipe",)),
    ],
)
def test_a_recipe_and_columns_on_the_command_line_contradict_each_other(
    folder: Path, workspace: Path, command: Command, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    recipe = {"columns": {"user": "user", "item": "item", "value": "rating"}, "kind": "rating"}
    (folder / "r.json").write_text(json.dumps(recipe))
    refused(command, workspace, folder / "plain.csv", "--recipe", folder / "r.json", *arguments).refused(
        *parts
    )


@pytest.mark.parametrize(
    ("recipe", "parts"),
    [
        ("{", ("r.json", "a recipe in JSON")),
        (
            '{"columns": {"user": "who"}, "kind": "click"}',
            ("plain.csv", "no column 'who'", "user, item, rating"),
        ),
        ('{"columns": {}, "kind": "stars"}', ("kind", "'stars'")),
        (
            '{"columns": {}, "kind": "rating", "steps": {"k_core": {"users": 0}}}',
            ("k_core: users", "1 or more"),
        ),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused_by_its_entry(
    folder: Path, workspace: Path, command: Command, recipe: str, parts: tuple[str, ...]
) -> None:
    (folder / "r.json").write_text(recipe)
    refused(command, workspace, folder / "plain.csv", "--recipe", folder / "r.json").refused(*parts)


def test_steps_are_switched_and_set(folder: Path, command: Command) -> None:
    made = imported(
        command, folder / "plain.csv", "--step", "k_core.users=2", "--step", "k_core.items=1", "--step", "exact=off",
        "--step", "time_range=off",
    )  # fmt: skip
    assert steps_of(made) == {"missing": (5, 5), "repeated": (5, 5), "k_core": (5, 4)}
    (folder / "log.csv").write_text("user,item,what\nann,i1,buy\nbob,i1,view\nbob,i2,order\nann,i2,view\n")
    columns = ("--user", "user", "--item", "item")
    made = imported(
        command,
        folder / "log.csv",
        *columns,
        "--step",
        "only.column=what",
        "--step",
        "only.values=buy, order",
    )
    assert steps_of(made)["only"] == (4, 2)
    assert made["recipe"]["steps"]["only"] == {"on": True, "column": "what", "values": ["buy", "order"]}


@pytest.mark.parametrize(
    ("step", "parts"),
    [
        ("k_core.size=3", ("k_core: size", "on, users, items")),
        ("k_core.users=many", ("k_core: users", "'many'")),
        ("in_range.low=nan", ("in_range: low", "a number")),
        ("time_range.first=soon", ("time_range: first", "2020-01-31")),
        ("repeated.keep=first", ("repeated: keep", "last, mean, sum")),
        ("only.column=shop", ("plain.csv", "no column 'shop'")),
        ("k_core.users=9", ("no row is left", "'keep active users and items' took 5 of 5")),
        ("k_core", ("--step", "'k_core' is not key=value", "--step k_core.users=3")),
        ("=on", ("--step",)),
    ],
)
def test_a_step_that_cannot_be_isrefused(
    folder: Path, workspace: Path, command: Command, step: str, parts: tuple[str, ...]
) -> None:
    refused(command, workspace, folder / "plain.csv", "--step", step).refused(*parts)


def test_dropped_rows_are_written_safe_for_spreadsheets_and_kept(folder: Path, command: Command) -> None:
    odd = '"=HYPERLINK(""x"")",i1,2\n=1+1,i1,\n@x,i2,\n-,i2,\n'
    (folder / "odd.csv").write_text(PLAIN + odd)
    imported(command, folder / "odd.csv", "--dropped", folder / "dropped.csv", *COLUMNS_OF_PLAIN)
    written = pd.read_csv(folder / "dropped.csv", dtype="str", keep_default_na=False)
    assert written.columns.tolist() == ["step", "row", "user", "item", "rating"]
    assert written.to_numpy().tolist() == [
        ["missing", "8", "'=1+1", "i1", ""],
        ["missing", "9", "'@x", "i2", ""],
        ["missing", "10", "'-", "i2", ""],
    ]
    kept = dropped_rows("mine")
    assert kept is not None
    assert kept["user"].tolist() == ["=1+1", "@x", "-"]
    assert kept["row"].tolist() == [8, 9, 10]


@pytest.mark.parametrize("option", ["--dropped", "--save-recipe"])
def test_a_file_that_cannot_be_written_stops_theimported(
    folder: Path, workspace: Path, command: Command, option: str
) -> None:
    answer = refused(command, workspace, folder / "plain.csv", option, folder / "nowhere" / "x")
    answer.refused("nowhere", "the folder is not there", "make it")


def test_several_files_are_one_and_errors_name_the_right_one(
    folder: Path, workspace: Path, command: Command
) -> None:
    (folder / "b.csv").write_text("user,item,rating\ndan,i1,4\n,i2,4\n")
    (folder / "c.csv").write_text("user,item,rating\neve,i1,4\neve,i2,five\n")
    (folder / "d.csv").write_text("user,rating\neve,4\n")
    answer = refused(command, workspace, folder / "plain.csv", folder / "b.csv", folder / "c.csv")
    answer.refused("c.csv, row 3, column 'rating'", "'five'")
    answer = refused(command, workspace, folder / "plain.csv", folder / "d.csv")
    answer.refused("d.csv", "its columns are user, rating, not user, item, rating")
    refused(command, workspace, folder / "plain.csv", folder / "gone.csv").refused("gone.csv", "no such file")
    made = imported(command, folder / "plain.csv", folder / "b.csv", "--dropped", folder / "out.csv")
    assert (made["rows"], made["users"]) == (6, 4)
    dropped = pd.read_csv(folder / "out.csv")
    assert dropped[["step", "file", "row", "item"]].to_numpy().tolist() == [["missing", "b.csv", 3, "i2"]]
    assert "plain.csv, b.csv" in open_dataset("mine").provenance.source


def test_clicks_are_named_by_their_label(folder: Path, command: Command) -> None:
    lines = [
        f"u{n % 4},a{n % 3},{'ios' if n % 5 < 2 else 'web'},{n * 7 % 24},{n % 11},{int(n % 7 == 0)}"
        for n in range(40)
    ]
    (folder / "clicks.csv").write_text("user,ad,device,hour,place,seen\n" + "\n".join(lines) + "\n")
    made = imported(command, folder / "clicks.csv", "--label", "seen", "--features", "device,hour")
    data = open_dataset("mine")
    assert (made["kind"], made["rows"], data.features) == ("click", 40, ("device", "hour"))
    assert set(data.interactions["value"]) == {0.0, 1.0}
    assert data.interactions["device"].tolist()[:3] == ["ios", "ios", "web"]
    assert data.interactions["hour"].tolist()[:3] == [0, 7, 14]
    assert steps_of(made) == {"missing": (40, 40)}
    guessed = imported(command, folder / "clicks.csv", "--label", "seen")
    assert (guessed["kind"], guessed["recipe"]["columns"]["item"]) == ("click", "ad")
    assert guessed["recipe"]["columns"]["features"] == ["device", "hour", "place"]


def test_a_label_that_is_not_yes_or_no_isrefused(folder: Path, workspace: Path, command: Command) -> None:
    answer = refused(command, workspace, folder / "plain.csv", "--label", "rating")
    answer.refused("plain.csv, row 2, column 'rating'", "5 is neither 0 nor 1")
    answer = refused(command, workspace, folder / "plain.csv", "--label", "rating", "--features", "where")
    answer.refused("plain.csv", "no column 'where'")


def test_scaling_and_imputation_are_kept_in_the_recipe(
    folder: Path, ratings_csv: Path, command: Command
) -> None:
    things = folder / "some.csv"
    things.write_text("what,title,size\n001,Thing,4\n002,Other,\n")
    made = imported(command, ratings_csv, *COLUMNS, "--items", things, "--scaling", "z-score", "--impute")
    assert (made["recipe"]["scaling"], made["recipe"]["impute"]) == ("z-score", "fill")
    data = open_dataset("mine")
    assert data.scaling == "z-score"
    assert data.items["size"].tolist() == [4] * 5
    left = imported(command, ratings_csv, *COLUMNS, "--items", things, "--scaling", "log")
    assert (left["recipe"]["scaling"], left["recipe"]["impute"]) == ("log", "leave")
    assert open_dataset("mine").items["size"].isna().sum() == 4


def test_a_name_that_cannot_be_used_is_refused_before_anything_is_read(
    command: Command, tmp_path: Path
) -> None:
    command("import", tmp_path / "not-there.csv", "--name", "my shop").refused("--name", "my shop")
