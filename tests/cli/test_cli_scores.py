"""import-scores and export-split: another system's file as a run, and what it needs for that."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset, list_datasets, open_dataset
from recsys_core.runs import list_runs, runs_folder
from tests.cli.conftest import COLUMNS, Command
from tests.cli.test_cli_runs import BESIDE, PROMISED
from tests.helpers import contents, finished_run


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="test")


@pytest.fixture
def lists(data: Dataset, command: Command, tmp_path: Path) -> Path:
    """Lists of EASE as another system would write them: CSV, ids as in the files."""
    run = finished_run(data, "ease")
    assert (
        command("recommend", run.id, "--all-users", "--k", 30, "--to", tmp_path / "lists.parquet").code == 0
    )
    path = tmp_path / "lists.csv"
    pd.read_parquet(tmp_path / "lists.parquet").to_csv(path, index=False)
    return path


def test_lists_of_a_run_come_back_with_its_figures(data: Dataset, lists: Path, command: Command) -> None:
    ours = list_runs()[0]
    asked = ("import-scores", lists, "--name", "outside", "--data", "little")
    row = command(*asked, "--split", "user-random:0.2", "--json").json
    assert set(row) == PROMISED | BESIDE | {"new", "notes"}
    told = ("status", "model", "name", "dataset", "split", "split_seed", "epochs", "error", "new")
    assert [row[key] for key in told] == [
        "done",
        "imported",
        "outside",
        "little",
        "user-random:0.2",
        42,
        0,
        None,
        True,
    ]
    assert row["metrics"] == pytest.approx(ours.measured()["metrics"])
    assert row["settings"]["file"] == "lists.csv"
    assert (row["settings"]["holds"], row["settings"]["rows"]) == ("score", len(pd.read_csv(lists)))
    again = command(*asked, "--json").json
    assert (again["run"], again["new"]) == (row["run"], False)
    plain = command(*asked)
    assert plain.code == 0
    assert "was judged on this split before" in plain.out
    assert "ndcg@10" in plain.out


def test_ranks_give_the_same_lists(data: Dataset, lists: Path, command: Command) -> None:
    row = command(
        "import-scores",
        lists,
        "--name",
        "r",
        "--data",
        "little",
        "--rank",
        "rank",
        "--user=user_id",
        "--json",
    ).json
    assert row["metrics"] == pytest.approx(list_runs()[1].measured()["metrics"])
    assert row["settings"]["holds"] == "rank"


def test_a_run_without_a_model_serves_and_is_judged_again(
    data: Dataset, lists: Path, command: Command
) -> None:
    run = command("import-scores", lists, "--name", "outside", "--data", "little", "--json").json["run"]
    user = open_dataset("little").users["user_id"].iloc[0]
    shown = command("recommend", "outside", "--user", user, "--k", 5, "--json").json["items"]
    assert len(shown) == 5 and not any("reason" in one for one in shown)
    assert command("evaluate", run, "--k", 5, "--json").json["metrics"]["ndcg@5"] > 0
    command("recommend", run, "--history", "i1").refused()
    command("frontier", run).refused("made elsewhere")
    command("train", "--data", "little", "--model", "imported").refused("import-scores")
    assert command("delete", run).code == 0


BAD = "user,item,score\n"


@pytest.mark.parametrize(
    ("text", "options", "parts"),
    [
        (BAD, (), ("s.csv", "no row")),
        (BAD + "nobody,i1,1\nnobody,i2,2\n", (), ("s.csv, row 2", "'user'", "'nobody'", "--skip-unknown")),
        (BAD + "{u},{i},1\n{u},{i},2\n", (), ("row 3", "row 2", "once more")),
        (BAD + "{u},{i},nan\n{u},{j},1\n", (), ("row 2", "'score'", "finite")),
        (BAD + "{u},{i},1\n{u},{j},2\n", ("--rank", "score", "--k", "31"), ("k is 31",)),
        (BAD + "{u},{i},1\n{u},{j},2\n", ("--ratings",), ("--ratings", "no prediction")),
        (BAD + "{u},{i},1\n{u},{j},2\n", ("--score", "score", "--rank", "item"), ("not both",)),
        (BAD + "{u},{i},1\n{u},{j},2\n", ("--score", "points"), ("no column 'points'",)),
        (BAD + "{u},{i},1\n{u},{j},2\n", ("--split", "magic"), ("'magic'", "--split")),
        (BAD + "{u},{i},1\n{u},{j},2\n", ("--name", " "), ("--name",)),
    ],
)
def test_bad_files_are_refused_and_leave_nothing(
    text: str,
    options: tuple[str, ...],
    parts: tuple[str, ...],
    data: Dataset,
    tmp_path: Path,
    command: Command,
) -> None:
    user, items = data.users["user_id"].iloc[0], data.items["item_id"]
    path = tmp_path / "s.csv"
    path.write_text(text.format(u=user, i=items.iloc[0], j=items.iloc[1]))
    command("import-scores", path, "--name", "x", "--data", "little", *options).refused(*parts)
    assert not list(runs_folder().iterdir())


def test_it_must_be_clear_what_it_is_judged_on(data: Dataset, lists: Path, command: Command) -> None:
    command("import-scores", lists, "--name", "x").refused("give --data NAME")
    command("import-scores", lists.with_name("none.csv"), "--name", "x", "--data", "little").refused(
        "no such file"
    )
    command("import-scores", lists, "--name", "x", "--data", "nothing").refused("nothing")


def test_own_files_are_the_split(
    workspace: Path, command: Command, ratings_csv: Path, tmp_path: Path
) -> None:
    table = pd.read_csv(ratings_csv, dtype=str)
    last = ~table["who"].duplicated(keep="last")
    train, test = tmp_path / "tr.csv", tmp_path / "te.csv"
    table[~last].to_csv(train, index=False)
    table[last].to_csv(test, index=False)
    scores = tmp_path / "mine.csv"
    rows = [
        (who, what, n) for who in table["who"].unique() for n, what in enumerate(sorted(set(table["what"])))
    ]
    pd.DataFrame(rows, columns=["who", "what", "points"]).to_csv(scores, index=False)
    own = ("--train", train, "--test", test, *COLUMNS, "--k", 2)
    bad = command("import-scores", scores, "--name", "mine", *own)
    bad.refused("a score or a rank", "--score COL")
    assert not list_datasets()
    row = command("import-scores", scores, "--name", "mine", *own, "--score", "points", "--json").json
    assert (row["split"], row["status"]) == ("given", "done")
    trained = command("train", "--model", "popularity", *own, "--json").json
    assert trained["dataset"] == row["dataset"]  # so that both stand on one leaderboard
    assert len(list_datasets()) == 1


def test_the_rows_of_a_split_are_written_with_ids_as_in_the_files(
    data: Dataset, command: Command, tmp_path: Path
) -> None:
    told = command(
        "export-split", "--data", "little", "--to", tmp_path / "rows", "--split-seed", 3, "--json"
    ).json
    train, test = (pd.read_csv(tmp_path / "rows" / f"{name}.csv", dtype=str) for name in ("train", "test"))
    assert told["rows"] == {"train.csv": len(train), "test.csv": len(test)}
    assert len(train) + len(test) == len(data.interactions)
    assert set(train["user_id"]) <= set(data.users["user_id"])
    (tmp_path / "file").write_text("x")
    command("export-split", "--data", "little", "--to", tmp_path / "file").refused("it is a file")
    before = contents(tmp_path)
    command("export-split", "--data", "little", "--to", tmp_path / "a" / "b").refused("cannot be written")
    command("export-split", "--data", "little", "--to", tmp_path / "c", "--split", "given").refused("given")
    assert contents(tmp_path) == before


def test_a_file_made_of_the_exported_rows_alone_is_seen_through(
    data: Dataset, command: Command, tmp_path: Path
) -> None:
    command("export-split", "--data", "little", "--to", tmp_path / "rows")
    test = tmp_path / "rows" / "test.csv"
    asked = ("import-scores", test, "--name", "oracle", "--data", "little")
    command(*asked).refused("100% of the rows are held-out pairs", "--ratings")
    row = command(*asked, "--score", "value", "--ratings", "--json").json
    assert row["metrics"]["rmse"] == pytest.approx(0.0)
    assert row["metrics"]["ndcg@10"] == 0.0
    assert "only the predicted values" in row["notes"][0]


@pytest.mark.slow
def test_lists_of_ease_on_movielens_give_its_figures(
    movielens: Dataset, workspace: Path, command: Command, tmp_path: Path
) -> None:
    keep_dataset(movielens, actor="test")
    ours = command("train", "--data", movielens.name, "--model", "ease", "--json").json
    path = tmp_path / "lists.parquet"
    assert command("recommend", ours["run"], "--all-users", "--k", 200, "--to", path).code == 0
    theirs = command("import-scores", path, "--name", "outside", "--data", movielens.name, "--json").json
    for name in ("ndcg@10", "recall@10", "coverage@10"):
        assert theirs["metrics"][name] == ours["metrics"][name]
    assert theirs["metrics"] == pytest.approx(ours["metrics"])
