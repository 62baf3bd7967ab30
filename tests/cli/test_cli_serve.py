from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_core.cli import serve_commands
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.ranking import top_k as ranking
from recsys_core.runs import open_run
from tests.cli.conftest import Command
from tests.conftest import Studio


def _ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


@pytest.mark.parametrize("model", ["history_encoder", "embedding_mlp", "ease", "popularity"])
def test_recommend_prints_what_scripts_rely_on(studio: Studio, command: Command, model: str) -> None:
    user = studio.data.users["user_id"][3]
    answer = command("recommend", studio.runs[model], "--user", user, "--k", "5", "--json").json
    assert set(answer) == {"run", "user", "k", "items"}
    assert (answer["run"], answer["user"], answer["k"]) == (studio.runs[model], user, 5)
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3, 4, 5]
    promised = {"item_id", "title", "score", "rank"}
    assert all(promised <= set(item) <= promised | {"reason"} for item in answer["items"])
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    titles = dict(zip(studio.data.items["item_id"], studio.data.items["title"], strict=True))
    assert [titles[item["item_id"]] for item in answer["items"]] == [
        item["title"] for item in answer["items"]
    ]


def test_a_list_leaves_out_what_the_user_chose_in_training(studio: Studio, command: Command) -> None:
    split = open_run(studio.runs["ease"]).split()
    row = 3
    seen = studio.data.item_vocabulary.ids(split.matrix(split.fit_rows)[[row]].indices)
    user = studio.data.users["user_id"][row]
    everything = command("recommend", studio.runs["ease"], "--user", user, "--k", "30", "--json").json
    assert set(_ids(everything)) == set(studio.data.items["item_id"]) - set(seen)


def test_a_list_for_a_history_leaves_the_history_out_and_gives_reasons(
    studio: Studio, command: Command
) -> None:
    asked = ("recommend", studio.runs["ease"], "--k", "5", "--json")
    answer = command(*asked, "--history", "1, 5,9").json
    assert answer["user"] is None
    assert not {"1", "5", "9"} & set(_ids(answer))
    assert any(item.get("reason", "").startswith("because of ") for item in answer["items"])
    plain = command("recommend", studio.runs["ease"], "--history", "1,5,9", "--k", "5")
    assert plain.out.splitlines()[0].split()[:3] == ["rank", "item_id", "title"]


def test_a_history_file_says_the_same_as_the_text(studio: Studio, command: Command, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("thing\n1\n5\n9\n")
    (tmp_path / "two.csv").write_text("item_id,rating\n1,5\n5,3\n9,1.5\n")
    for run in (studio.runs["ease"], studio.runs["history_encoder"]):
        asked = ("recommend", run, "--k", "5", "--json")
        text = command(*asked, "--history", "1:5,5:3,9:1.5").json
        for name in ("one.csv", "two.csv"):
            assert _ids(command(*asked, "--history-file", tmp_path / name).json) == _ids(text)


def test_values_of_a_history_count_where_the_model_reads_them(
    workspace: Path, little: Dataset, command: Command
) -> None:
    keep_dataset(little, actor="test")
    made = command("train", "--data", "little", "--model", "bias", "--json").json
    scores = [
        command("recommend", made["run"], "--history", text, "--json").json["items"][0]["score"]
        for text in ("1:1,5:1", "1,5", "1:5,5:5")
    ]
    assert scores[0] < scores[1] < scores[2]


def test_somebody_of_whom_nothing_is_known_gets_the_popular_list(studio: Studio, command: Command) -> None:
    empty = command("recommend", studio.runs["popularity"], "--history", "", "--json").json
    assert len(empty["items"]) == 10


@pytest.mark.parametrize("strength", ["0", "0.8", "1"])
def test_diversity_changes_the_list_and_strength_0_does_not(
    studio: Studio, command: Command, strength: str
) -> None:
    asked = ("recommend", studio.runs["history_encoder"], "--user", "7", "--json")
    plain = command(*asked).json
    other = command(*asked, "--rerank", "mmr", "--strength", strength).json
    assert (_ids(plain) == _ids(other)) == (strength == "0")
    assert _ids(command(*asked, "--rerank", "none", "--strength", "0.9").json) == _ids(plain)


@pytest.mark.parametrize("method", ["mix", "mmr", "dpp", "calibrated", "popularity", "coverage"])
def test_every_re_ranker_gives_everybody_the_list_that_each_gets_alone(
    studio: Studio, command: Command, tmp_path: Path, method: str
) -> None:
    dial = ("--k", "5", "--rerank", method, "--strength", "0.7", "--distance", "together")
    path = tmp_path / "all.parquet"
    assert command("recommend", studio.runs["ease"], "--all-users", "--to", path, *dial).code == 0
    everybody = pd.read_parquet(path)
    for user in ("1", "7", "20"):
        alone = command("recommend", studio.runs["ease"], "--user", user, *dial, "--json").json
        assert _ids(alone) == everybody[everybody["user_id"] == user]["item_id"].tolist()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ("recommend", "--user, --history, --history-file, --all-users")),
        (("--user", "1", "--history", "1"), ("not clear for whom",)),
        (("--user", "nobody"), ("data set little", "'nobody' is unknown", "as it stands in the file")),
        (("--user", ""), ("'' is unknown",)),
        (("--user", "1", "--k", "31"), ("--k", "k is 31", "from 1 to 30")),
        (("--user", "1", "--k", "0"), ("--k", "k is 0")),
        (("--user", "1", "--rerank", "xquad"), ("--rerank", "'xquad'", "none, mix, mmr")),
        (("--user", "1", "--rerank", "mmr", "--strength", "1.5"), ("strength", "1.5", "from 0 to 1")),
        (("--user", "1", "--rerank", "mmr", "--strength", "nan"), ("strength", "nan", "from 0 to 1")),
        (("--user", "1", "--rerank", "mmr", "--distance", "miles"), ("distance", "'miles'", "attributes")),
        (("--history", "1,nothing"), ("'nothing' is unknown",)),
        (("--history", "1:good"), ("--history", "not a number", "item:4.5")),
        (("--history", "1:nan"), ("--history", "not a number")),
        (("--history-file", "none.csv"), ("none.csv: there is no such file",)),
        (("--user", "1", "--to", "a.parquet"), ("--to", "--all-users")),
        (("--all-users",), ("--to", "FILE.parquet")),
        (("--all-users", "--to", "nowhere/a.parquet"), ("nowhere", "not there or not writable")),
        (("--all-users", "--to", "."), ("it is a folder", "name of a file")),
        (("--all-users", "--to", "a.parquet", "--k", "31"), ("--k", "k is 31")),
    ],
)
def test_what_cannot_be_recommended_is_refused(
    studio: Studio,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    command("recommend", studio.runs["ease"], *arguments).refused(*parts)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("item\n1\nnothing\n", ("h.csv, row 3, column 'item'", "'nothing' is unknown")),
        ("item,value\n1,5\n,3\n", ("h.csv, row 3, column 'item'", "the cell is empty")),
        ("item,value\n1,5\n5,good\n", ("h.csv, row 3, column 'value'", "'good' is not a number")),
    ],
)
def test_a_bad_history_file_is_named_by_row_and_column(
    studio: Studio, command: Command, tmp_path: Path, content: str, parts: tuple[str, ...]
) -> None:
    (tmp_path / "h.csv").write_text(content)
    asked = ("recommend", studio.runs["ease"], "--history-file", tmp_path / "h.csv")
    command(*asked).refused(*parts)


def test_a_history_file_with_a_value_missing_counts_as_one_without_values(
    studio: Studio, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "h.csv").write_text("item,value\n1,5\n5,\n")
    asked = ("recommend", studio.runs["popularity"], "--history-file", tmp_path / "h.csv", "--json")
    assert len(command(*asked).json["items"]) == 10


def test_a_model_that_knows_people_by_id_only_says_so(studio: Studio, command: Command) -> None:
    command("recommend", studio.runs["embedding_mlp"], "--history", "1").refused(
        "embedding_mlp", "by their id only", "choose history_encoder"
    )


@pytest.mark.parametrize("rerank", [(), ("--rerank", "mmr", "--strength", "0.5")])
def test_the_lists_of_all_users_go_to_a_parquet_file(
    studio: Studio, command: Command, tmp_path: Path, rerank: tuple[str, ...]
) -> None:
    target = tmp_path / "lists.parquet"
    asked = ("recommend", studio.runs["history_encoder"], "--all-users", "--k", "4", "--to", target, *rerank)
    answer = command(*asked)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    table = pd.read_parquet(target)
    assert list(table.columns) == ["user_id", "item_id", "score", "rank"]
    assert table["user_id"].unique().tolist() == studio.data.users["user_id"].tolist()
    assert table.groupby("user_id")["rank"].apply(list).map(lambda ranks: ranks == [1, 2, 3, 4]).all()
    one = command(
        "recommend", studio.runs["history_encoder"], "--user", "7", "--k", "4", *rerank, "--json"
    ).json
    assert table.loc[table["user_id"] == "7", "item_id"].tolist() == _ids(one)


def test_the_lists_of_all_users_tell_how_far_they_are(
    studio: Studio, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_commands, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(ranking, "CELLS_A_BLOCK", 30 * 25)
    answer = command("recommend", studio.runs["ease"], "--all-users", "--to", tmp_path / "lists.parquet")
    assert (answer.code, answer.out) == (0, "")
    told = answer.err.splitlines()
    assert [line.split(" · ")[0] for line in told] == ["25 of 40 users", "40 of 40 users"]
    assert told[-1].endswith("0 s left")


@pytest.mark.parametrize("model", ["embedding_mlp", "history_encoder", "popularity"])
def test_predict_adds_a_score_to_every_row_in_order(
    studio: Studio, command: Command, tmp_path: Path, model: str
) -> None:
    pairs, target = tmp_path / "pairs.csv", tmp_path / "scores.csv"
    pairs.write_text("note,user_id,item_id\nfirst,3,5\n=second,1,30\nthird,3,5\n")
    assert command("predict", studio.runs[model], "--pairs", pairs, "--to", target).code == 0
    table = pd.read_csv(target, dtype={"user_id": str, "item_id": str})
    assert list(table.columns) == ["note", "user_id", "item_id", "score"]
    assert table["item_id"].tolist() == ["5", "30", "5"]
    scorer, data = open_run(studio.runs[model]).scorer(), studio.data
    expected = scorer.score(data.user_rows(["3", "1", "3"]), data.item_rows(["5", "30", "5"]))
    np.testing.assert_allclose(table["score"], expected, rtol=1e-5)
    if model == "embedding_mlp":
        assert table["score"].between(1, 5).all()


@pytest.mark.parametrize(
    ("content", "target", "parts"),
    [
        ("user,item\n3,5\nnobody,5\n", "s.csv", ("pairs.csv, row 3, column 'user'", "'nobody' is unknown")),
        ("user,item\n3,5\n3,\n", "s.csv", ("pairs.csv, row 3, column 'item'", "the cell is empty")),
        ("user\n3\n", "s.csv", ("pairs.csv", "only one column")),
        ("", "s.csv", ("pairs.csv", "empty")),
        ("user,item\n3,5\n", "nowhere/s.csv", ("nowhere", "not there or not writable")),
    ],
)
def test_pairs_that_cannot_be_scored_are_refused_by_row_and_column(
    studio: Studio, command: Command, tmp_path: Path, content: str, target: str, parts: tuple[str, ...]
) -> None:
    (tmp_path / "pairs.csv").write_text(content)
    asked = ("predict", studio.runs["ease"], "--pairs", tmp_path / "pairs.csv", "--to", tmp_path / target)
    command(*asked).refused(*parts)
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.csv"]


def test_an_unknown_run_serves_nobody(studio: Studio, command: Command, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("user,item\n3,5\n")
    command("recommend", "0" * 12, "--user", "1").refused("no run", "'runs' lists every id")
    command("predict", "nosuch", "--pairs", tmp_path / "pairs.csv", "--to", tmp_path / "s.csv").refused(
        "no run"
    )
