"""A file of scores or ranks: which column is what, and what is refused, by file, row and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_core.data import score_file
from recsys_core.data.dataset import Dataset
from recsys_core.data.score_file import ScoreColumns, find_columns, score_table
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError, NotFound

GUESS = ScoreColumns()


def _read(text: str) -> pd.DataFrame:
    return read_table(text.encode(), name="s.csv")


def _scores(
    text: str, data: Dataset, asked: ScoreColumns = GUESS, *, skip: bool = False
) -> score_file.ScoreTable:
    table = _read(text)
    return score_table(table, data, find_columns(table, asked), skip_unknown=skip)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("user_id,item_id,score,rank", ("user_id", "item_id", "score", False)),
        ("uid,iid,r_ui,est,details", ("uid", "iid", "est", False)),
        ("userId,movieId,prediction", ("userId", "movieId", "prediction", False)),
        ("rank,item,user", ("user", "item", "rank", True)),
        ("user,item,rating,prediction", ("user", "item", "prediction", False)),
        ("CustomerID,SKU,predicted_rating", ("CustomerID", "SKU", "predicted_rating", False)),
    ],
)
def test_columns_are_found_by_the_names_that_systems_give_them(
    header: str, found: tuple[object, ...]
) -> None:
    width = header.count(",") + 1
    table = _read(header + "\n" + ",".join(["1"] * width) + "\n" + ",".join(["2"] * width) + "\n")
    columns = find_columns(table, GUESS)
    assert (columns.user, columns.item, columns.number, columns.ranked) == found


def test_a_file_without_names_is_taken_in_the_usual_order(tiny_ratings: Dataset) -> None:
    found = _scores("ann\tf\t0.25\nbob\td\t-1.5\n", tiny_ratings)
    assert found.users.tolist() == [0, 1]
    assert found.items.tolist() == [5, 3]
    assert found.scores.tolist() == [0.25, -1.5]


def test_named_columns_count_before_guessed_ones() -> None:
    table = _read("user,item,other,score,place\na,b,c,1,2\nd,e,f,2,1\n")
    assert find_columns(table, ScoreColumns("other", None, "place", True)) == ScoreColumns(
        "other", "item", "place", True
    )


def test_the_first_rank_is_the_best(tiny_ratings: Dataset) -> None:
    found = _scores("user,item,rank\nann,f,2\nann,a,1\n", tiny_ratings)
    assert found.scores.tolist() == [-2.0, -1.0]


def test_numbers_in_parquet_are_ids_too(tmp_path: Path, tiny_ratings: Dataset) -> None:
    path = tmp_path / "s.parquet"
    pd.DataFrame({"user": ["ann", "ann"], "item": ["f", "e"], "score": np.float32([0.5, 2])}).to_parquet(path)
    table = read_table(path, name=path.name)
    assert score_table(table, tiny_ratings, find_columns(table, GUESS)).scores.tolist() == [0.5, 2.0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("user,item\nann,a\nbob,b\n", ("s.csv", "no column", "a score or a rank", "--score COL, --rank COL")),
        ("alpha,beta,score\nx,y,1\nz,w,2\n", ("no column", "users", "alpha, beta, score", "--user COL")),
        ("user,item,score\nann,a,high\nann,b,1\n", ("row 2", "'score'", "'high'")),
        ("user,item,score\nann,a,1\nann,b,inf\n", ("row 3", "'score'", "'inf'")),
        ("user,item,score\nann,a,1\nann,b,\nann,c,\n", ("row 3", "no finite number", "1 more")),
        ("user,item,rank\nann,a,1\nann,b,0\n", ("row 3", "'rank'", "from 1 on", "'0'")),
        ("user,item,rank\nann,a,1\nann,b,1.5\n", ("row 3", "from 1 on", "'1.5'")),
        ("user,item,score\nann,a,1\n,b,2\n", ("row 3", "'user'", "empty")),
        (
            "user,item,score\nann,a,1\nbob,a,2\nann,a,3\nann,a,3\n",
            ("row 4", "2 rows", "'ann' with 'a'", "row 2", "one row"),
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_its_row(
    text: str, parts: tuple[str, ...], tiny_ratings: Dataset
) -> None:
    with pytest.raises(DataError) as refused:
        _scores(text, tiny_ratings)
    for part in parts:
        assert part in str(refused.value)


def test_unknown_ids_are_counted_and_the_first_is_named(tiny_ratings: Dataset) -> None:
    text = "user,item,score\nann,a,1\nzoe,a,2\nyan,b,3\nzoe,c,3\n"
    with pytest.raises(NotFound, match=r"row 3, column 'user': 2 users are unknown, the first is 'zoe'"):
        _scores(text, tiny_ratings)
    with pytest.raises(NotFound, match=r"row 3, column 'item': item 'q' is unknown"):
        _scores("user,item,score\nann,a,1\nann,q,2\n", tiny_ratings)
    kept = _scores(text, tiny_ratings, skip=True)
    assert (kept.users.tolist(), kept.items.tolist(), kept.left_out) == ([0], [0], 3)
    with pytest.raises(NotFound, match="no row names"):
        _scores("user,item,score\nzoe,a,1\nyan,b,3\n", tiny_ratings, skip=True)


def test_a_pair_that_stands_twice_among_unknown_ones_is_left_out_with_them(tiny_ratings: Dataset) -> None:
    kept = _scores("user,item,score\nzoe,a,1\nzoe,a,1\nann,a,3\n", tiny_ratings, skip=True)
    assert kept.left_out == 2


def test_named_columns_must_be_there_and_differ() -> None:
    table = _read("user,item,score\na,b,1\nc,d,2\n")
    with pytest.raises(DataError, match="there is no column 'who'"):
        find_columns(table, ScoreColumns(user="who"))
    with pytest.raises(DataError, match="two things"):
        find_columns(table, ScoreColumns(user="item", item="item"))


def test_more_rows_than_can_be_judged_are_refused(
    tiny_ratings: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_file, "MOST_ROWS", 1)
    with pytest.raises(DataError, match=r"2 rows; 1 can be judged"):
        _scores("user,item,score\nann,a,1\nann,b,2\n", tiny_ratings)
